//! One tag of HTML or XML.

use std::ops::Range;

/// The longest tag, in bytes: no text is gone through time and again for tags without an end.
const MOST_BYTES: usize = 4096;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub(super) name: &'a str,
    /// Behind its `>`.
    pub(super) end: usize,
    pub(super) is_closing: bool,
    /// Ends with `/>`.
    pub(super) is_closed: bool,
    pub(super) attributes: Vec<(&'a str, Option<&'a str>)>,
}

impl<'a> Tag<'a> {
    /// The tag that begins with the `<` at a byte.
    pub(super) fn read(text: &'a str, at: usize) -> Option<Self> {
        let mut place = Place {
            text,
            at: at + 1,
            end: text.len().min(at + MOST_BYTES),
        };
        let is_closing = place.take(b'/');
        let name =
            place.run(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'-' | b'_' | b'.'));
        let name = text.get(name)?;
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let mut tag = Self {
            name,
            end: 0,
            is_closing,
            is_closed: false,
            attributes: Vec::new(),
        };
        loop {
            let is_parted = !place.run(|b| b.is_ascii_whitespace()).is_empty();
            if place.take(b'>') {
                tag.end = place.at;
                return Some(tag);
            }
            if place.take(b'/') {
                tag.is_closed = true;
                continue;
            }
            if !is_parted || tag.is_closed {
                return None;
            }
            tag.attributes.push(place.attribute()?);
        }
    }

    /// The value of an attribute; empty where it has none.
    pub(super) fn value(&self, name: &str) -> Option<&'a str> {
        let mut named = self
            .attributes
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.unwrap_or_default())
    }

    pub(super) fn has_values(&self) -> bool {
        self.attributes.iter().any(|(_, value)| value.is_some())
    }
}

struct Place<'a> {
    text: &'a str,
    at: usize,
    end: usize,
}

impl<'a> Place<'a> {
    fn next(&self) -> Option<u8> {
        (self.at < self.end)
            .then(|| self.text.as_bytes().get(self.at).copied())
            .flatten()
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_there = self.next() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    /// The bytes of a kind that follow.
    fn run(&mut self, is_of_it: impl Fn(u8) -> bool) -> Range<usize> {
        let start = self.at;
        while self.next().is_some_and(&is_of_it) {
            self.at += 1;
        }
        start..self.at
    }

    fn attribute(&mut self) -> Option<(&'a str, Option<&'a str>)> {
        let name = self.run(|b| {
            !b.is_ascii_whitespace()
                && !matches!(b, b'"' | b'\'' | b'<' | b'>' | b'/' | b'=' | b'`')
        });
        let name = self.text.get(name).filter(|name| !name.is_empty())?;
        let before = self.at;
        self.run(|b| b.is_ascii_whitespace());
        if !self.take(b'=') {
            self.at = before;
            return Some((name, None));
        }
        self.run(|b| b.is_ascii_whitespace());
        let value = match self.next()? {
            quote @ (b'"' | b'\'') => {
                self.at += 1;
                let value = self.run(|b| b != quote);
                self.take(quote).then_some(value)?
            }
            _ => self.run(|b| {
                !b.is_ascii_whitespace() && !matches!(b, b'"' | b'\'' | b'<' | b'>' | b'`')
            }),
        };
        Some((name, Some(self.text.get(value)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_known_by_their_form() {
        let text = "<a href=\"x>y\" title='>' hidden data-n=3>z";
        let tag = Tag::read(text, 0).unwrap();
        assert_eq!(&text[tag.end..], "z");
        assert_eq!(tag.value("HREF"), Some("x>y"));
        assert_eq!(tag.value("hidden"), Some(""));
        assert_eq!(tag.value("src"), None);
        for (text, name) in [
            ("</b >", "b"),
            ("<br/>", "br"),
            ("<br />", "br"),
            ("<x:y-z>", "x:y-z"),
            ("<img src=a/>", "img"),
        ] {
            assert_eq!(
                Tag::read(text, 0).map(|tag| (tag.name, tag.end)),
                Some((name, text.len())),
                "{text}"
            );
        }
        for text in [
            "<3",
            "< b>",
            "<b",
            "<b c",
            "<a href=\"x>",
            "<a <b>",
            "<>",
            "</>",
            "<b,c>",
            "<a\"b\">",
            "<https://x.y>",
        ] {
            assert_eq!(Tag::read(text, 0), None, "{text}");
        }
        assert_eq!(
            Tag::read(&format!("<a x=\"{}\">", "y".repeat(5000)), 0),
            None
        );
    }
}
