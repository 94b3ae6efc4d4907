//! Runs the espeak-ng program: one bounded, timed, killable process at a time and place.

use std::time::Duration;

use tokio::{io::AsyncWriteExt, process::Child, sync::Semaphore, time::timeout};

use super::program::{self, COMPLAINT_CHARS, plain};
use crate::SpeechError;

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
        program::start(&self.program, args)
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
