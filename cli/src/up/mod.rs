//! `kiskadee up`: the whole system on one machine, from an empty directory to the first spoken word.
//!
//! Started in the order in which the parts need each other, stopped in the reverse one. What has started is kept in
//! `System`, so a stop in the middle of a start ends exactly that.

mod announce;
mod database;
mod edge;
mod first_user;
mod options;
mod system;
mod workers;

use std::future::pending;

use anyhow::Result;

pub(crate) use database::{NAME, create as create_database, superuser_url};
pub(crate) use options::{Switch, UpOptions};

use crate::state::StateDirectory;
use crate::stop::Stop;
use crate::{logs, requirements, telemetry};
use announce::{Progress, how_to_natural_voices, ready, say, welcome};
use system::System;

pub(crate) async fn run(options: &UpOptions) -> Result<()> {
    let advice = requirements::check(options.cluster.postgres_bin.as_deref())?;
    let stop = Stop::on_signals()?;
    let state = StateDirectory::open(&options.state_dir())?;
    let _telemetry = telemetry::to_file(
        "kiskadee-edge",
        logs::LogFile::open(&state.log("edge.jsonl"))?,
    )?;
    let progress = Progress::begin(&format!(
        "kiskadee {} in {}",
        env!("CARGO_PKG_VERSION"),
        state.path().display()
    ));
    if let Some(advice) = advice {
        say(&advice);
    }
    let mut system = System::default();
    let outcome = tokio::select! {
        outcome = serve(&mut system, &state, options, &progress) => outcome,
        () = stop.orderly.cancelled() => Ok(()),
    };
    // An error that the stop itself caused (a child that got the same Ctrl-C) is none.
    let outcome = if stop.orderly.is_cancelled() {
        Ok(())
    } else {
        outcome
    };
    if outcome.is_err() {
        say(&format!(
            "The logs are in {}",
            state.path().join("logs").display()
        ));
    }
    say("Stopping (once more to hurry)");
    system.stop(&stop).await;
    outcome
}

/// Never returns without an error.
async fn serve(
    system: &mut System,
    state: &StateDirectory,
    options: &UpOptions,
    progress: &Progress,
) -> Result<()> {
    let credentials = Box::pin(system.start(state, options, progress)).await?;
    let file = state.path().join("credentials.json");
    // What systemd puts into its journal.
    if std::env::var_os("JOURNAL_STREAM").is_some() {
        say(&ready(&credentials.url, &file));
    } else {
        say(&welcome(&credentials, &file));
    }
    if let Some(how) = how_to_natural_voices(&options.models_in(state.path())) {
        say(how);
    }
    pending().await
}
