//! One espeak-ng process that reads a line and prints its phonemes, and the slot that starts it anew.
//!
//! It does not say where an answer ends, so a line that is known (the fence) follows each question. The fence is a word
//! drawn by chance for each process: no text can hold it, so none can shift the answers to other texts.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, ChildStdin, ChildStdout},
    time::timeout,
};

use super::{PhonemeStyle, PhonemizerConfig};
use crate::{
    SpeechError,
    espeak::program::{self, COMPLAINT_CHARS, plain},
};

/// What one question may have for an answer: a line of 1,000 bytes gives some hundred clauses at most.
const MOST_LINES: usize = 1_000;
const LONGEST_LINE: u64 = 64 << 10;
/// Loading a voice of a busy machine's disk.
const STARTING: Duration = Duration::from_secs(5);
const SYLLABLES: usize = 4;

/// The place of a process: empty before its first question and after a failure.
#[derive(Debug)]
pub(super) struct Slot {
    config: PhonemizerConfig,
    voice: String,
    style: PhonemeStyle,
    process: Option<Process>,
}

#[derive(Debug)]
struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    silence: Duration,
    fence: Fence,
    lines: usize,
}

/// A word, and the line it is answered with.
#[derive(Debug, Clone, Default)]
pub(super) struct Fence {
    pub(super) word: String,
    pub(super) phones: String,
}

impl Slot {
    pub(super) fn new(config: PhonemizerConfig, voice: &str, style: PhonemeStyle) -> Self {
        Self {
            config,
            voice: voice.to_owned(),
            style,
            process: None,
        }
    }

    /// The lines for a line of text, each a clause; a second process answers where the first one fails.
    pub(super) async fn ask(&mut self, line: &str) -> Result<Vec<String>, SpeechError> {
        match self.try_to_ask(line).await {
            Err(SpeechError::Retry(why)) => {
                tracing::warn!(%why, voice = %self.voice, "espeak-ng is started anew");
                self.try_to_ask(line).await
            }
            answer => answer,
        }
    }

    /// The process is out of its place meanwhile: one whose question failed or was given up never answers another.
    async fn try_to_ask(&mut self, line: &str) -> Result<Vec<String>, SpeechError> {
        let mut process = match self.process.take() {
            Some(process) if process.lines < self.config.lines_per_process => process,
            _ => self.start().await?,
        };
        let lines = match process.ask(line).await {
            Ok(lines) => lines,
            Err(why) => return Err(SpeechError::Retry(process.end(&why).await)),
        };
        self.process = Some(process);
        Ok(lines)
    }

    /// A word with stress that no text holds, with its phonemes; nothing before the first question.
    pub(super) fn carrier(&self) -> Fence {
        let process = self.process.as_ref();
        process
            .map(|process| process.fence.clone())
            .unwrap_or_default()
    }

    async fn start(&self) -> Result<Process, SpeechError> {
        let mut args = vec!["-q", "-b", "1", "-v", &self.voice, "--ipa"];
        if self.style == PhonemeStyle::Tied {
            args.push("--tie=^");
        }
        let mut child = program::start(&self.config.program, &args)?;
        let closed = || SpeechError::Retry("espeak-ng has no input or output".to_owned());
        let input = child.stdin.take().ok_or_else(closed)?;
        let output = child.stdout.take().ok_or_else(closed)?;
        let mut process = Process {
            child,
            input,
            output: BufReader::new(output),
            silence: self.config.silence.max(STARTING),
            fence: Fence::default(),
            lines: 0,
        };
        let fence = process.learn_fence(&chance_word()).await;
        process.silence = self.config.silence;
        match fence {
            Ok(fence) => process.fence = fence,
            Err(why) => return Err(self.not_started(&process.end(&why).await)),
        }
        Ok(process)
    }

    fn not_started(&self, why: &str) -> SpeechError {
        if why.contains("voice does not exist") {
            return SpeechError::Unavailable(format!(
                "espeak-ng has no voice `{}` on this worker; install a newer espeak-ng-data",
                self.voice
            ));
        }
        SpeechError::Retry(why.to_owned())
    }
}

impl Process {
    async fn learn_fence(&mut self, word: &str) -> Result<Fence, String> {
        self.write(&format!("{word}\n")).await?;
        let phones = self.line().await?;
        if phones.is_empty() {
            return Err("the fence has no phonemes".to_owned());
        }
        Ok(Fence {
            word: word.to_owned(),
            phones,
        })
    }

