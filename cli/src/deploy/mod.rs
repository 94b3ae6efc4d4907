//! `kiskadee deploy`: another release on one machine or on many, part by part, without a request that fails; and back by itself.
//!
//! Every part has two slots, of which one runs. A deploy starts the new release in the other slot, asks it, lets the balancer find it, and
//! only then ends the old one. What was done stands in a journal, so a deploy that was killed goes on where it was.

mod balancer;
mod database;
mod file;
mod hosts;
mod journal;
mod notify;
mod observe;
mod parts;
mod preflight;
mod probe;
mod rollback;
mod run;
mod samples;
mod settings;
mod smoke;
mod status;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(crate) enum DeployCommand {
    /// Bring a release into service; on any failure, go back and exit with 1
    Run(RunOptions),
    /// What the last deploy did, step by step; exits with 0 where it succeeded, 1 where it went back, 2 where it is not at its end
    Status(FileArgs),
    /// Go on with a deploy that was broken off
    Resume(ObserveArgs),
    /// Put the release of before back into service
    Rollback(FileArgs),
}

#[derive(Args)]
pub(crate) struct FileArgs {
    /// What is deployed where, see infra/deploy
    #[arg(
        long,
        env = "KISKADEE_DEPLOY_FILE",
        value_name = "FILE",
        default_value = "deploy.toml"
    )]
    file: PathBuf,
}

#[derive(Args)]
pub(crate) struct ObserveArgs {
    #[command(flatten)]
    file: FileArgs,
    /// Watch errors, latency and queue for so long before the deploy counts as good
    #[arg(long, value_name = "SECONDS", default_value = "120s", value_parser = seconds)]
    observe: u64,
}

#[derive(Args)]
pub(crate) struct RunOptions {
    #[command(flatten)]
    how: ObserveArgs,
    /// Look whether it could be done, and change nothing
    #[arg(long)]
    preflight: bool,
}

pub(crate) async fn run(command: &DeployCommand) -> Result<ExitCode> {
    // The one implementation of the whole program; the first choice holds.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match command {
        DeployCommand::Run(options) if options.preflight => {
            preflight::alone(&options.how.file.file).await
        }
        DeployCommand::Run(options) => {
            run::begin(&options.how.file.file, options.how.observe).await
        }
        DeployCommand::Resume(options) => run::resume(&options.file.file, options.observe).await,
        DeployCommand::Rollback(options) => rollback::by_hand(&options.file).await,
        DeployCommand::Status(options) => status::run(&options.file),
    }
}

/// `120` or `120s`.
fn seconds(text: &str) -> Result<u64, String> {
    let number = text.strip_suffix('s').unwrap_or(text);
    number
        .parse()
        .map_err(|_| "give seconds, such as 120s".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_may_have_their_unit() {
        assert_eq!(seconds("120s"), Ok(120));
        assert_eq!(seconds("0"), Ok(0));
        assert!(seconds("2m").is_err());
    }
}
