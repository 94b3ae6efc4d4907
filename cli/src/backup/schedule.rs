//! `kiskadee backup schedule`: for machines without timers of their own.

use std::time::Duration;

use anyhow::Result;
use clap::Args;

use super::create::{self, Create};
use super::retention::RetentionArgs;
use super::{prune, verify};
use crate::stop::Stop;
use crate::telemetry;

#[derive(Args)]
pub(crate) struct Schedule {
    #[command(flatten)]
    create: Create,
    #[command(flatten)]
    retention: RetentionArgs,
    /// Hours from the begin of one backup to that of the next
    #[arg(long, value_name = "HOURS", default_value_t = 24,
        value_parser = clap::value_parser!(u32).range(1..=24 * 31))]
    every: u32,
}

pub(crate) async fn run(options: &Schedule) -> Result<()> {
    let _telemetry = telemetry::to_standard_error("kiskadee-backup")?;
    let stop = Stop::on_signals()?;
    let mut turns = tokio::time::interval(Duration::from_hours(u64::from(options.every)));
    loop {
        tokio::select! {
            _ = turns.tick() => {}
            () = stop.orderly.cancelled() => return Ok(()),
        }
        tokio::select! {
            outcome = turn(options) => match outcome {
                Ok(said) => tracing::info!(said, "a backup is made"),
                // The next turn may succeed, and the alert on the age of the last backup tells who looks at alerts.
                Err(error) => tracing::error!(error = %format!("{error:#}"), "no backup was made"),
            },
            () = stop.orderly.cancelled() => return Ok(()),
        }
    }
}

async fn turn(options: &Schedule) -> Result<String> {
    let manifest = create::create(&options.create).await?;
    let repository = options.create.repository()?;
    verify::read_whole(&repository, &manifest).await?;
    let url = options.create.url()?;
    verify::note(&url, &manifest.id).await?;
    let pruned = prune::prune(&repository, &options.retention, Some(&url), false).await?;
    Ok(format!("{} is made and verified; {pruned}", manifest.id))
}
