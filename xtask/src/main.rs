//! `cargo xtask …`: what a developer's machine needs, and the commands that use it.
//!
//! Every command does its own set-up first and skips what is there already, so each works on a fresh machine, twice in a
//! row, and without a network once all is installed.

mod build;
mod dist;
mod fleet;
mod manifest;
mod meter;
mod packages;
mod pooler;
mod process;
mod python;
mod test;
mod test_database;
mod test_programs;
mod test_tools;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Set-up and developer commands",
    disable_help_subcommand = true
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start everything on this machine; Ctrl-C stops it
    #[command(after_help = UP_HELP)]
    Up {
        /// Passed on to `kiskadee up`
        #[arg(
            trailing_var_arg = true,
            allow_hyphen_values = true,
            value_name = "OPTIONS"
        )]
        options: Vec<String>,
    },
    /// Run every test there is, Postgres and browser included
    #[command(after_help = TEST_HELP)]
    Test {
        /// Only the tests whose name contains this; `fleet` runs those of infra/, the long ones too; `pooler` those of the API and
        /// the queue behind `PgBouncer`
        filter: Option<String>,
        /// Only the tests of these packages
        #[arg(short, long, value_name = "PACKAGE")]
        package: Vec<String>,
    },
    /// Measure voices: word errors as Whisper hears them, and predicted mean opinion scores
    Meter(meter::MeterOptions),
    /// Install what is missing and build, but start nothing
    Setup,
    /// Make an archive from which `kiskadee up` runs on machines without Rust
    #[command(after_help = DIST_HELP)]
    Dist,
    /// Write the API documents anew from their sources
    Openapi,
    /// Print the packages of the components, a line each, those that only tests run last
    #[command(hide = true)]
    Components,
}

const UP_HELP: &str = "\
The options of `kiskadee up`, among them:
  --listen ADDRESS:PORT      where to serve [default: 127.0.0.1:8005]
  --state-dir DIR            what is kept between runs [default: ./.kiskadee]
  --workers N                worker processes [default: 1]
  --api-rate-limit on|off    limit requests per caller [default: on]
All of them: cargo xtask up -- --help";

const TEST_HELP: &str = "\
The configurations of infra/ are read by the programs that they are for. `cargo xtask test fleet` also runs what takes long or needs
containers: images, balancers, restarts of whole fleets.";

const DIST_HELP: &str = "\
It lies at target/dist/kiskadee-VERSION-ARCH-linux.tar.gz, with a .sha256 beside it: the program, the components with their
manifest, licences and sums. The lines for its backtraces are an archive of their own, …-debug.tar.gz. The same sources, built at
the same path, give the same bytes; the files bear the time of the last commit, or SOURCE_DATE_EPOCH. Needs binutils, tar and gzip,
which Debian's build-essential brings.";

fn main() -> ExitCode {
    match run(CommandLine::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Up { options } => {
            build::set_up()?;
            build::become_kiskadee_up(&options)
        }
        Command::Test { filter, package }
            if filter.as_deref() == Some("fleet") && package.is_empty() =>
        {
            fleet::run()
        }
        Command::Test { filter, package }
            if filter.as_deref() == Some("pooler") && package.is_empty() =>
        {
            pooler::run()
        }
        Command::Test { filter, package } => test::run(filter.as_deref(), &package),
        Command::Meter(options) => meter::run(&options),
        Command::Setup => build::set_up().map(|()| ExitCode::SUCCESS),
        Command::Dist => dist::run().map(|()| ExitCode::SUCCESS),
        Command::Openapi => build::write_api_documents().map(|()| ExitCode::SUCCESS),
        Command::Components => {
            println!("{}", manifest::all_component_packages()?.join("\n"));
            Ok(ExitCode::SUCCESS)
        }
    }
}
