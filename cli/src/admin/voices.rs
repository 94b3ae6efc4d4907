//! Which voices may speak.

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::target::Target;

#[derive(Args)]
pub(crate) struct CommercialVoicesOnly {
    only: Switch,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

pub(crate) async fn commercial_voices_only(command: &CommercialVoicesOnly) -> Result<()> {
    sqlx::query("select speech.allow_commercial_voices_only($1)")
        .bind(command.only == Switch::On)
        .execute(&command.target.connect().await?)
        .await?;
    Ok(())
}
