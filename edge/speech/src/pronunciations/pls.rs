//! Reads a W3C Pronunciation Lexicon (PLS 1.0, <https://www.w3.org/TR/pronunciation-lexicon/>).
//!
//! Of each `lexeme`, the first `phoneme` or `alias` counts, or the one marked `prefer`; each of its `grapheme`s becomes an
//! entry. Of several lexemes for one word the first counts. Elements may have a prefix. What says nothing about pronunciation (`meta`, `metadata`, `example`) is passed over.

use kiskadee_edge_kit::{FieldError, Problem};
use quick_xml::{
    Reader,
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
};

use super::entries::{Entries, Entry, count};
use crate::checks;

const ALPHABETS: [&str; 2] = ["ipa", "x-kiskadee"];

/// The entries, and what is wrong with them. A body that is no such document is a problem of its own.
pub(super) fn read(body: &[u8]) -> Result<(Entries, Vec<FieldError>), Problem> {
    let text = std::str::from_utf8(body)
        .map_err(|_| Problem::malformed("the lexicon is not encoded in UTF-8"))?;
    let mut lexicon = Lexicon::default();
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = Reader::from_str(text);
    let mut line = Lines::new(text);
    loop {
        let at = line.of(reader.buffer_position() as usize);
        let event = reader.read_event().map_err(|error| {
            let at = line.of(reader.error_position() as usize);
            Problem::malformed(format!("the lexicon is not XML: line {at}: {error}"))
        })?;
        match event {
            Event::Start(tag) => {
                lexicon.open += 1;
                lexicon.start(&tag, at);
            }
            Event::Empty(tag) => {
                lexicon.start(&tag, at);
                lexicon.end(tag.local_name().as_ref());
            }
            Event::End(tag) => {
                lexicon.open = lexicon.open.saturating_sub(1);
                lexicon.end(tag.local_name().as_ref());
            }
            Event::Text(text) => lexicon.content.push_str(&String::from_utf8_lossy(&text)),
            Event::CData(text) => lexicon.content.push_str(&String::from_utf8_lossy(&text)),
            Event::GeneralRef(reference) => lexicon.reference(&reference, at),
            Event::DocType(_) => {
                return Err(Problem::malformed(format!(
                    "line {at}: a document type is not allowed: leave out `<!DOCTYPE`"
                )));
            }
            Event::Eof if lexicon.open > 0 => {
                return Err(Problem::malformed(format!(
                    "the lexicon is not XML: line {at}: it ends before all elements are closed"
                )));
            }
            Event::Eof => break,
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) => (),
        }
    }
    lexicon.finish()
}

/// Counts lines up to places that only go forward.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            line: 1,
        }
    }

    fn of(&mut self, at: usize) -> u64 {
        let passed = self.text.get(self.at..at).unwrap_or_default();
        self.line += passed.matches('\n').count() as u64;
        self.at = self.at.max(at);
        self.line
    }
}

#[derive(Default)]
struct Lexicon {
    entries: Entries,
    errors: Vec<FieldError>,
    /// An element `lexicon` was there.
    is_one: bool,
    lexeme: Lexeme,
    /// Elements that are not closed yet.
    open: usize,
    /// The text since the last tag opened.
    content: String,
    is_preferred: bool,
}

/// One `lexeme` while it is read.
#[derive(Default)]
struct Lexeme {
    line: u64,
    words: Vec<String>,
    said: Option<Said>,
    is_decided: bool,
}

enum Said {
    Phonemes(String),
    Alias(String),
}

impl Lexicon {
    fn start(&mut self, tag: &BytesStart<'_>, line: u64) {
        self.content.clear();
        match tag.local_name().as_ref() {
            b"lexicon" => {
                self.is_one = true;
                self.entries.language = attribute(tag, "xml:lang");
                self.check_alphabet(tag, line);
            }
            b"lexeme" => {
                self.lexeme = Lexeme {
                    line,
                    ..Lexeme::default()
                };
            }
            b"phoneme" => {
                self.check_alphabet(tag, line);
                self.is_preferred = attribute(tag, "prefer").is_some_and(|prefer| prefer == "true");
            }
            b"alias" => {
                self.is_preferred = attribute(tag, "prefer").is_some_and(|prefer| prefer == "true");
            }
            _ => (),
        }
    }

    fn check_alphabet(&mut self, tag: &BytesStart<'_>, line: u64) {
        let Some(alphabet) = attribute(tag, "alphabet") else {
            return;
        };
        if !ALPHABETS.contains(&alphabet.as_str()) {
            let message = format!("must be {}", ALPHABETS.join(" or "));
            self.errors
                .push(FieldError::new("alphabet", message).at_line(line));
        }
    }

    fn end(&mut self, name: &[u8]) {
        let content = std::mem::take(&mut self.content).trim().to_owned();
        match name {
            b"grapheme" => self.lexeme.words.push(content),
            b"phoneme" => self.say(Said::Phonemes(content)),
            b"alias" => self.say(Said::Alias(content)),
            b"lexeme" => self.finish_lexeme(),
            _ => (),
        }
    }

    fn say(&mut self, said: Said) {
        let is_preferred = std::mem::take(&mut self.is_preferred);
        if self.lexeme.said.is_none() || is_preferred && !self.lexeme.is_decided {
            self.lexeme.said = Some(said);
            self.lexeme.is_decided |= is_preferred;
        }
    }

