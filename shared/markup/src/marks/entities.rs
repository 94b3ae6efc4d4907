//! Entities of HTML: by name, by number, and escaped more than once.

use quick_xml::escape::resolve_html5_entity;

/// The longest name of an entity, and more.
const MOST_NAME: usize = 32;
/// Names that are understood without a semicolon, too.
const BARE: [&str; 6] = ["amp", "lt", "gt", "quot", "nbsp", "apos"];
/// What numbers from 128 on stand for in pages that were written on Windows.
const WINDOWS: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

/// What an entity stands for, and how long it is, behind its `&`. `&amp;lt;` is `<`.
pub(super) fn read(rest: &str) -> Option<(String, usize)> {
    let inner = rest.trim_start_matches("amp;");
    let escaped = rest.len() - inner.len();
    if let Some((character, length)) = single(inner) {
        return Some((character, escaped + length));
    }
    if escaped > 0 {
        return Some(("&".to_owned(), escaped));
    }
    bare(rest)
}

fn single(rest: &str) -> Option<(String, usize)> {
    let end = rest.bytes().take(MOST_NAME).position(|b| b == b';')?;
    let name = rest.get(..end)?;
    let character = match name.strip_prefix('#') {
        Some(number) => numbered(number)?.to_string(),
        None => resolve_html5_entity(name)?.to_owned(),
    };
    Some((character, end + 1))
}

fn numbered(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => {
            u32::from_str_radix(hex, 16).ok()?
        }
        None if number.bytes().all(|b| b.is_ascii_digit()) => number.parse().ok()?,
        _ => return None,
    };
    let character = match code {
        0x80..=0x9f => WINDOWS.chars().nth(code as usize - 0x80)?,
        _ => char::from_u32(code)?,
    };
    Some(if character.is_control() && character != '\n' {
        ' '
    } else {
        character
    })
}

fn bare(rest: &str) -> Option<(String, usize)> {
    let name = BARE.into_iter().find(|name| rest.starts_with(name))?;
    let after = rest.get(name.len()..)?.chars().next();
    let ends = after.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '=' | ';' | '-' | '_'));
    ends.then(|| resolve_html5_entity(name))
        .flatten()
        .map(|character| (character.to_owned(), name.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_resolved_however_often_they_were_escaped() {
        for (rest, character, length) in [
            ("amp; b", "&", 4),
            ("#39;s", "'", 4),
            ("#x27;", "'", 5),
            ("#X2019;", "’", 7),
            ("quot;", "\"", 5),
            ("eacute;", "é", 7),
            ("hellip;", "…", 7),
            ("amp;lt;b", "<", 7),
            ("amp;amp;#39;", "'", 12),
            ("amp;amp; b", "&", 8),
            ("#146;", "’", 5),
            ("nbsp x", "\u{a0}", 4),
            ("#7;", " ", 3),
        ] {
            assert_eq!(read(rest), Some((character.to_owned(), length)), "{rest}");
        }
        for rest in [
            "T",
            " b",
            "D;",
            "nosuchname;",
            "#;",
            "#x;",
            "#xD800;",
            "lt=2",
            "copy=1",
            "",
            ";",
            "ampere",
            "#99999999999;",
        ] {
            assert_eq!(read(rest), None, "{rest}");
        }
    }
}
