//! The hidden command between `kiskadee up` and the Postgres server: it gives up root, ties the server's life to its
//! parent's, and becomes the server.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{Gid, Uid, getppid, setgid, setgroups, setuid};

#[derive(Args)]
pub(crate) struct GuardOptions {
    #[arg(long)]
    uid: u32,
    #[arg(long)]
    gid: u32,
    #[arg(long)]
    parent: i32,
    program: PathBuf,
    #[arg(last = true)]
    arguments: Vec<String>,
}

impl GuardOptions {
    /// The arguments that start `program` behind the guard, as a child of this process.
    pub(crate) fn arguments(uid: u32, gid: u32, program: &str, arguments: &[&str]) -> Vec<String> {
        let mut all = vec!["postgres-guard".to_owned()];
        for (name, value) in [
            ("--uid", uid),
            ("--gid", gid),
            ("--parent", std::process::id()),
        ] {
            all.extend([name.to_owned(), value.to_string()]);
        }
        all.extend([program.to_owned(), "--".to_owned()]);
        all.extend(arguments.iter().map(|&argument| argument.to_owned()));
        all
    }
}

/// Returns only when the program cannot be started.
pub(crate) fn become_program(options: &GuardOptions) -> Result<()> {
    if !nix::unistd::geteuid().is_root() {
        return tie_and_exec(options);
    }
    setgroups(&[]).context("cannot drop root's groups")?;
    setgid(Gid::from_raw(options.gid)).context("cannot change to Postgres' group")?;
    setuid(Uid::from_raw(options.uid)).context("cannot change to Postgres' user")?;
    tie_and_exec(options)
}

fn tie_and_exec(options: &GuardOptions) -> Result<()> {
    // After the change of user, which clears it. SIGINT is Postgres' fast shutdown.
    tie_to_parent(options.parent, Signal::SIGINT)?;
    // The caller's directory may be closed to this user.
    let failed = Command::new(&options.program)
        .args(&options.arguments)
        .current_dir("/")
        .exec();
    Err(failed).with_context(|| format!("cannot start {}", options.program.display()))
}

/// Asks the kernel to send `signal` to this process when `parent` dies.
pub(crate) fn tie_to_parent(parent: i32, signal: Signal) -> Result<()> {
    set_pdeathsig(signal).context("cannot follow the parent process")?;
    if getppid().as_raw() != parent {
        bail!("the parent process is gone");
    }
    Ok(())
}