    fn finish_lexeme(&mut self) {
        let Lexeme {
            line, words, said, ..
        } = std::mem::take(&mut self.lexeme);
        let (phonemes, alias) = match said {
            Some(Said::Phonemes(phonemes)) => (Some(phonemes), None),
            Some(Said::Alias(alias)) => (None, Some(alias)),
            None => (None, None),
        };
        if words.is_empty() {
            let error = FieldError::new("grapheme", "is required").at_line(line);
            self.errors.push(error);
        }
        for word in words {
            let entry = Entry {
                word,
                phonemes: phonemes.clone(),
                alias: alias.clone(),
            };
            let wrong = entry.check().into_iter();
            self.errors.extend(
                wrong.map(|(name, message)| FieldError::new(element(&name), message).at_line(line)),
            );
            self.entries.items.push(entry);
        }
    }

    fn reference(&mut self, reference: &BytesRef<'_>, line: u64) {
        let name = String::from_utf8_lossy(reference);
        let character = reference.resolve_char_ref().ok().flatten();
        let text = character
            .map(String::from)
            .or_else(|| resolve_predefined_entity(&name).map(str::to_owned));
        if let Some(text) = text {
            self.content.push_str(&text);
        } else {
            let message = "is no entity of XML: write the character itself";
            self.errors
                .push(FieldError::new(format!("&{name};"), message).at_line(line));
        }
    }

    fn finish(mut self) -> Result<(Entries, Vec<FieldError>), Problem> {
        if !self.is_one {
            return Err(Problem::malformed("there is no element <lexicon>"));
        }
        let language = match &self.entries.language {
            None => Err("is required".to_owned()),
            Some(tag) => checks::language(tag),
        };
        self.errors.extend(
            language
                .err()
                .map(|message| FieldError::new("xml:lang", message)),
        );
        // Without entries because all were faulty, the faults say it.
        if self.errors.is_empty() || !self.entries.items.is_empty() {
            self.errors.extend(count(self.entries.items.len()));
        }
        // Of entries for one word the last is kept.
        self.entries.items.reverse();
        Ok((self.entries, self.errors))
    }
}

/// The element that holds what JSON has under this name.
fn element(name: &str) -> &str {
    match name {
        "word" => "grapheme",
        "phonemes" => "phoneme",
        other => other,
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.try_get_attribute(name).ok().flatten()?;
    Some(String::from_utf8_lossy(&found.value).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEXICON: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" alphabet="ipa" xml:lang="en-US">
  <meta name="x" content="y"/>
  <lexeme><grapheme>Nguyen</grapheme><grapheme>Nguy&#7877;n</grapheme><phoneme>ŋwiən</phoneme><phoneme prefer="true">wɪn</phoneme></lexeme>
  <!-- An abbreviation. -->
  <lexeme><grapheme>AT&amp;T</grapheme><alias>A T and T</alias><example>Call AT&amp;T.</example></lexeme>
</lexicon>"#;

    fn errors(body: &str) -> Vec<String> {
        let (_, errors) = read(body.as_bytes()).unwrap();
        let told = errors.into_iter().map(|error| {
            let field = error.field.unwrap_or_default();
            format!(
                "{}: {field} {}",
                error.line.unwrap_or_default(),
                error.message
            )
        });
        told.collect()
    }

    #[test]
    fn lexemes_become_entries() {
        let (entries, errors) = read(LEXICON.as_bytes()).unwrap();
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(entries.language.as_deref(), Some("en-US"));
        let words: Vec<_> = entries
            .items
            .iter()
            .map(|entry| entry.word.as_str())
            .collect();
        assert_eq!(words, ["AT&T", "Nguyễn", "Nguyen"]);
        assert_eq!(entries.items[1].phonemes.as_deref(), Some("wɪn"));
        assert_eq!(entries.items[0].alias.as_deref(), Some("A T and T"));
    }

    #[test]
    fn a_mark_and_prefixes_change_nothing() {
        let body = "\u{feff}<?xml version=\"1.0\"?><p:lexicon xmlns:p=\"http://www.w3.org/2005/01/pronunciation-lexicon\" xml:lang=\"pt-BR\"><p:lexeme><p:grapheme>a</p:grapheme><p:alias>b</p:alias></p:lexeme><p:lexeme><p:grapheme>A</p:grapheme><p:alias>c</p:alias></p:lexeme></p:lexicon>";
        let (entries, errors) = read(body.as_bytes()).unwrap();
        assert_eq!(errors, []);
        let aliases: Vec<_> = entries
            .items
            .iter()
            .filter_map(|entry| entry.alias.as_deref())
            .collect();
        assert_eq!(
            aliases,
            ["c", "b"],
            "the first lexeme comes last, where it counts"
        );
    }

    #[test]
    fn faults_have_lines() {
        let body = "<lexicon alphabet=\"x-sampa\">\n<lexeme><grapheme>a</grapheme></lexeme>\n<lexeme>\n<phoneme>a</phoneme></lexeme></lexicon>";
        assert_eq!(
            errors(body),
            [
                "1: alphabet must be ipa or x-kiskadee",
                "2: phoneme either this or `alias` must be given",
                "3: grapheme is required",
                "0: xml:lang is required",
            ]
        );
        assert_eq!(
            errors("<lexicon xml:lang=\"en\"/>"),
            ["0: entries must have 1 to 500 items, found 0"]
        );
    }

    #[test]
    fn what_is_no_lexicon_is_malformed() {
        for body in [
            "",
            "<lexicon>",
            "{}",
            "<lexicon><a></lexicon>",
            "<!DOCTYPE x><lexicon/>",
            "<speak/>",
        ] {
            assert_eq!(read(body.as_bytes()).unwrap_err().status(), 400, "{body}");
        }
        assert_eq!(read(b"<lexicon>\xff").unwrap_err().status(), 400);
    }
}
