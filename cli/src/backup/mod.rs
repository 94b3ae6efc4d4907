//! `kiskadee backup`: the database and the objects that it names as one consistent pair, taken while the system runs.
//!
//! A repository is a directory or a bucket. `objects/KEY` holds each object once, for all backups; `backups/ID/` holds a dump of the database, the
//! list of its objects with their SHA-256, the sealed secrets of an embedded installation, and `manifest.json`, which is written last:
//! without it there is no backup.

mod create;
mod list;
mod manifest;
mod objects;
mod options;
mod programs;
mod prune;
mod repository;
mod restore;
mod retention;
mod schedule;
mod sealing;
mod snapshot;
mod state;
mod target;
mod verify;

use anyhow::Result;
use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum BackupCommand {
    /// Back up a running system
    Create(create::Create),
    /// List backups, the newest last
    List(list::List),
    /// Read a backup whole and compare it with what was written down
    Verify(verify::Verify),
    /// Delete backups but for some of each day, week and month
    Prune(prune::Prune),
    /// Bring a backup back into an empty database and storage, or an empty state directory
    Restore(restore::Restore),
    /// Back up, verify and prune again and again
    Schedule(schedule::Schedule),
}

pub(crate) async fn run(command: &BackupCommand) -> Result<()> {
    match command {
        BackupCommand::Create(command) => create::run(command).await,
        BackupCommand::List(command) => list::run(command).await,
        BackupCommand::Verify(command) => verify::run(command).await,
        BackupCommand::Prune(command) => prune::run(command).await,
        BackupCommand::Restore(command) => restore::run(command).await,
        BackupCommand::Schedule(command) => schedule::run(command).await,
    }
}
