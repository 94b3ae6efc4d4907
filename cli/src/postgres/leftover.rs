//! A server that outlived the `kiskadee up` that started it is stopped before a new one starts on its data.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Fast shutdown first, then the immediate one, which costs a recovery at the next start.
const STEPS: [(Signal, Duration); 2] = [
    (Signal::SIGINT, Duration::from_secs(20)),
    (Signal::SIGQUIT, Duration::from_secs(10)),
];

/// Blocks until no server runs on `data`.
pub(crate) fn stop(data: &Path) -> Result<()> {
    let Some(pid) = running_on(data) else {
        return Ok(());
    };
    for (signal, patience) in STEPS {
        // It may be gone already, which is what we want.
        let _ = kill(Pid::from_raw(pid), signal);
        let give_up_at = Instant::now() + patience;
        while Instant::now() < give_up_at {
            if running_on(data) != Some(pid) {
                return Ok(());
            }
            sleep(Duration::from_millis(20));
        }
    }
    bail!(
        "a Postgres server (process {pid}) still runs on {} and does not stop",
        data.display()
    )
}

/// The process in `postmaster.pid`, if it lives and is a server on `data`: after a crash the number may be another's.
fn running_on(data: &Path) -> Option<i32> {
    let file = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let pid: i32 = file.lines().next()?.trim().parse().ok()?;
    let command = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    is_server_on(&command, data).then_some(pid)
}

fn is_server_on(command: &[u8], data: &Path) -> bool {
    command
        .split(|byte| *byte == 0)
        .any(|argument| argument == data.as_os_str().as_encoded_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_on_the_same_data_counts() {
        let command = b"/usr/lib/postgresql/15/bin/postgres\0-D\0/state/postgres\0";
        assert!(is_server_on(command, Path::new("/state/postgres")));
        assert!(!is_server_on(command, Path::new("/state")));
        assert!(!is_server_on(b"", Path::new("/state/postgres")));
    }
}