    async fn ask(&mut self, line: &str) -> Result<Vec<String>, String> {
        self.lines += 1;
        let question = format!("{}\n{}\n", plain(line), self.fence.word);
        self.write(&question).await?;
        let mut lines = Vec::new();
        loop {
            let line = self.line().await?;
            if line == self.fence.phones {
                return Ok(lines);
            }
            if lines.len() >= MOST_LINES {
                return Err("the answer has no end".to_owned());
            }
            lines.push(line);
        }
    }

    async fn write(&mut self, text: &str) -> Result<(), String> {
        match timeout(self.silence, self.input.write_all(text.as_bytes())).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("it does not read what it is asked".to_owned()),
        }
    }

    /// The next line, without the flags of a change of language (`(en)`).
    async fn line(&mut self) -> Result<String, String> {
        let mut bytes = Vec::new();
        let mut output = (&mut self.output).take(LONGEST_LINE);
        match timeout(self.silence, output.read_until(b'\n', &mut bytes)).await {
            Err(_) => return Err(format!("no answer for {:?}", self.silence)),
            Ok(Err(error)) => return Err(error.to_string()),
            Ok(Ok(_)) => {}
        }
        let Some(b'\n') = bytes.pop() else {
            return Err("its output ended".to_owned());
        };
        let line = String::from_utf8(bytes).map_err(|error| error.to_string())?;
        Ok(without_flags(&line))
    }

    /// Kills it, and tells what it complained about.
    async fn end(mut self, why: &str) -> String {
        drop(self.input);
        let mut complaint = Vec::new();
        if let Some(errors) = self.child.stderr.take() {
            let mut errors = errors.take(4 * COMPLAINT_CHARS as u64);
            // A process that hangs keeps its end open; it is killed when this is over.
            let _ = timeout(
                Duration::from_millis(200),
                errors.read_to_end(&mut complaint),
            )
            .await;
        }
        let complaint = String::from_utf8_lossy(&complaint);
        let complaint: String = complaint.trim().chars().take(COMPLAINT_CHARS).collect();
        let separator = if complaint.is_empty() { "" } else { ": " };
        format!("espeak-ng failed: {why}{separator}{complaint}")
    }
}

/// `espeak-ng --version` begins with `eSpeak NG text-to-speech: 1.51`.
pub(super) async fn version(config: &PhonemizerConfig) -> Result<String, SpeechError> {
    let child = program::start(&config.program, &["--version"])?;
    let failed = |why: &str| SpeechError::Unavailable(format!("{} {why}", config.program));
    let output = timeout(STARTING, child.wait_with_output()).await;
    let output = output
        .map_err(|_| failed("does not tell its version"))?
        .map_err(|error| failed(&error.to_string()))?;
    let told = String::from_utf8_lossy(&output.stdout);
    let number = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
    let version = told.split_whitespace().find(number);
    version
        .map(str::to_owned)
        .ok_or_else(|| failed("does not tell its version"))
}

/// A word that can be said in any language and stands in none.
fn chance_word() -> String {
    const CONSONANTS: [char; 8] = ['b', 'd', 'f', 'k', 'l', 'm', 'n', 't'];
    const VOWELS: [char; 4] = ['a', 'e', 'i', 'o'];
    let mut chance = RandomState::new().hash_one(());
    let mut pick = |letters: &[char]| {
        let count = letters.len() as u64;
        let letter = usize::try_from(chance % count)
            .ok()
            .and_then(|at| letters.get(at));
        chance /= count;
        letter.copied().unwrap_or('a')
    };
    let mut word = String::new();
    for _ in 0..SYLLABLES {
        word.push(pick(&CONSONANTS));
        word.push(pick(&VOWELS));
    }
    word
}

fn without_flags(line: &str) -> String {
    let mut phones = String::new();
    let mut in_flag = false;
    for c in line.trim().chars() {
        match c {
            '(' => in_flag = true,
            ')' if in_flag => in_flag = false,
            _ if in_flag => {}
            _ => phones.push(c),
        }
    }
    phones
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_of_languages_are_no_phonemes() {
        assert_eq!(without_flags(" ʊ (en)ˈiːmeɪl(pt-br) "), "ʊ ˈiːmeɪl");
        assert_eq!(without_flags("a) b"), "a) b");
    }

    #[test]
    fn fences_differ_and_can_be_said() {
        let words: std::collections::HashSet<_> = (0..20).map(|_| chance_word()).collect();
        assert!(words.len() > 15 && words.iter().all(|word| word.len() == 2 * SYLLABLES));
    }
}
