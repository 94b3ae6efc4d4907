//! Runs the espeak-ng program: one bounded, timed, killable process at a time and place.

use std::{io, process::Stdio, time::Duration};

use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command},
    sync::Semaphore,
    time::timeout,
};

use crate::SpeechError;

/// How much of the program's complaint goes into an error.
const COMPLAINT_CHARS: usize = 300;

/// The program with its limits.
#[derive(Debug)]
pub(super) struct Espeaker {
    pub(super) program: String,
    pub(super) permits: Semaphore,
    pub(super) timeout: Duration,
}

impl Espeaker {
    /// The table of voices, as `espeak-ng --voices` prints it.
    pub(super) async fn voices(&self) -> Result<String, SpeechError> {
        let table = self.run(&["--voices"], "").await?;
        Ok(String::from_utf8_lossy(&table).into_owned())
    }

    /// A WAV file of the text. `language` must come from the table of voices.
    pub(super) async fn speak(
        &self,
        text: &str,
        language: &str,
        pace: u16,
    ) -> Result<Vec<u8>, SpeechError> {
        let pace = pace.to_string();
        let args = [
            "--stdin", "-b", "1", "-v", language, "-s", &pace, "--stdout",
        ];
        self.run(&args, &plain(text)).await
    }

    async fn run(&self, args: &[&str], input: &str) -> Result<Vec<u8>, SpeechError> {
        let _permit = self
            .permits
            .acquire()
            .await
            .map_err(|_| SpeechError::Cancelled)?;
        let child = self.spawn(args)?;
        // The child is killed when its future is dropped: by the time-out here, or by a caller that gives up.
        let Ok(output) = timeout(self.timeout, exchange(child, input)).await else {
            let seconds = self.timeout.as_secs();
            return Err(SpeechError::Retry(format!(
                "{} took over {seconds} s and was stopped",
                self.program
            )));
        };
        output.map_err(|message| SpeechError::Retry(format!("{} failed: {message}", self.program)))
    }

    fn spawn(&self, args: &[&str]) -> Result<Child, SpeechError> {
        let mut command = Command::new(&self.program);
        command
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => SpeechError::Unavailable(format!(
                "`{}` is not installed on this worker; install espeak-ng (Debian and Ubuntu: apt-get install espeak-ng)",
                self.program
            )),
            _ => SpeechError::Retry(format!("cannot start {}: {error}", self.program)),
        })
    }
}

/// Feeds the child and collects what it says, both at once so that no pipe fills up.
async fn exchange(mut child: Child, input: &str) -> Result<Vec<u8>, String> {
    let stdin = child.stdin.take();
    let feed = async {
        if let Some(mut stdin) = stdin {
            // A child that ends early closes the pipe; its exit status tells why.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
    };
    let (output, ()) = tokio::join!(child.wait_with_output(), feed);
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let complaint: String = String::from_utf8_lossy(&output.stderr)
        .trim()
        .chars()
        .take(COMPLAINT_CHARS)
        .collect();
    Err(format!("{}: {complaint}", output.status))
}

/// The text without what espeak-ng takes for commands: control characters, and phoneme input in `[[…]]`.
fn plain(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    spaced.replace("[[", "[ [").replace("]]", "] ]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_in_texts_are_defused() {
        assert_eq!(plain("a\u{1}+9Vb\0c\nd"), "a +9Vb c d");
        assert_eq!(plain("[[h@loU]] [x]"), "[ [h@loU] ] [x]");
        assert_eq!(plain("[[[[x"), "[ [[ [x");
    }
}
