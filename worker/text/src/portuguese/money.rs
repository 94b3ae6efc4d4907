//! Amounts of money.

use super::{
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
        r"(?:\x20?(k|K|mil|mi|milhão|milhões|bi|bilhão|bilhões|tri|trilhão|trilhões)\b)?"
    };
}
patterns! {
    RANGE = concat!(r"(R\$|US\$|U\$|\$|€|£)\x20?", amount!(), r"\x20?[-–]\x20?(?:R\$|US\$|U\$|\$|€|£)?\x20?", amount!(), scale!());
    SIGN_FIRST = concat!(r"(-)?\x20?(R\$|US\$|U\$|BRL|USD|EUR|GBP|JPY|ARS|\$|€|£|¥|₿)\x20?(-)?", amount!(), scale!());
    NUMBER_FIRST = concat!(amount!(), scale!(), r"\x20?(€|£|¥|₿|BRL|USD|EUR|GBP|JPY|ARS|BTC)");
}

/// `R$ 1.234,56`, `US$ 3 milhões`, `-R$ 5`, `R$ 10-20`.
pub(super) fn signed(place: &Place<'_>) -> Option<Reading> {
    if place.previous().is_some_and(char::is_alphanumeric) {
        return None;
    }
    if let Some(found) = place.captures(&RANGE) {
        let currency = by_name(&found[1])?;
        let most = sum(
            currency,
            &found[3],
            found.get(4).map(|scale| scale.as_str()),
        );
        let least = number::amount(&found[2], currency.gender);
        return Some(Reading::new(found[0].len(), format!("{least} a {most}")));
    }
    let found = place.captures(&SIGN_FIRST)?;
    let negative = found.get(1).or_else(|| found.get(3)).is_some();
    let spoken = sum(
        by_name(&found[2])?,
        &found[4],
        found.get(5).map(|scale| scale.as_str()),
    );
    let minus = if negative { "menos " } else { "" };
    Some(Reading::new(found[0].len(), format!("{minus}{spoken}")))
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
    if let Some((_, one, many)) = scale {
        return scaled(currency, amount, one, many);
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
fn scaled(currency: &Currency, amount: &str, one: &str, many: &str) -> String {
    let name = currency.many;
    if many != "mil" {
        let scale = if number::is_singular(amount) {
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
