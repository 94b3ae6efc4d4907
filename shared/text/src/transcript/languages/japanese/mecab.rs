//! The words of a Japanese text and their readings, from the program `mecab`, which runs beside this one for each text.

use std::{
    io::{ErrorKind, Read, Write},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::transcript::TranscriptError;

/// Far longer than it takes; a dictionary on a cold disk is slow.
const PATIENCE: Duration = Duration::from_secs(20);
/// Longer lines would be cut.
const LINE_BYTES: usize = 5_000_000;

/// A word as the dictionary of IPA describes it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) written: String,
    /// Parts of speech, from the general to the particular.
    pub(super) part: String,
    pub(super) kind: String,
    pub(super) detail: String,
    /// The form in dictionaries.
    pub(super) base: String,
    /// In katakana; none for words that the dictionary does not know.
    pub(super) reading: Option<String>,
}

/// The words of a text of one line.
pub(super) fn words(text: &str) -> Result<Vec<Word>, TranscriptError> {
    let line = text.replace(['\n', '\r', '\0'], " ");
    let words = parse(&ask(line)?);
    let said = words.iter().flat_map(|word| word.written.chars());
    if said.eq(text.chars().filter(|c| !c.is_whitespace() && *c != '\0')) {
        Ok(words)
    } else {
        Err(unavailable("the dictionary of mecab does not read UTF-8"))
    }
}

fn unavailable(reason: &str) -> TranscriptError {
    TranscriptError::Unavailable(format!(
        "Japanese with kanji cannot be read: {reason}; install mecab and mecab-ipadic-utf8"
    ))
}

fn ask(line: String) -> Result<String, TranscriptError> {
    let mut mecab = start().map_err(|error| match error.kind() {
        ErrorKind::NotFound => unavailable("mecab is missing"),
        _ => unavailable(&format!("mecab does not start ({error})")),
    })?;
    let answer = exchange(&mut mecab, line);
    // It has ended, or is of no use any more.
    let _ = mecab.kill();
    let _ = mecab.wait();
    answer.ok_or_else(|| unavailable("mecab gives no answer"))
}

fn start() -> std::io::Result<Child> {
    let buffer = format!("--input-buffer-size={LINE_BYTES}");
    Command::new("mecab")
        .args([
            &buffer,
            "--node-format=%m\t%H\n",
            "--unk-format=%m\t%H\n",
            "--bos-format=",
            "--eos-format=\n",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

/// Writes and reads at once, for either pipe may be full; the threads end with the program.
fn exchange(mecab: &mut Child, line: String) -> Option<String> {
    let (mut input, mut output) = (mecab.stdin.take()?, mecab.stdout.take()?);
    thread::spawn(move || {
        // Where it does not take all, its answer tells.
        let _ = input
            .write_all(line.as_bytes())
            .and_then(|()| input.write_all(b"\n"));
    });
    let (sender, answer) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = output.read_to_end(&mut bytes).map(|_| bytes);
        // Nobody listens after the patience is at its end.
        let _ = sender.send(read);
    });
    let bytes = answer.recv_timeout(PATIENCE).ok()?.ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn parse(answer: &str) -> Vec<Word> {
    answer.lines().filter_map(word).collect()
}

fn word(line: &str) -> Option<Word> {
    let (written, features) = line.split_once('\t')?;
    let features: Vec<&str> = features.split(',').collect();
    let feature = |index: usize| features.get(index).copied().unwrap_or_default().to_owned();
    let reading = features.get(7).filter(|reading| **reading != "*");
    Some(Word {
        written: written.to_owned(),
        part: feature(0),
        kind: feature(1),
        detail: feature(2),
        base: feature(6),
        reading: reading.map(|reading| spoken(reading, features.get(8).unwrap_or(reading))),
    })
}

/// The reading as it is spelled, but with the sounds that は and へ have as particles.
fn spoken(reading: &str, pronunciation: &str) -> String {
    let mut sounds = pronunciation.chars();
    let spoken = |spelled: char| match (spelled, sounds.next()) {
        ('ハ', Some('ワ')) => 'ワ',
        ('ヘ', Some('エ')) => 'エ',
        _ => spelled,
    };
    reading.chars().map(spoken).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn particles_sound_as_they_are_said() {
        assert_eq!(spoken("コンニチハ", "コンニチワ"), "コンニチワ");
        assert_eq!(spoken("ガッコウ", "ガッコー"), "ガッコウ");
    }

    #[test]
    fn lines_are_words() {
        let words = parse(
            "東京\t名詞,固有名詞,地域,一般,*,*,東京,トウキョウ,トーキョー\nabc\t名詞,固有名詞,組織,*,*,*,*\n\n",
        );
        assert_eq!(words.len(), 2);
        assert_eq!(words[0].reading.as_deref(), Some("トウキョウ"));
        assert_eq!(
            (words[1].written.as_str(), &words[1].reading),
            ("abc", &None)
        );
    }

    #[test]
    fn long_and_odd_texts_are_taken() {
        let text = "東京へ行く。".repeat(20_000);
        let words =
            words(&text).expect("mecab and mecab-ipadic-utf8, which cargo xtask test installs");
        assert_eq!(words.len(), 4 * 20_000);
        assert_eq!(super::words("").unwrap(), []);
        super::words("\0\tEOS\nBOS %m $(ls) \u{fffd}🙂").unwrap();
    }
}
