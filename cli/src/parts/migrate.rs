//! `kiskadee migrate`: brings a database's schema to this version. Safe on a running system and from several at once.

use anyhow::{Context, Result};
use clap::Args;

#[derive(Args)]
pub(crate) struct MigrateOptions {
    /// The database, as its owner, who may create roles
    #[arg(
        long,
        env = "KISKADEE_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    database_url: String,
}

pub(crate) async fn run(options: &MigrateOptions) -> Result<()> {
    kiskadee_queue::migrate(&options.database_url)
        .await
        .context("cannot bring the schema up to date")
}
