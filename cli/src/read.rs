//! `kiskadee read`: how a text will be spoken, to be looked at: its sentences, words and phones.

use std::io::{Write as _, stdout};

use anyhow::{Context, Result, bail};
use clap::Args;
use kiskadee_pronunciation::{Pronouncer, ReadPause, ReadSentence, ReadWord, is_readable};
use kiskadee_text::{Dictionary, Language, TextFormat};
use serde::Serialize;

use crate::say::text;

/// Characters of a column.
const WIDEST: usize = 32;

#[derive(Args)]
pub(crate) struct ReadOptions {
    /// What to read; - takes it from standard input. One that begins like an option goes behind --
    #[arg(allow_hyphen_values = true)]
    text: String,
    /// A BCP 47 tag of English or Portuguese, such as en or pt-BR
    #[arg(long, default_value = "en", value_name = "TAG")]
    language: String,
    /// What the marks in the text are: auto, plain, markdown, html or ssml
    #[arg(long, default_value_t, value_name = "FORMAT")]
    text_format: TextFormat,
    /// Print JSON, as POST /api/v1/text/read answers
    #[arg(long)]
    json: bool,
}

/// What `POST /api/v1/text/read` answers.
#[derive(Serialize)]
struct Answer {
    language: &'static str,
    sentences: Vec<ReadSentence>,
}

pub(crate) fn run(options: &ReadOptions) -> Result<()> {
    let Some(language) = Language::from_tag(&options.language) else {
        bail!(
            "numbers and signs are read in en and pt, not in `{}`: other languages are read by the engine that speaks them",
            options.language
        );
    };
    let text = text(&options.text)?;
    let sentences = kiskadee_text::read(
        &text,
        options.text_format,
        language,
        &Dictionary::default(),
        |phones| is_readable(language, phones),
    )?;
    let reading = Pronouncer::built_in(language)?.reading(&text, &sentences)?;
    let written = if options.json {
        let answer = Answer {
            language: language.tag(),
            sentences: reading,
        };
        serde_json::to_string_pretty(&answer)? + "\n"
    } else {
        reading.iter().map(table).collect::<Vec<_>>().join("\n")
    };
    stdout()
        .write_all(written.as_bytes())
        .context("cannot write to standard output")
}

/// A sentence, and a line for each of its words: what is written, what is said, and its phones.
fn table(sentence: &ReadSentence) -> String {
    let width = |of: fn(&ReadWord) -> &str| {
        let widths = sentence.words.iter().map(|word| of(word).chars().count());
        widths.max().unwrap_or_default().min(WIDEST)
    };
    let (written, said) = (width(|word| &word.written), width(|word| &word.word));
    let ipa = width(|word| &word.ipa);
    let mut lines = sentence.spoken.clone() + "\n";
    let mut before = None;
    for word in &sentence.words {
        // Words that stand for the same stretch of the text show it once.
        let shown = match before.replace((word.start, word.end)) {
            Some(place) if place == (word.start, word.end) => String::new(),
            _ => cut(&word.written),
        };
        let line = format!(
            "  {shown:written$}  {:said$}  {:ipa$}  {}{}",
            word.word,
            word.ipa,
            word.phones,
            word.pause.map(pause).unwrap_or_default()
        );
        lines += line.trim_end();
        lines.push('\n');
    }
    lines
}

/// What fits into a column of its own, on one line.
fn cut(written: &str) -> String {
    let mut shown: String = written.split_whitespace().collect::<Vec<_>>().join(" ");
    if shown.chars().count() > WIDEST {
        shown = shown.chars().take(WIDEST - 1).collect::<String>() + "…";
    }
    shown
}

fn pause(pause: ReadPause) -> String {
    match pause {
        ReadPause::Minor => "  ,".to_owned(),
        ReadPause::Major => "  ;".to_owned(),
        ReadPause::Statement => "  .".to_owned(),
        ReadPause::Question => "  ?".to_owned(),
        ReadPause::Exclamation => "  !".to_owned(),
        ReadPause::Paragraph => "  ¶".to_owned(),
        ReadPause::Milliseconds(length) => format!("  ({length} ms)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_a_table() {
        let text = "It has 21 USB ports, right?";
        let pronouncer = Pronouncer::built_in(Language::English).unwrap();
        let sentences = kiskadee_text::normalize(text, Language::English);
        let shown = table(&pronouncer.reading(text, &sentences).unwrap()[0]);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[0], "it has twenty one U S B ports right");
        let columns = |line: &str| {
            line.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(columns(lines[3])[..3], ["21", "twenty", "ˈtwɛntiː"]);
        assert_eq!(
            columns(lines[4])[0],
            "one",
            "the second word of a stretch shows it no more"
        );
        assert!(
            lines[8].ends_with("  ,") && lines[9].ends_with("  ?"),
            "{shown}"
        );
    }

    #[test]
    fn what_is_too_wide_for_a_column_is_cut() {
        assert_eq!(cut("a\nb"), "a b");
        assert_eq!(cut(&"x".repeat(80)).chars().count(), WIDEST);
    }
}
