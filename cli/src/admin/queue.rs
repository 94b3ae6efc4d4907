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
