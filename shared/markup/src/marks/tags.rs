//! Tags, comments and what stands between them that is not for readers.

use std::{collections::HashMap, time::Duration};

use super::{
    Manner, entities,
    marked::Marked,
    names::{self, Kind},
    raised,
    tag::Tag,
};
use crate::{Piece, ssml};

/// Between words that are apart on the page: lines of a verse, cells of a table.
pub(super) const APART: Duration = Duration::from_millis(250);

pub(super) fn mark(marked: &mut Marked<'_>, manner: Manner) {
    let ends = Ends::of(marked.text);
    let mut reader = Reader {
        marked,
        manner,
        ends,
    };
    let mut from = 0;
    while let Some(found) = reader.marked.rest(from).find('<') {
        let at = from + found;
        from = if reader.marked.is_open(at) {
            reader.read(at).unwrap_or(at + 1)
        } else {
            at + 1
        };
    }
}

/// Where things end, so that each is looked for once.
struct Ends {
    /// Names that have a closing tag, in lower case, with the last one's place.
    closing: HashMap<String, usize>,
    comment: usize,
    instruction: usize,
    section: usize,
}

impl Ends {
    fn of(text: &str) -> Self {
        let closing = text.match_indices("</").filter_map(|(at, _)| {
            let rest = text.get(at + 2..)?;
            let length = rest
                .bytes()
                .take(64)
                .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'-' | b'_'))
                .count();
            Some((rest.get(..length)?.to_ascii_lowercase(), at))
        });
        let last = |mark: &str| text.rfind(mark).unwrap_or_default();
        Self {
            closing: closing.collect(),
            comment: last("-->"),
            instruction: last("?>"),
            section: last("]]>"),
        }
    }

    fn closes_behind(&self, name: &str, at: usize) -> bool {
        self.closing
            .get(&name.to_ascii_lowercase())
            .is_some_and(|last| *last > at)
    }
}

struct Reader<'m, 'a> {
    marked: &'m mut Marked<'a>,
    manner: Manner,
    ends: Ends,
}

impl Reader<'_, '_> {
    /// Reads what begins with a `<`, and gives where it ends; none where it is text.
    fn read(&mut self, at: usize) -> Option<usize> {
        let rest = self.marked.rest(at);
        if rest.starts_with("<!--") {
            return self.cut_to(at, "-->", self.ends.comment);
        }
        if rest.starts_with("<![CDATA[") {
            return self.section(at);
        }
        if rest.starts_with("<?") && self.is_instruction(rest) {
            return self.cut_to(at, "?>", self.ends.instruction);
        }
        if rest
            .get(..9)
            .is_some_and(|kind| kind.eq_ignore_ascii_case("<!doctype"))
        {
            let end = at + rest.find('>')? + 1;
            self.marked.cut(at..end);
            return Some(end);
        }
        if let Some(end) = self.address(at) {
            return Some(end);
        }
        let tag = Tag::read(self.marked.text, at)?;
        self.is_tag(&tag, at).then(|| self.take(&tag, at))
    }

    fn is_instruction(&self, rest: &str) -> bool {
        self.manner == Manner::Html
            || rest
                .get(2..3)
                .is_some_and(|c| c.bytes().all(|b| b.is_ascii_alphabetic()))
    }

    /// Leaves out what goes to the mark, of which the last one is known.
    fn cut_to(&mut self, at: usize, mark: &str, last: usize) -> Option<usize> {
        let end = if last > at {
            at + self.marked.rest(at).find(mark)? + mark.len()
        } else if self.manner == Manner::Html {
            self.marked.text.len()
        } else {
            return None;
        };
        self.marked.cut(at..end);
        Some(end)
    }

    /// What stands in a section of characters is text.
    fn section(&mut self, at: usize) -> Option<usize> {
        if self.ends.section < at {
            return None;
        }
        let end = at + self.marked.rest(at).find("]]>")?;
        let start = at + "<![CDATA[".len();
        self.marked.cut(at..start);
        self.marked.keep(start..end);
        self.marked.cut(end..end + "]]>".len());
        Some(end + "]]>".len())
    }

