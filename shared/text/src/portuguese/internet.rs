//! Web and e-mail addresses, hashtags and names of accounts.

use super::{acronym, gender::Gender::Masculine, number, word};
use crate::{
    address::{self, Part},
    reading::{Place, Reading, patterns},
};

/// Parts of addresses that are said letter by letter although they could be words.
const SPELLED: &[&str] = &[
    "br", "io", "ai", "pt", "uk", "us", "eu", "api", "url", "id", "tv",
];

patterns! {
    TAG = r"([\#@])([\p{L}\p{N}_]+)";
}

/// `https://exemplo.com.br/ajuda` to `exemplo ponto com ponto B R barra ajuda`.
pub(super) fn address(place: &Place<'_>) -> Option<Reading> {
    let address = address::find(place)?;
    let parts = address.parts().into_iter().map(|part| match part {
        Part::Letters(letters) => part_of_name(letters),
        Part::Digits(digits) if digits.len() > 4 => number::each(digits),
        Part::Digits(digits) => number::cardinal(digits, Masculine),
        Part::Sign(sign) => sign_name(sign).to_owned(),
    });
    let spoken: Vec<String> = parts.collect();
    Some(Reading::new(address.length, spoken.join(" ")))
}

fn part_of_name(letters: &str) -> String {
    let lower = letters.to_lowercase();
    let vowels = lower.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    if SPELLED.contains(&lower.as_str())
        || letters.chars().count() == 1
        || !vowels && lower.len() < 6 && lower.is_ascii()
    {
        acronym::letters(&lower)
    } else {
        word::in_pieces(letters)
    }
}

pub(super) fn sign_name(sign: char) -> &'static str {
    match sign {
        '.' => "ponto",
        '/' => "barra",
        '-' => "hífen",
        '_' => "sublinhado",
        '@' => "arroba",
        ':' => "dois pontos",
        '?' => "interrogação",
        '=' => "igual",
        '&' => "e",
        '#' => "cerquilha",
        '%' => "por cento",
        '+' => "mais",
        '~' => "til",
        _ => "",
    }
}

/// `#DiaDasMães` to `hashtag dia das mães`, `@ana_lima` to `arroba ana lima`.
pub(super) fn tag(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&TAG)?;
    let name = &found[2];
    if place.previous().is_some_and(char::is_alphanumeric) || !name.contains(char::is_alphabetic) {
        return None;
    }
    let sign = if &found[1] == "#" {
        "hashtag"
    } else {
        "arroba"
    };
    let pieces: Vec<_> = name.split('_').map(word::in_pieces).collect();
    Some(Reading::new(
        found[0].len(),
        format!("{sign} {}", pieces.join(" ")),
    ))
}
