//! Web and e-mail addresses, hashtags and names of accounts.

use super::{acronym, number, word};
use crate::{
    address::{self, Part},
    reading::{Place, Reading, patterns},
};

/// Parts of addresses that are said letter by letter although they could be words.
const SPELLED: &[&str] = &[
    "io", "ai", "uk", "us", "eu", "id", "edu", "faq", "api", "url", "ie", "au", "ca", "es", "it",
    "me", "usa",
];
/// Endings that are words only at the end of a host: `it`, `us` and the like in a path stay words.
const ENDINGS_ONLY: &[&str] = &["us", "it", "me", "es", "ca", "id"];

patterns! {
    TAG = r"([\#@])([\p{L}\p{N}_]+)";
}

/// `https://example.com/docs` to `example dot com slash docs`.
pub(super) fn address(place: &Place<'_>) -> Option<Reading> {
    let address = address::find(place)?;
    Some(Reading::new(address.length, spoken(&address.parts())))
}

/// The parts of an address or a path.
pub(super) fn spoken(parts: &[Part<'_>]) -> String {
    let mut spoken = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        match *part {
            Part::Letters(letters) => {
                let in_path = parts
                    .iter()
                    .take(index)
                    .any(|part| *part == Part::Sign('/'));
                let host_ends = index > 0
                    && !in_path
                    && matches!(
                        parts.get(index + 1),
                        None | Some(Part::Sign('/' | '?' | ':'))
                    );
                spoken.push(part_of_name(letters, host_ends));
            }
            Part::Digits(digits) if digits.len() > 4 || digits.len() == 3 => {
                spoken.push(number::each(digits));
            }
            Part::Digits(digits) => spoken.push(number::compact(digits)),
            Part::Sign(sign) => spoken.push(sign_name(sign).to_owned()),
        }
    }
    spoken.retain(|part| !part.is_empty());
    spoken.join(" ")
}

fn part_of_name(letters: &str, host_ends: bool) -> String {
    let lower = letters.to_ascii_lowercase();
    if lower == "jpg" || lower == "jpeg" {
        return "J peg".to_owned();
    }
    let spelled =
        SPELLED.contains(&lower.as_str()) && (host_ends || !ENDINGS_ONLY.contains(&lower.as_str()));
    if spelled
        || !lower.contains(['a', 'e', 'i', 'o', 'u', 'y']) && lower.len() < 6 && lower.is_ascii()
    {
        acronym::letters(&lower)
    } else {
        word::in_pieces(letters, true)
    }
}

pub(super) fn sign_name(sign: char) -> &'static str {
    match sign {
        '.' => "dot",
        '/' => "slash",
        '-' => "dash",
        '_' => "underscore",
        '@' => "at",
        ':' => "colon",
        '?' => "question mark",
        '=' => "equals",
        '&' => "and",
        '#' => "hash",
        '%' => "percent",
        '+' => "plus",
        '~' => "tilde",
        '\\' => "backslash",
        _ => "",
    }
}

/// `#ThrowbackThursday` to `hashtag throwback thursday`, `@jane_doe` to `at jane doe`.
pub(super) fn tag(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&TAG)?;
    let name = &found[2];
    let joined = place.previous().is_some_and(char::is_alphanumeric);
    if joined || !name.contains(char::is_alphabetic) {
        return None;
    }
    let sign = if &found[1] == "#" { "hashtag" } else { "at" };
    let pieces: Vec<_> = name
        .split('_')
        .map(|piece| word::in_pieces(piece, false))
        .collect();
    Some(Reading::new(
        found[0].len(),
        format!("{sign} {}", pieces.join(" ")),
    ))
}
