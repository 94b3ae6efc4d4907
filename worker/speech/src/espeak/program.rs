//! Starts the espeak-ng program, a C program that reads what users write: it is told none of this process's secrets, ends
//! with it, and has little memory to take.

use std::{env, fs, io, process::Stdio};

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tokio::process::{Child, Command};

use crate::SpeechError;

/// How much of the program's complaint goes into an error.
pub(super) const COMPLAINT_CHARS: usize = 300;
/// What it is told of its surroundings: where programs, libraries and voices are, and which language messages are in.
const VARIABLES: [&str; 7] = [
    "ESPEAK_DATA_PATH",
    "HOME",
    "LANG",
    "LC_",
    "LD_",
    "PATH",
    "TMPDIR",
];
/// Address space; the program and its largest voice take about 40 MB.
const MEMORY_BYTES: u64 = 512 << 20;
/// When memory runs out, the kernel takes it before its parent.
const OOM_SCORE: &str = "500";

/// Starts the program with pipes for input, output and complaints. It is killed when the child is dropped, and its input
/// ends where this process dies.
pub(super) fn start(program: &str, args: &[&str]) -> Result<Child, SpeechError> {
    let variables = env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        VARIABLES.iter().any(|known| name.starts_with(known))
    });
    let child = Command::new(program)
        .args(args)
        .env_clear()
        .envs(variables)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| not_started(program, &error))?;
    limit(&child);
    Ok(child)
}

fn not_started(program: &str, error: &io::Error) -> SpeechError {
    match error.kind() {
        io::ErrorKind::NotFound => SpeechError::Unavailable(format!(
            "`{program}` is not installed on this worker; install espeak-ng (Debian and Ubuntu: apt-get install espeak-ng)"
        )),
        _ => SpeechError::Retry(format!("cannot start {program}: {error}")),
    }
}

/// The text has not been sent yet, so it is in time although the child runs already.
fn limit(child: &Child) {
    let Some(id) = child.id() else { return };
    let limit = Rlimit {
        current: Some(MEMORY_BYTES),
        maximum: Some(MEMORY_BYTES),
    };
    let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) else {
        return;
    };
    if let Err(error) = prlimit(Some(pid), Resource::As, limit) {
        tracing::debug!(%error, "espeak-ng runs without a limit on its memory");
    }
    if let Err(error) = fs::write(format!("/proc/{id}/oom_score_adj"), OOM_SCORE) {
        tracing::debug!(%error, "the kernel was not told to spare the other processes");
    }
}

/// The text without what espeak-ng takes for commands: control characters, and phoneme input in `[[…]]`.
pub(super) fn plain(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    // Twice, for of three in a row one replacement leaves two.
    let apart = |text: &str| text.replace("[[", "[ [").replace("]]", "] ]");
    apart(&apart(&spaced))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_in_texts_are_defused() {
        assert_eq!(plain("a\u{1}+9Vb\0c\nd"), "a +9Vb c d");
        assert_eq!(plain("[[h@loU]] [x]"), "[ [h@loU] ] [x]");
        assert_eq!(plain("[[[[x"), "[ [ [ [x");
        assert_eq!(plain("]]]x"), "] ] ]x");
    }
}
