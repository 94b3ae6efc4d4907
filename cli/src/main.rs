//! The `kiskadee` command: everything on one machine (`up`), each part alone, and what an administrator needs.

mod accounts;
mod admin;
mod artefacts;
mod backup;
mod certificates;
mod deploy;
mod doctor;
mod endpoints;
mod given;
mod health;
mod logs;
mod models;
mod parts;
mod password;
mod postgres;
mod private_file;
mod random;
mod read;
mod requirements;
mod roles;
mod say;
mod secrets;
mod serving;
mod signing;
mod state;
mod stop;
mod supervise;
mod telemetry;
mod this_program;
mod train;
mod up;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use kiskadee_shared::causes;
use telemetry::LogArgs;
use tokio::task::LocalSet;

/// Requests come and go on all threads; the system's allocator spends twice the time on that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(name = "kiskadee", version, about, long_about = None, propagate_version = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    log: LogArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Start everything on this machine; Ctrl-C stops it
    Up(up::UpOptions),
    /// Say a text without a server
    Say(say::SayOptions),
    /// Show how a text will be spoken: its sentences, words and phones
    Read(read::ReadOptions),
    /// Run a worker: it speaks, keeps the queue and sends webhooks
    Worker(parts::worker::WorkerOptions),
    /// Run the edge alone; its variables are `SPIN_VARIABLE_<NAME>` in the environment, or files that `SPIN_VARIABLE_<NAME>_FILE` name
    Edge(parts::edge::EdgeOptions),
    /// Run the gateway through which edges reach the storage
    Storage(parts::storage::StorageOptions),
    /// Bring a database's schema to this version
    Migrate(parts::migrate::MigrateOptions),
    /// Bring another release into service part by part, and back by itself when it fails
    #[command(subcommand)]
    Deploy(deploy::DeployCommand),
    /// Back up database and audio together while the system runs, verify, restore
    #[command(subcommand)]
    Backup(backup::BackupCommand),
    /// Ask a process whether it is ready, by the address of its own metrics: 0 when it is, 1 when not
    Health(health::HealthOptions),
    /// Look at an installation: what is wrong, and what to do; 0 when nothing is, 1 when something is
    Doctor(Box<doctor::DoctorOptions>),
    /// Users, keys, and control of the queue
    #[command(subcommand)]
    Admin(admin::AdminCommand),
    /// Bring models such as XTTS-v2 onto this machine, list, show and remove them
    #[command(subcommand)]
    Models(models::ModelsCommand),
    /// Train the voices that the product ships
    #[command(subcommand)]
    Train(train::TrainCommand),
    /// Run a throw-away Postgres server for tests: prints its address, ends when its input closes
    Postgres(postgres::scratch::ScratchOptions),
    #[command(hide = true)]
    EngineXtts,
    #[command(hide = true, name = "engine-openvoices")]
    EngineOpenVoices,
    #[command(hide = true)]
    PostgresGuard(postgres::guard::GuardOptions),
}

fn main() -> ExitCode {
    let CommandLine { command, log } = CommandLine::parse();
    log.choose();
    // Who starts everything reads the terminal; the log is a file.
    let tells_in_json = log.is_json_asked() && !matches!(command, Command::Up(_));
    if !command.says_where_lines_go() {
        telemetry::of_a_command();
    }
    match run(command) {
        Ok(code) => code,
        Err(error) => {
            let error = causes::chain(error.as_ref());
            if tells_in_json {
                tracing::error!(error, "ended with an error");
            } else {
                eprintln!("error: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

impl Command {
    /// The parts of the system have a log of their own, or that of who started them.
    fn says_where_lines_go(&self) -> bool {
        matches!(
            self,
            Self::Up(_)
                | Self::Worker(_)
                | Self::Edge(_)
                | Self::Storage(_)
                | Self::Backup(backup::BackupCommand::Schedule(_))
                | Self::EngineXtts
                | Self::EngineOpenVoices
                | Self::PostgresGuard(_)
        )
    }
}

fn run(command: Command) -> Result<ExitCode> {
    let outcome = match command {
        Command::EngineXtts => return Ok(parts::xtts::run_process()),
        Command::EngineOpenVoices => return Ok(parts::openvoices::run_process()),
        Command::PostgresGuard(options) => postgres::guard::become_program(&options),
        Command::Up(options) => on_main_thread(up::run(&options)),
        Command::Say(options) => on_main_thread(say::run(&options)),
        Command::Read(options) => read::run(&options),
        Command::Worker(options) => on_main_thread(parts::worker::run(&options)),
        Command::Edge(options) => on_main_thread(parts::edge::run(&options)),
        Command::Storage(options) => on_main_thread(parts::storage::run(&options)),
        Command::Migrate(options) => return on_main_thread(parts::migrate::run(&options)),
        Command::Deploy(command) => return on_main_thread(deploy::run(&command)),
        Command::Backup(command) => on_main_thread(backup::run(&command)),
        Command::Health(options) => return on_main_thread(health::run(&options)),
        Command::Doctor(options) => return on_main_thread(doctor::run(&options)),
        Command::Admin(command) => on_main_thread(admin::run(&command)),
        Command::Models(command) => on_main_thread(models::run(command)),
        Command::Train(command) => on_main_thread(train::run(command)),
        Command::Postgres(options) => on_main_thread(postgres::scratch::run(&options)),
    };
    outcome.map(|()| ExitCode::SUCCESS)
}

/// Child processes die with the thread that started them, so what starts any stays on this one.
fn on_main_thread<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let outcome = LocalSet::new().block_on(&runtime, work);
    // A thread that still reads standard input would be waited for without end.
    runtime.shutdown_background();
    outcome
}
