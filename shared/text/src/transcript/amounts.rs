//! Numbers with what belongs to them: a sign, a currency, per cent.

use super::{
    cleaning::is_part_of_word,
    figures::{Figures, gap},
    spelling::{Currency, Noun, Spelling},
};

/// How words for large numbers begin, which stand between an amount and its currency: `$2,5 Mio.`.
const SCALES: &[&str] = &[
    "mil", "mio", "mln", "mld", "mrd", "mia", "bil", "bln", "млн", "млрд", "милл", "трлн", "тыс",
];

/// What is read here, if it is a number: how many bytes, and in words.
pub(super) fn read(before: &str, rest: &str, spelling: &Spelling) -> Option<(usize, String)> {
    let opens = before.chars().next_back().is_none_or(|c| {
        c.is_whitespace() || !spelling.spaced && !c.is_ascii() || "([{\"'".contains(c)
    });
    let unsigned = rest.strip_prefix('-').filter(|_| opens);
    let is_negative = unsigned.is_some();
    let place = unsigned.unwrap_or(rest);
    let found =
        currency_before(before, place, spelling).or_else(|| percent_before(place, spelling));
    let (length, words, inner) = found.or_else(|| {
        let (length, words) = number(before, place, spelling)?;
        Some((length, words, false))
    })?;
    let skipped = rest.len() - place.len();
    let words = if is_negative || inner {
        [spelling.minus, &words].join(gap(spelling))
    } else {
        words
    };
    Some((skipped + length, words))
}

/// `$20.50`, `$ -5`, `$2,5 Mio.`: how many bytes, the words, and whether a minus stands behind the sign.
fn currency_before(
    before: &str,
    place: &str,
    spelling: &Spelling,
) -> Option<(usize, String, bool)> {
    let currency = currency_at(place, spelling)?;
    if before.ends_with(is_part_of_word) && currency.sign.starts_with(char::is_alphabetic) {
        return None;
    }
    let after = place.get(currency.sign.len()..)?;
    let amount = after.trim_start_matches(' ');
    let bare = amount.strip_prefix('-').unwrap_or(amount);
    let figures = Figures::read(bare, spelling, true)?;
    let start = place.len() - bare.len();
    let rest = bare.get(figures.length..)?;
    let is_negative = bare.len() < amount.len();
    if let Some(scale) = scale(rest) {
        let words = [&figures.words(spelling), scale.trim_start()].join(gap(spelling));
        let words = words + &behind_million(&currency.whole, spelling);
        return Some((start + figures.length + scale.len(), words, is_negative));
    }
    let words = money(&figures, currency, spelling);
    Some((start + figures.length, words, is_negative))
}

/// `%20`, as in Turkish.
fn percent_before(place: &str, spelling: &Spelling) -> Option<(usize, String, bool)> {
    let figures = Figures::read(place.strip_prefix('%')?, spelling, true)?;
    let words = (spelling.percent)(&figures.words(spelling), figures.integer());
    Some(('%'.len_utf8() + figures.length, words, false))
}

/// A number with what stands behind it.
fn number(before: &str, place: &str, spelling: &Spelling) -> Option<(usize, String)> {
    if goes_on(before) {
        let figures = Figures::run(place)?;
        return Some((figures.length, figures.words(spelling)));
    }
    let figures = Figures::read(place, spelling, true)?;
    let rest = place.get(figures.length..)?;
    let unit = rest.trim_start_matches(' ');
    let length = place.len() - unit.len();
    if let Some(currency) = currency_at(unit, spelling)
        && unit
            .get(currency.sign.len()..)
            .is_some_and(|after| !after.trim_start().starts_with(|c: char| c.is_ascii_digit()))
    {
        let words = money(&figures, currency, spelling);
        return Some((length + currency.sign.len(), words));
    }
    if unit.starts_with('%') {
        let words = (spelling.percent)(&figures.words(spelling), figures.integer());
        return Some((length + '%'.len_utf8(), words));
    }
    let figures = Figures::read(place, spelling, false)?;
    let rest = place.get(figures.length..)?;
    Some((figures.length + full_hour(rest), figures.words(spelling)))
}

/// The number is a part of a date, a version or the like: `12.05.2024`.
fn goes_on(before: &str) -> bool {
    let figures = before.strip_suffix(['.', ',', ':', '/']);
    figures.is_some_and(|figures| figures.ends_with(|c: char| c.is_ascii_digit()))
}

/// The bytes of `:00`, which are not said.
fn full_hour(rest: &str) -> usize {
    const MINUTES: &str = ":00";
    let after = rest.strip_prefix(MINUTES);
    let ends =
        after.is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_digit() || c == ':'));
    if ends { MINUTES.len() } else { 0 }
}

/// The currency whose sign stands here.
fn currency_at<'a>(place: &str, spelling: &'a Spelling) -> Option<&'a Currency> {
    let stands = |currency: &&Currency| {
        let after = place.strip_prefix(currency.sign);
        let is_word = currency.sign.ends_with(char::is_alphabetic);
        after.is_some_and(|after| !is_word || !after.starts_with(is_part_of_word))
    };
    let found = spelling.currencies.iter().filter(stands);
    found.max_by_key(|currency| currency.sign.len())
}

fn money(figures: &Figures, currency: &Currency, spelling: &Spelling) -> String {
    let whole = figures.whole_number();
    let parts = match figures.fraction.as_str() {
        "" => Some(0),
        tenths if tenths.len() == 1 => tenths.parse::<u64>().ok().map(|tenths| tenths * 10),
        cents if cents.len() == 2 => cents.parse().ok(),
        _ => None,
    };
    let counted = spelling.counted;
    match (whole, parts, &currency.part) {
        (Some(whole), Some(0), _) => counted(whole, &currency.whole),
        (Some(0), Some(parts), Some(part)) => counted(parts, part),
        (Some(whole), Some(parts), Some(part)) => {
            counted(whole, &currency.whole) + spelling.and + &counted(parts, part)
        }
        _ => [&figures.words(spelling), currency.whole.many].join(gap(spelling)),
    }
}

/// A word for a large number behind an amount, with the space before it.
fn scale(rest: &str) -> Option<&str> {
    let word = rest.strip_prefix(' ')?;
    let end = word.find(|c| !is_part_of_word(c)).unwrap_or(word.len());
    let word = word.get(..end)?;
    let is_scale = SCALES.iter().any(|scale| word.starts_with(scale)) && word != "mile";
    is_scale.then(|| rest.get(..1 + end)).flatten()
}

/// A noun as it stands behind a million: ` de dólares`.
fn behind_million(noun: &Noun, spelling: &Spelling) -> String {
    const MILLION: u64 = 1_000_000;
    let counted = (spelling.counted)(MILLION, noun);
    match counted.strip_prefix(&(spelling.cardinal)(MILLION)) {
        Some(behind) => behind.to_owned(),
        None => gap(spelling).to_owned() + noun.many,
    }
}
