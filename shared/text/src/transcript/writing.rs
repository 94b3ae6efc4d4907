//! Makes a text's writing uniform before it is cleaned.

use super::{TranscriptLanguage, spelling::Spelling};
use crate::clean::Clean;

/// In lower case, with plain figures and straight quotes, without what cannot be seen.
pub(super) fn uniform(text: &str, language: TranscriptLanguage, spelling: &Spelling) -> String {
    let mut written = String::with_capacity(text.len());
    for c in Clean::new(text, 0).text().chars() {
        match c {
            '½' | '¼' | '¾' => fraction(c, spelling.decimal, &mut written),
            '²' | '³' | '¹' | '⁰'..='⁹' | '₀'..='₉' => small_figure(c, &mut written),
            '〇' => written.push('零'),
            'İ' => written.push('i'),
            'I' if language.tag() == "tr" => written.push('ı'),
            '٫' => written.push(spelling.decimal),
            '٬' => written.extend(spelling.thousands.first()),
            '٪' => written.push('%'),
            _ => written.extend(c.to_lowercase()),
        }
    }
    written
}

/// `2½` as `2,5`.
fn fraction(sign: char, decimal: char, written: &mut String) {
    if !written.ends_with(|c: char| c.is_ascii_digit()) {
        written.push('0');
    }
    written.push(decimal);
    written.push_str(match sign {
        '¼' => "25",
        '½' => "5",
        _ => "75",
    });
}

/// A raised or lowered figure is a number by itself.
fn small_figure(c: char, written: &mut String) {
    let figure = match c {
        '¹' => 1,
        '²' => 2,
        '³' => 3,
        _ => u32::from(c) % 16,
    };
    if let Some(figure) = char::from_digit(figure, 10) {
        written.push(' ');
        written.push(figure);
    }
}
