//! Processes of the running system: finding them and sending them signals.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command};

use anyhow::{Context, Result, ensure};

/// Of the counters in `/proc`, on all architectures that Linux has today.
const TICKS_A_SECOND: f64 = 100.0;

/// Sends a signal by its name (`KILL`, `STOP`, `CONT`, `TERM`, `QUIT`).
pub fn signal(pid: u32, name: &str) -> Result<()> {
    let status = Command::new("kill")
        .arg(format!("-{name}"))
        .arg(pid.to_string())
        .status()?;
    ensure!(status.success(), "kill -{name} {pid} failed");
    Ok(())
}

/// The direct children of a process whose command line contains `word`.
pub fn children(parent: u32, word: &str) -> Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        if parent_of(pid) == Some(parent)
            && command_line(pid)
                .iter()
                .any(|argument| argument.contains(word))
        {
            found.push(pid);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Resident memory of a process in bytes.
pub fn resident_bytes(pid: u32) -> Result<u64> {
    bytes_of(pid, "status", "VmRSS:")
}

/// Resident memory of a process in bytes, of what it shares with others its part.
pub fn proportional_bytes(pid: u32) -> Result<u64> {
    bytes_of(pid, "smaps_rollup", "Pss:")
}

fn bytes_of(pid: u32, file: &str, field: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/{file}"))?;
    let mut words = status
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .context("the process has ended")?
        .split_whitespace();
    let kib: u64 = words.next().context("a field without a value")?.parse()?;
    Ok(kib * 1024)
}

/// Seconds of a processor that a process has taken; with those of its children that have ended, where that is asked.
pub fn cpu_seconds(pid: u32, with_ended: bool) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The command name, in parentheses, may hold spaces. Behind it the fields begin with the third.
    let (_, fields) = stat.rsplit_once(") ").context("no fields")?;
    let taken = if with_ended { 4 } else { 2 };
    let ticks = fields.split_whitespace().skip(11).take(taken);
    let ticks: u64 = ticks.map(|field| field.parse().unwrap_or(0)).sum::<u64>();
    Ok(ticks as f64 / TICKS_A_SECOND)
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command name, in parentheses, may hold spaces.
    stat.rsplit_once(')')?
        .1
        .split_whitespace()
        .nth(1)?
        .parse()
        .ok()
}

fn command_line(pid: u32) -> Vec<String> {
    let raw = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    raw.split(|byte| *byte == 0)
        .filter(|part| !part.is_empty())
        .map(|part| String::from_utf8_lossy(part).into_owned())
        .collect()
}

/// Starts another process with the command line and environment of `pid`, but for these variables, as a child of this
/// process.
pub fn start_another(pid: u32, changed: &[(&str, &str)], log: File) -> Result<Child> {
    let mut line = command_line(pid);
    if let Some(option) = line
        .iter()
        .position(|argument| argument == "--follow-parent")
    {
        line.drain(option..option + 2);
    }
    let (_, arguments) = line.split_first().context("the process has ended")?;
    let program = fs::read_link(format!("/proc/{pid}/exe"))?;
    let environment = fs::read(format!("/proc/{pid}/environ"))?;
    let variables = environment.split(|byte| *byte == 0).filter_map(|variable| {
        let text = std::str::from_utf8(variable).ok()?;
        text.split_once('=')
    });
    let mut command = Command::new(&program);
    command
        .args(arguments)
        .env_clear()
        .envs(variables)
        .envs(changed.iter().copied())
        .stderr(log)
        .current_dir(repository());
    command
        .spawn()
        .with_context(|| format!("cannot start another {}", program.display()))
}

/// The repository's root.
pub fn repository() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}
