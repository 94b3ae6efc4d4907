//! Finds web and e-mail addresses and takes them apart, whatever the language.

use crate::reading::{Pattern, Place, patterns};

/// A part of an address that is said in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    Letters(&'a str),
    Digits(&'a str),
    Sign(char),
}

/// An address at the head of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Address<'a> {
    /// All bytes, with the scheme.
    pub(crate) length: usize,
    /// What is said: neither the scheme nor a slash at the end.
    said: &'a str,
}

patterns! {
    EMAIL = r"(?:mailto:)?([a-zA-Z0-9][a-zA-Z0-9._%+&-]*@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*\.[a-zA-Z]{2,})\b";
    EMAIL_AND_PATH = r"(?:mailto:)?([a-zA-Z0-9][a-zA-Z0-9._%+&-]*@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*\.[a-zA-Z]{2,}(?:/[a-zA-Z0-9._-]+)+)\b";
    LINK = r"(?:https?|ftp)://([^\x20<>]+)";
    WEB = r"((?:www\.)[^\x20<>]+)";
    // Without a scheme only well-known endings count: a forgotten space also joins words with a full stop.
    BARE = r"((?:[a-zA-Z0-9-]+\.)+(?:com|org|net|edu|gov|mil|int|info|biz|dev|app|io|ai|co|me|tv|uk|us|ca|au|de|fr|es|it|pt|br|eu|jp|nl|ch)
        (?:\.[a-z]{2})?)(?:[:/?\#][^\x20<>]*)?";
}

/// The address that begins at `place`.
pub(crate) fn find<'a>(place: &Place<'a>) -> Option<Address<'a>> {
    if place.previous().is_some_and(char::is_alphanumeric) {
        return None;
    }
    let by = |pattern: &Pattern| {
        let found = place.captures(pattern)?;
        let whole = trimmed(found.get(0)?.as_str());
        let from = found.get(1)?.start();
        Some(Address {
            length: whole.len(),
            said: whole.get(from..)?.trim_end_matches('/'),
        })
    };
    let bare = || by(&BARE).filter(|address| ends_as_a_name(place.after(address.length)));
    let path = || by(&EMAIL_AND_PATH).filter(|address| ends_as_a_name(place.after(address.length)));
    let found = path()
        .or_else(|| by(&EMAIL))
        .or_else(|| by(&LINK))
        .or_else(|| by(&WEB))
        .or_else(bare)?;
    found
        .said
        .contains(|c: char| c.is_alphanumeric())
        .then_some(found)
}

/// Marks behind an address belong to the sentence.
fn trimmed(address: &str) -> &str {
    let bare = address.trim_end_matches(['.', ',', ';', ':', '!', '?', '"', '\'', '*', ']', '…']);
    if bare.ends_with(')') && !bare.contains('(') {
        trimmed(bare.trim_end_matches(')'))
    } else {
        bare
    }
}

fn ends_as_a_name(rest: &str) -> bool {
    !rest.starts_with(|c: char| c.is_alphanumeric() || c == '\'' || c == '@')
}

impl<'a> Address<'a> {
    pub(crate) fn parts(&self) -> Vec<Part<'a>> {
        parts(self.said)
    }
}

/// Runs of letters, runs of digits and the signs between them.
pub(crate) fn parts(said: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = said;
    while let Some(first) = rest.chars().next() {
        let length = rest
            .find(|c: char| kind(c) != kind(first))
            .unwrap_or(rest.len());
        let (run, after) = match kind(first) {
            2 => rest.split_at(first.len_utf8()),
            _ => rest.split_at(length),
        };
        parts.push(match kind(first) {
            0 => Part::Letters(run),
            1 => Part::Digits(run),
            _ => Part::Sign(first),
        });
        rest = after;
    }
    parts
}

fn kind(c: char) -> u8 {
    match c {
        c if c.is_alphabetic() => 0,
        c if c.is_ascii_digit() => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Option<(usize, String)> {
        let place = Place::new(text);
        find(&place).map(|address| (address.length, address.said.to_owned()))
    }

    #[test]
    fn addresses_are_found_without_the_marks_behind() {
        for (text, length, expected) in [
            ("https://example.com/docs/.", 25, "example.com/docs"),
            ("www.example.org, and", 15, "www.example.org"),
            ("example.co.uk!", 13, "example.co.uk"),
            ("jane.doe@example.org)", 20, "jane.doe@example.org"),
            ("http://a.b/x_(y) z", 16, "a.b/x_(y)"),
            ("http://a.b/x) z", 12, "a.b/x"),
        ] {
            assert_eq!(said(text), Some((length, expected.to_owned())));
        }
    }

    #[test]
    fn joined_sentences_are_no_address() {
        for text in [
            "end.Start",
            "3.14",
            "e.g. this",
            "http://",
            "it.It",
            "me.Then",
        ] {
            assert_eq!(said(text), None, "{text}");
        }
    }

    #[test]
    fn parts_are_runs() {
        use Part::{Digits, Letters, Sign};
        let address = Address {
            length: 0,
            said: "a1-b..c",
        };
        assert_eq!(
            address.parts(),
            [
                Letters("a"),
                Digits("1"),
                Sign('-'),
                Letters("b"),
                Sign('.'),
                Sign('.'),
                Letters("c")
            ]
        );
    }
}
