//! The log of who did what.

use anyhow::Result;
use clap::Args;

use super::target::Target;

#[derive(Args)]
pub(crate) struct Audit {
    /// Only what this user did, or was done to
    #[arg(long, value_name = "USERNAME")]
    user: Option<String>,
    /// Only such actions, for example `key.made` or `user.guessed_at`
    #[arg(long)]
    action: Option<String>,
    /// At most so many, the newest first
    #[arg(long, default_value_t = 50)]
    limit: u32,
    #[command(flatten)]
    target: Target,
}

pub(crate) async fn list(command: &Audit) -> Result<()> {
    let database = command.target.connect().await?;
    let user = match &command.user {
        Some(name) => Some(crate::accounts::find_user(&database, name).await?),
        None => None,
    };
    let rows: Vec<(String,)> = sqlx::query_as(include_str!("../../queries/list_audit.sql"))
        .bind(i64::from(command.limit))
        .bind(user)
        .bind(&command.action)
        .fetch_all(&database)
        .await?;
    for (line,) in rows {
        println!("{line}");
    }
    Ok(())
}