    /// `<https://example.com>`, `<ana@example.com>`, and with words for it, `<https://example.com|here>`.
    fn address(&mut self, at: usize) -> Option<usize> {
        let rest = self.marked.rest(at + 1);
        let length = rest
            .bytes()
            .take(2048)
            .position(|b| matches!(b, b'>' | b'<' | b'\n' | b' '))?;
        let inside = rest.get(..length)?;
        let (target, words) = inside.split_once('|').unwrap_or((inside, ""));
        let is_address = target.contains("://") || target.starts_with("mailto:") || is_mail(target);
        if !is_address || !rest.get(length..)?.starts_with('>') {
            return None;
        }
        let end = at + 1 + length;
        let scheme = if target.starts_with("mailto:") {
            "mailto:".len()
        } else {
            0
        };
        let said = if words.is_empty() {
            at + 1 + scheme..end
        } else {
            at + 1 + target.len() + 1..end
        };
        self.marked.cut(at..said.start);
        self.marked.keep(said);
        self.marked.cut(end..end + 1);
        Some(end + 1)
    }

    /// In prose of any kind, `a < b and c > d` and `to <name>` are none.
    fn is_tag(&self, tag: &Tag<'_>, at: usize) -> bool {
        if self.manner == Manner::Html || tag.is_closing {
            return true;
        }
        let is_valued =
            |(name, value): &(&str, Option<&str>)| value.is_some() || names::is_switch(name);
        if !tag.attributes.iter().all(is_valued) {
            return false;
        }
        if self.ends.closes_behind(tag.name, at) || tag.name.contains(':') {
            return true;
        }
        let is_whole = names::is_empty(tag.name) && names::is_element(tag.name);
        if tag.has_values() || tag.is_closed || is_whole {
            return true;
        }
        // `i<b>c` could be anything.
        let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let is_between = is_letter(self.marked.before(at)) && is_letter(self.marked.at(tag.end));
        names::is_element(tag.name) && (names::kind(tag.name) != Kind::Inline || !is_between)
    }

    fn take(&mut self, tag: &Tag<'_>, at: usize) -> usize {
        self.marked.cut(at..tag.end);
        let kind = names::kind(tag.name);
        if !tag.is_closing
            && !tag.is_closed
            && kind == Kind::Hidden
            && self.ends.closes_behind(tag.name, tag.end - 1)
        {
            return self.hide(tag, at);
        }
        match kind {
            Kind::Paragraph => self.marked.insert(at, Piece::ParagraphEdge),
            Kind::Sentence => self.marked.insert(at, Piece::SentenceEdge),
            Kind::Apart if !tag.is_closing && !tag.name.eq_ignore_ascii_case("img") => {
                self.marked.insert(at, Piece::Pause(APART));
            }
            _ => (),
        }
        if tag.is_closing {
            return tag.end;
        }
        match tag.name.to_ascii_lowercase().as_str() {
            "break" => self.pause(tag, at),
            "img" => self.describe(tag, at),
            "sup" => return raised::read(self.marked, tag.end).unwrap_or(tag.end),
            _ => (),
        }
        tag.end
    }

    /// Leaves out all to the closing tag.
    fn hide(&mut self, tag: &Tag<'_>, at: usize) -> usize {
        let rest = self.marked.rest(tag.end);
        let mut closing = rest.match_indices("</").map(|(found, _)| tag.end + found);
        let start = closing.find(|found| {
            let name = self.marked.rest(found + 2).get(..tag.name.len());
            name.is_some_and(|name| name.eq_ignore_ascii_case(tag.name))
        });
        let start = start.unwrap_or(tag.end);
        let end = Tag::read(self.marked.text, start).map_or(start, |tag| tag.end);
        self.marked.cut(at..end);
        end
    }

    /// SSML's `break` in a text that is none.
    fn pause(&mut self, tag: &Tag<'_>, at: usize) {
        let time = tag
            .value("time")
            .and_then(ssml::time)
            .map(|time| match time {
                ssml::Value::Exact(time) | ssml::Value::Limited(time) => time,
                ssml::Value::Meaningless => APART,
            });
        let strength = tag.value("strength").and_then(ssml::strength);
        self.marked
            .insert(at, Piece::Pause(time.or(strength).unwrap_or(APART)));
    }

    /// A picture is said by its description.
    fn describe(&mut self, tag: &Tag<'_>, at: usize) {
        let description = tag.value("alt").unwrap_or_default();
        if description.contains(char::is_alphanumeric) {
            self.marked.insert(at, Piece::Pause(APART));
            self.marked.replace(at..tag.end, &resolved(description));
            self.marked.insert(at, Piece::Pause(APART));
        }
    }
}

fn resolved(value: &str) -> String {
    let mut parts = value.split('&');
    let mut resolved = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (character, length) = entities::read(part).unwrap_or(("&".to_owned(), 0));
        resolved.push_str(&character);
        resolved.push_str(part.get(length..).unwrap_or_default());
    }
    resolved
}

fn is_mail(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty()
            && host.contains('.')
            && host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
    })
}
