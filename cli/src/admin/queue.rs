//! The queue's controls.

use anyhow::{Result, bail};
use clap::Args;
use kiskadee_shared::id::JobId;

use super::target::Target;

#[derive(Args)]
pub(crate) struct Pause {
    queue: String,
    /// Why, for whoever finds it paused
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    target: Target,
}

#[derive(Args)]
pub(crate) struct Resume {
    queue: String,
    #[command(flatten)]
    target: Target,
}

#[derive(Args)]
pub(crate) struct Cap {
    username: String,
    /// The cost of all that runs of the user at once: the characters of each text and 20; or off
    #[arg(value_name = "COST|off", value_parser = cost)]
    in_flight: Cost,
    #[command(flatten)]
    target: Target,
}

/// None: as much as there are slots.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cost(Option<i64>);

fn cost(argument: &str) -> Result<Cost, String> {
    match (argument, argument.parse()) {
        ("off", _) => Ok(Cost(None)),
        (_, Ok(cost)) if cost > 0 => Ok(Cost(Some(cost))),
        _ => Err("give a number over 0, or off".to_owned()),
    }
}

#[derive(Args)]
pub(crate) struct Dead {
    /// At most so many, the newest first
    #[arg(long, default_value_t = 50)]
    limit: u32,
    #[command(flatten)]
    target: Target,
}

#[derive(Args)]
pub(crate) struct Redrive {
    /// As in `kiskadee admin dead`
    job: JobId,
    #[command(flatten)]
    target: Target,
}

pub(crate) async fn pause(command: &Pause) -> Result<()> {
    set_paused(
        &command.target,
        &command.queue,
        true,
        command.reason.as_deref(),
    )
    .await
}

pub(crate) async fn resume(command: &Resume) -> Result<()> {
    set_paused(&command.target, &command.queue, false, None).await
}

async fn set_paused(
    target: &Target,
    queue: &str,
    paused: bool,
    reason: Option<&str>,
) -> Result<()> {
    let database = target.connect().await?;
    sqlx::query("select queue.set_paused($1, $2, $3)")
        .bind(queue)
        .bind(paused)
        .bind(reason)
        .execute(&database)
        .await?;
    Ok(())
}

pub(crate) async fn cap(command: &Cap) -> Result<()> {
    let capped = sqlx::query(include_str!("../../queries/cap_owner.sql"))
        .bind(&command.username)
        .bind(command.in_flight.0)
        .fetch_all(&command.target.connect().await?)
        .await?;
    if capped.is_empty() {
        bail!("there is no user {}", command.username);
    }
    Ok(())
}

pub(crate) async fn list_dead(command: &Dead) -> Result<()> {
    type Row = (String, String, String, String, i64);
    let rows: Vec<Row> = sqlx::query_as(include_str!("../../queries/list_dead.sql"))
        .bind(i64::from(command.limit))
        .fetch_all(&command.target.connect().await?)
        .await?;
    for (job, kind, died_at, reason, failures) in rows {
        println!("{job}  {kind}  {died_at}  failed {failures} times  {reason}");
    }
    Ok(())
}

pub(crate) async fn redrive(command: &Redrive) -> Result<()> {
    let alive: bool = sqlx::query_scalar("select queue.redrive($1)")
        .bind(command.job.uuid())
        .fetch_one(&command.target.connect().await?)
        .await?;
    if !alive {
        bail!("job {} is not dead", command.job);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cap_is_a_cost_or_off() {
        assert_eq!(cost("5000"), Ok(Cost(Some(5000))));
        assert_eq!(cost("off"), Ok(Cost(None)));
        assert!(cost("0").is_err() && cost("-1").is_err() && cost("all").is_err());
    }
}
