//! `kiskadee migrate`: brings a database's schema to this version. Safe on a running system and from several at once.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use kiskadee_queue::{MigrationOptions, Patience};

use super::migrate_lines::{NAMED, pending, told};
use crate::given;

/// With `--check`: something is to be done, and may be done now.
const PENDING: u8 = 10;

#[derive(Args)]
pub(crate) struct MigrateOptions {
    /// The database, as its owner, who may create roles; or a file that `KISKADEE_DATABASE_URL_FILE` names
    #[arg(
        long,
        env = "KISKADEE_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    database_url: Option<String>,

    /// Show what would be run, by name, and change nothing
    #[arg(long)]
    plan: bool,

    /// Show what is pending with its phase and locks; exit with 0 where there is nothing, 10 where it may be run now, 1 where it may not
    #[arg(long, conflicts_with_all = ["plan", "dry_run"])]
    check: bool,

    /// Run all in a transaction and take it back; it takes the locks for as long as it takes
    #[arg(long, conflicts_with = "plan")]
    dry_run: bool,

    /// Which migrations: `expand` leaves for later what programs of the release before could not live with
    #[arg(long, value_name = "PHASE", default_value = "all")]
    phase: Phases,

    /// Seconds that a statement may take [default: as long as it takes]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    statement_timeout: Option<u32>,

    /// The longest wait for a lock; whoever uses the table meanwhile waits, too
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 2000,
        value_parser = clap::value_parser!(u32).range(1..=60_000))]
    lock_timeout: u32,

    /// How often all of it is tried where a lock was not free, with pauses that grow to 5 s
    #[arg(long, value_name = "N", default_value_t = 15,
        value_parser = clap::value_parser!(u32).range(1..=1000))]
    lock_tries: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Phases {
    All,
    Expand,
}

impl MigrateOptions {
    fn options(&self) -> MigrationOptions {
        let defaults = MigrationOptions::default();
        MigrationOptions {
            patience: Patience {
                lock: Duration::from_millis(self.lock_timeout.into()),
                tries: self.lock_tries,
                ..defaults.patience
            },
            expand_only: self.phase == Phases::Expand,
            statement_timeout: self
                .statement_timeout
                .map(|seconds| Duration::from_secs(seconds.into())),
            dry_run: self.dry_run,
            ..defaults
        }
    }
}

pub(crate) async fn run(options: &MigrateOptions) -> Result<ExitCode> {
    let url = &given::database_url(options.database_url.as_ref())?;
    if options.check {
        return check(url, options).await;
    }
    let how = options.options();
    let lines = if options.plan {
        let changes = kiskadee_queue::plan_with(url, &how)
            .await
            .context("cannot tell what the schema lacks")?;
        told(&changes, usize::MAX)
    } else {
        let changes = kiskadee_queue::migrate_with(url, &how)
            .await
            .context("cannot bring the schema up to date")?;
        told(&changes, NAMED)
    };
    for line in lines {
        println!("{line}");
    }
    if options.dry_run {
        println!("dry run: all of it was taken back");
    }
    Ok(ExitCode::SUCCESS)
}

async fn check(url: &str, options: &MigrateOptions) -> Result<ExitCode> {
    let changes = kiskadee_queue::plan_with(url, &options.options())
        .await
        .context("this program does not suit the database")?;
    for line in pending(&changes) {
        println!("{line}");
    }
    Ok(if changes.blocked().is_some() {
        ExitCode::FAILURE
    } else if changes.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(PENDING)
    })
}
