//! Amounts of money.

use regex::Captures;

use super::{
    context::follows,
    ends,
    gender::Gender::{self, Feminine, Masculine},
    number,
};
use crate::reading::{Place, Reading, patterns};

struct Currency {
    one: &'static str,
    many: &'static str,
    gender: Gender,
    cents: Option<(&'static str, &'static str)>,
}

const fn currency(one: &'static str, many: &'static str, gender: Gender) -> Currency {
    Currency {
        one,
        many,
        gender,
        cents: Some(("centavo", "centavos")),
    }
}

const CURRENCIES: &[(&[&str], Currency)] = &[
    (&["R$", "BRL"], currency("real", "reais", Masculine)),
    (
        &["US$", "U$", "USD", "$"],
        currency("dólar", "dólares", Masculine),
    ),
    (&["€", "EUR"], currency("euro", "euros", Masculine)),
    (&["£", "GBP"], currency("libra", "libras", Feminine)),
    (
        &["¥", "JPY"],
        Currency {
            one: "iene",
            many: "ienes",
            gender: Masculine,
            cents: None,
        },
    ),
    (
        &["CHF"],
        currency("franco suíço", "francos suíços", Masculine),
    ),
    (
        &["C$", "CAD"],
        currency("dólar canadense", "dólares canadenses", Masculine),
    ),
    (
        &["A$", "AUD"],
        currency("dólar australiano", "dólares australianos", Masculine),
    ),
    (&["CNY"], currency("yuan", "yuans", Masculine)),
    (
        &["ARS"],
        currency("peso argentino", "pesos argentinos", Masculine),
    ),
    (
        &["₿", "BTC"],
        Currency {
            one: "bitcoin",
            many: "bitcoins",
            gender: Masculine,
            cents: None,
        },
    ),
];
const SCALES: &[(&str, &str, &str)] = &[
    ("mil", "mil", "mil"),
    ("k", "mil", "mil"),
    ("K", "mil", "mil"),
    ("mi", "milhão", "milhões"),
    ("MM", "milhão", "milhões"),
    ("M", "milhão", "milhões"),
    ("B", "bilhão", "bilhões"),
    ("milhão", "milhão", "milhões"),
    ("milhões", "milhão", "milhões"),
    ("bi", "bilhão", "bilhões"),
    ("bilhão", "bilhão", "bilhões"),
    ("bilhões", "bilhão", "bilhões"),
    ("tri", "trilhão", "trilhões"),
    ("trilhão", "trilhão", "trilhões"),
    ("trilhões", "trilhão", "trilhões"),
];

macro_rules! amount {
    () => {
        r"([0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?|[0-9]+(?:,[0-9]+|\.[0-9]{1,2})?)"
    };
}
macro_rules! scale {
    () => {
        r"(?:\x20?(k|K|M|B|mil|mi|MM|milhão|milhões|bi|bilhão|bilhões|tri|trilhão|trilhões)\b)?"
    };
}
macro_rules! sign {
    () => {
        r"(R\$|US\$|U\$|\$|€|£)"
    };
}
patterns! {
    RANGE = concat!(sign!(), r"\x20?", amount!(), scale!(), r"(\x20?[-–—]\x20?|\x20a\x20|\x20até\x20|\x20e\x20)", sign!(), r"?\x20?", amount!(), scale!());
    // Behind words between them, a second number without a sign is one of the sums only where it counts nothing else.
    SUM_ENDS = r"$|[^\p{L}\p{N}\x20/]|/\p{L}|\x20(?:por|para|em|n[oa]s?|d[aeo]s?|ao|à|cada|e|a|ou|mas|mensa\p{L}+|anua\p{L}+)\b|\x20[^\p{L}\p{N}]";
    BETWEEN_BEFORE = r"(?i).*\bentre\x20$";
    SIGN_FIRST = concat!(r"(-)?\x20?(R\$|US\$|U\$|BRL|USD|EUR|GBP|JPY|ARS|CHF|CAD|AUD|CNY|C\$|A\$|\$|€|£|¥|₿)\x20?([-+])?", amount!(), scale!());
    NUMBER_FIRST = concat!(amount!(), scale!(), r"\x20?(€|£|¥|₿|BRL|USD|EUR|GBP|JPY|ARS|CHF|CAD|AUD|CNY|BTC)");
}

/// `R$ 1.234,56`, `US$ 3 milhões`, `-R$ 5`, `R$ 10-20`.
pub(super) fn signed(place: &Place<'_>) -> Option<Reading> {
    if place.previous().is_some_and(char::is_alphanumeric) {
        return None;
    }
    if let Some(range) = range(place) {
        return Some(range);
    }
    let found = place.captures(&SIGN_FIRST)?;
    let inner = found.get(3).map_or("", |sign| sign.as_str());
    let spoken = sum(
        by_name(&found[2])?,
        &found[4],
        found.get(5).map(|scale| scale.as_str()),
    );
    let sign = match inner {
        "+" => "mais ",
        "-" => "menos ",
        _ if found.get(1).is_some() => "menos ",
        _ => "",
    };
    Some(Reading::new(found[0].len(), format!("{sign}{spoken}")))
}

