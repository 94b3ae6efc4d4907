//! The `kiskadee` command: everything on one machine (`up`), each part alone, and what an administrator needs.

mod logs;
mod password;
mod postgres;
mod private_file;
mod random;
mod secrets;
mod signing;
mod state;
mod stop;
mod supervise;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use tokio::task::LocalSet;

#[derive(Parser)]
#[command(name = "kiskadee", version, about, long_about = None, propagate_version = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a throw-away Postgres server for tests: prints its address, ends when its input closes
    Postgres(postgres::scratch::ScratchOptions),
    #[command(hide = true)]
    PostgresGuard(postgres::guard::GuardOptions),
}

fn main() -> ExitCode {
    match run(CommandLine::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::PostgresGuard(options) => postgres::guard::become_program(&options),
        Command::Postgres(options) => on_main_thread(postgres::scratch::run(&options)),
    }
}

/// Child processes die with the thread that started them, so what starts any stays on this one.
fn on_main_thread(work: impl Future<Output = Result<()>>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let outcome = LocalSet::new().block_on(&runtime, work);
    // A thread that still reads standard input would be waited for without end.
    runtime.shutdown_background();
    outcome
}
