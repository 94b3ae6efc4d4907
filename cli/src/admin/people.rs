//! Users as an operator sees and changes them. What is done here stands in the audit log as the operator's.

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;
use uuid::Uuid;

use super::target::Target;
use crate::accounts::find_user;
use crate::random::random_token;

#[derive(Subcommand)]
pub(crate) enum UsersCommand {
    /// List users, the newest first
    List(List),
    /// Show all that is set for a user
    Show(One),
    /// Let a user do nothing any more; work that was taken in is still done
    Disable(One),
    /// Let a disabled user in again
    Enable(One),
    /// Delete a user with all work, audio, voices and recordings
    Delete(Delete),
    /// Set a user's role, share and caps
    Set(Set),
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Status {
    Active,
    Disabled,
    Deleting,
}

#[derive(Args)]
pub(crate) struct List {
    /// Only those whose name or e-mail address begins so
    #[arg(long)]
    name: Option<String>,
    #[arg(long, value_enum)]
    status: Option<Status>,
    #[arg(long, default_value_t = 100)]
    limit: u32,
    #[command(flatten)]
    target: Target,
}

#[derive(Args)]
pub(crate) struct One {
    username: String,
    #[command(flatten)]
    target: Target,
}

#[derive(Args)]
pub(crate) struct Delete {
    username: String,
    /// There is no way back
    #[arg(long, required = true)]
    yes: bool,
    #[command(flatten)]
    target: Target,
}

#[derive(Args)]
pub(crate) struct Set {
    username: String,
    /// user or admin
    #[arg(long)]
    role: Option<String>,
    /// The share of the fleet beside other users; 1 is usual
    #[arg(long)]
    weight: Option<f32>,
    /// The cost of work that may wait at once: the characters of each text and 20
    #[arg(long, value_name = "COST")]
    queue_cap: Option<i64>,
    /// Bytes that may be stored; or off
    #[arg(long, value_name = "BYTES|off")]
    storage_quota: Option<String>,
    /// Days for which finished work is kept, where that is less than everybody's; or off
    #[arg(long, value_name = "DAYS|off")]
    retention_days: Option<String>,
    #[command(flatten)]
    target: Target,
}

#[derive(Args)]
pub(crate) struct ResetPassword {
    username: String,
    /// Where users reach the site
    #[arg(long, env = "KISKADEE_URL", default_value = "http://127.0.0.1:8005")]
    url: String,
    #[command(flatten)]
    target: Target,
}

pub(crate) async fn run(command: &UsersCommand) -> Result<()> {
    match command {
        UsersCommand::List(command) => list(command).await,
        UsersCommand::Show(command) => show(command).await,
        UsersCommand::Disable(command) => change(command, json!({"disabled": true})).await,
        UsersCommand::Enable(command) => change(command, json!({"disabled": false})).await,
        UsersCommand::Delete(command) => delete(command).await,
        UsersCommand::Set(command) => set(command).await,
    }
}

async fn list(command: &List) -> Result<()> {
    let status = command.status.map(|status| match status {
        Status::Active => "active",
        Status::Disabled => "disabled",
        Status::Deleting => "deleting",
    });
    let rows: Vec<(String,)> = sqlx::query_as(include_str!("../../queries/list_users.sql"))
        .bind(i64::from(command.limit))
        .bind(status)
        .bind(&command.name)
        .fetch_all(&command.target.connect().await?)
        .await?;
    for (line,) in rows {
        println!("{line}");
    }
    Ok(())
}

async fn show(command: &One) -> Result<()> {
    let database = command.target.connect().await?;
    let user = find_user(&database, &command.username).await?;
    let query = r#"select account.user_json(u) from account."user" u where u.id = $1"#;
    let shown: Value = sqlx::query_scalar(query)
        .bind(user)
        .fetch_one(&database)
        .await?;
    println!("{}", serde_json::to_string_pretty(&shown)?);
    Ok(())
}

async fn change(command: &One, changes: Value) -> Result<()> {
    let database = command.target.connect().await?;
    let user = find_user(&database, &command.username).await?;
    apply(&database, user, &changes).await
}

async fn set(command: &Set) -> Result<()> {
    let mut changes = Map::new();
    let wanted = [
        ("role", json!(command.role)),
        ("weight", json!(command.weight)),
        ("queue_cap", json!(command.queue_cap)),
    ];
    for (name, value) in wanted.into_iter().filter(|(_, value)| !value.is_null()) {
        changes.insert(name.to_owned(), value);
    }
    let bounds = [
        ("storage_quota", &command.storage_quota),
        ("retention_days", &command.retention_days),
    ];
    for (name, wanted) in bounds {
        if let Some(wanted) = wanted {
            changes.insert(name.to_owned(), bound(wanted)?);
        }
    }
    if changes.is_empty() {
        bail!(
            "say what to set: --role, --weight, --queue-cap, --storage-quota or --retention-days; `kiskadee admin cap` bounds what runs at once"
        );
    }
    let database = command.target.connect().await?;
    let user = find_user(&database, &command.username).await?;
    apply(&database, user, &Value::Object(changes)).await
}

/// A number, or none.
fn bound(wanted: &str) -> Result<Value> {
    if wanted == "off" {
        return Ok(Value::Null);
    }
    let number: i64 = wanted.parse().context("give a number, or off")?;
    Ok(json!(number))
}

async fn apply(database: &PgPool, user: Uuid, changes: &Value) -> Result<()> {
    let query = "select account.change_user($1, $2, null, 'operator', null)";
    let faults: Option<Value> = sqlx::query_scalar(query)
        .bind(user)
        .bind(changes)
        .fetch_one(database)
        .await?;
    let faults = faults.as_ref().and_then(Value::as_array);
    let Some(faults) = faults.filter(|faults| !faults.is_empty()) else {
        return Ok(());
    };
    let lines: Vec<String> = faults.iter().map(in_options).collect();
    bail!(lines.join("\n"))
}

/// A fault in the words of this command: the API calls an option by the name of its member, and `off` null.
fn in_options(fault: &Value) -> String {
    let text = |member: &str| fault[member].as_str().unwrap_or_default();
    let option = text("field").replace('_', "-");
    format!(
        "--{option} {}",
        text("message").replace("or null", "or off")
    )
}

async fn delete(command: &Delete) -> Result<()> {
    let database = command.target.connect().await?;
    let user = find_user(&database, &command.username).await?;
    let leaves: bool = sqlx::query_scalar("select account.depart($1, null, 'operator', null)")
        .bind(user)
        .fetch_one(&database)
        .await?;
    if !leaves {
        bail!(
            "{} is the last administrator; make another one first",
            command.username
        );
    }
    println!("The account is closed; a worker erases what it has.");
    Ok(())
}

pub(crate) async fn reset_password(command: &ResetPassword) -> Result<()> {
    let database = command.target.connect().await?;
    let user = find_user(&database, &command.username).await?;
    let token = random_token()?;
    sqlx::query("select account.offer_reset($1, $2, null, 'operator', null)")
        .bind(user)
        .bind(Sha256::digest(token.as_bytes()).to_vec())
        .execute(&database)
        .await?;
    println!("{}/webui/reset#{token}", command.url.trim_end_matches('/'));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_the_option() {
        let fault =
            json!({"field": "storage_quota", "message": "must be at least 1, or null for none"});
        assert_eq!(
            in_options(&fault),
            "--storage-quota must be at least 1, or off for none"
        );
    }
}