/// `R$ 50,00-R$ 100,00`, `R$ 10 a 20 mil`: two sums, the currency said once where the first has no cents.
fn range(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&RANGE)?;
    let (first, last) = (
        by_name(&found[1])?,
        by_name(found.get(5).map_or(&found[1], |sign| sign.as_str()))?,
    );
    let dashed = found[4].contains(['-', '–', '—']);
    let same = found.get(5).is_none_or(|sign| sign.as_str() == &found[1]);
    let counts = !SUM_ENDS.is_match(place.after(found[0].len()));
    let by_e = &found[4] == " e ";
    let shared = shares_scale(&found);
    let joined = by_e && !follows(place.before(), &BETWEEN_BEFORE);
    if !same || !dashed && (found.get(5).is_some() && !shared || counts || joined) {
        return None;
    }
    let scale = |group: usize| found.get(group).map(|scale| scale.as_str());
    let lower = least(first, &found[2], scale(3), scale(7));
    let upper = sum(last, &found[6], scale(7));
    let between = if by_e { "e" } else { "a" };
    Some(Reading::new(
        found[0].len(),
        format!("{lower} {between} {upper}"),
    ))
}

/// `R$ 1 a R$ 2 milhões` are millions both.
fn shares_scale(found: &Captures<'_>) -> bool {
    let count = |group: usize| found[group].replace(',', ".").parse::<f64>().ok();
    let rises = matches!((count(2), count(6)), (Some(first), Some(last)) if first < last);
    found.get(3).is_none() && found.get(7).is_some() && rises && &found[4] != " e "
}

/// The lower sum of a range. What the higher one says as well is left out: `dez a vinte mil reais`.
fn least(currency: &Currency, amount: &str, scale: Option<&str>, upper: Option<&str>) -> String {
    let (whole, cents) = split(amount);
    if scale.is_none() && cents.trim_matches('0').is_empty() {
        return number::cardinal(&whole, currency.gender);
    }
    if scale.is_none() && upper.is_some() {
        return number::amount(amount, currency.gender);
    }
    let said = sum(currency, amount, scale);
    let bare = [" de ", " "].iter().find_map(|joint| {
        let name = format!("{joint}{}", currency.many);
        said.strip_suffix(&name)
    });
    match bare {
        Some(bare) if scale.is_some() => bare.to_owned(),
        _ => said,
    }
}

/// The name of more than one.
pub(super) fn plural(sign: &str) -> Option<&'static str> {
    by_name(sign).map(|currency| currency.many)
}

/// `20 €`, `10 USD`.
pub(super) fn named(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&NUMBER_FIRST)?;
    let spoken = sum(
        by_name(&found[3])?,
        &found[1],
        found.get(2).map(|scale| scale.as_str()),
    );
    ends(place.after(found[0].len())).then(|| Reading::new(found[0].len(), spoken))
}

fn by_name(name: &str) -> Option<&'static Currency> {
    CURRENCIES
        .iter()
        .find(|(names, _)| names.contains(&name))
        .map(|(_, currency)| currency)
}

fn sum(currency: &Currency, amount: &str, scale: Option<&str>) -> String {
    let scale = scale.and_then(|scale| SCALES.iter().find(|(written, ..)| *written == scale));
    if let Some((written, one, many)) = scale {
        return scaled(currency, amount, written, one, many);
    }
    let decimals = amount
        .split_once(',')
        .map_or(0, |(_, decimals)| decimals.len());
    if decimals > 2 {
        let count = number::amount(amount, currency.gender);
        return format!("{count} {}", currency.many);
    }
    let (whole, cents) = split(amount);
    let cents = cents.trim_start_matches('0');
    match (whole.trim_start_matches('0'), cents, currency.cents) {
        (_, "", _) => whole_sum(currency, &whole),
        ("", cents, Some((one, many))) => counted(cents, one, many),
        (_, cents, Some((one, many))) => format!(
            "{} e {}",
            whole_sum(currency, &whole),
            counted(cents, one, many)
        ),
        _ => format!(
            "{} {}",
            number::amount(amount, currency.gender),
            currency.many
        ),
    }
}

/// Thousands, millions and more, by their name for one and for many.
fn scaled(currency: &Currency, amount: &str, written: &str, one: &str, many: &str) -> String {
    let name = currency.many;
    if many != "mil" {
        let scale = if number::is_singular(amount) && written != many {
            one
        } else {
            many
        };
        return format!("{} {scale} de {name}", number::amount(amount, Masculine));
    }
    if amount == "1" {
        return format!("mil {name}");
    }
    format!("{} mil {name}", number::amount(amount, currency.gender))
}

/// `1.234,5` to `1234` and `50`.
fn split(amount: &str) -> (String, String) {
    let mark = amount
        .rfind([',', '.'])
        .filter(|&at| amount.len() - at <= 3);
    let (whole, cents) = mark.map_or((amount, ""), |at| (&amount[..at], &amount[at + 1..]));
    let cents = if cents.len() == 1 {
        format!("{cents}0")
    } else {
        cents.to_owned()
    };
    (whole.replace('.', ""), cents)
}

fn whole_sum(currency: &Currency, whole: &str) -> String {
    let name = if whole == "1" {
        currency.one
    } else {
        currency.many
    };
    let millions = whole.len() > 6 && whole.ends_with("000000");
    let of = if millions { "de " } else { "" };
    format!("{} {of}{name}", number::cardinal(whole, currency.gender))
}

fn counted(count: &str, one: &str, many: &str) -> String {
    let name = if count == "1" { one } else { many };
    format!("{} {name}", number::cardinal(count, Masculine))
}
