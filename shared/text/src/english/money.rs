//! Sums of money.

use regex::{Captures, Match};

use super::{ends, number};
use crate::reading::{Place, Reading, patterns};

/// A currency as it is said.
struct Currency {
    one: &'static str,
    many: &'static str,
    /// Hundredths, where they are in use.
    cent: Option<(&'static str, &'static str)>,
}

const fn currency(
    one: &'static str,
    many: &'static str,
    cent: Option<(&'static str, &'static str)>,
) -> Currency {
    Currency { one, many, cent }
}

const CENTS: Option<(&str, &str)> = Some(("cent", "cents"));

/// By sign or ISO 4217 code.
const CURRENCIES: &[(&[&str], Currency)] = &[
    (
        &["US$", "U$", "USD"],
        currency("U S dollar", "U S dollars", CENTS),
    ),
    (
        &["C$", "CA$", "CAD"],
        currency("canadian dollar", "canadian dollars", CENTS),
    ),
    (
        &["A$", "AU$", "AUD"],
        currency("australian dollar", "australian dollars", CENTS),
    ),
    (
        &["NZ$", "NZD"],
        currency("new zealand dollar", "new zealand dollars", CENTS),
    ),
    (
        &["HK$", "HKD"],
        currency("hong kong dollar", "hong kong dollars", CENTS),
    ),
    (
        &["R$", "BRL"],
        currency("real", "reais", Some(("centavo", "centavos"))),
    ),
    (&["$"], currency("dollar", "dollars", CENTS)),
    (
        &["£", "GBP"],
        currency("pound", "pounds", Some(("penny", "pence"))),
    ),
    (&["€", "EUR"], currency("euro", "euros", CENTS)),
    (&["¥", "JPY"], currency("yen", "yen", None)),
    (
        &["₹", "INR"],
        currency("rupee", "rupees", Some(("paisa", "paise"))),
    ),
    (&["₩", "KRW"], currency("won", "won", None)),
    (
        &["₽", "RUB"],
        currency("ruble", "rubles", Some(("kopeck", "kopecks"))),
    ),
    (&["₺", "TRY"], currency("lira", "lira", None)),
    (&["₿", "BTC"], currency("bitcoin", "bitcoins", None)),
    (&["CHF"], currency("swiss franc", "swiss francs", None)),
    (&["CNY", "RMB"], currency("yuan", "yuan", None)),
    (&["MXN"], currency("mexican peso", "mexican pesos", CENTS)),
];
const SCALES: &[(&str, &str)] = &[
    ("k", "thousand"),
    ("K", "thousand"),
    ("thousand", "thousand"),
    ("m", "million"),
    ("M", "million"),
    ("mn", "million"),
    ("million", "million"),
    ("b", "billion"),
    ("B", "billion"),
    ("bn", "billion"),
    ("billion", "billion"),
    ("T", "trillion"),
    ("t", "trillion"),
    ("tn", "trillion"),
    ("trn", "trillion"),
    ("trillion", "trillion"),
];
/// What is paid with: `a $20 bill`.
const SINGULAR_BEFORE: &[&str] = &[
    "bill", "bills", "note", "notes", "coin", "coins", "check", "gift",
];

macro_rules! amount {
    () => {
        r"([0-9]{1,3}(?:\.[0-9]{3})+,[0-9]{2}\b|[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
    };
}
macro_rules! scale {
    () => {
        r"([\x20-]?(?:thousand|million|billion|trillion)\b|\x20?(?:mn|bn|tn|trn|[mb])\b|(?:k|K|M|B|T|t)\b)?"
    };
}

patterns! {
    SIGN_FIRST = concat!(r"(-)?((?:US|U|CA|C|AU|A|NZ|HK|R)?\$|[£€¥₹₩₽₺₿])\x20?(-)?", amount!(), scale!());
    RANGE = concat!(
        r"((?:US|U|CA|C|AU|A|NZ|HK|R)?\$|[£€¥₹₩₽₺₿])", amount!(), scale!(), r"\x20?[-–]\x20?(?:(?:US|U|CA|C|AU|A|NZ|HK|R)?\$|[£€¥₹₩₽₺₿])?",
        amount!(), scale!()
    );
    CODE_FIRST = concat!(r"(USD|CAD|AUD|NZD|HKD|BRL|GBP|EUR|JPY|INR|KRW|CHF|CNY|RMB|MXN)\x20", amount!(), scale!());
    NUMBER_FIRST = concat!(
        amount!(), scale!(),
        r"\x20?(\$|€|£|¥|₹|₽|₩|¢|(?:USD|CAD|AUD|NZD|HKD|BRL|GBP|EUR|JPY|INR|KRW|CHF|CNY|RMB|MXN|BTC)\b)"
    );
    NEXT_WORD = r"[\x20-]([a-z-]+)";
}

/// `$5.50`, `R$ 10`, `US$1.2 million`, `-£5`.
pub(super) fn signed(place: &Place<'_>) -> Option<Reading> {
    if place.previous().is_some_and(char::is_alphanumeric) {
        return None;
    }
    if let Some(found) = place.captures(&RANGE) {
        let singular = is_adjective(place, found[0].len());
        let spoken = range(by_name(&found[1])?, &found, singular);
        return Some(Reading::new(found[0].len(), spoken));
    }
    let found = place.captures(&SIGN_FIRST)?;
    let length = found.get(0)?.len();
    let minus = if found.get(1).or_else(|| found.get(3)).is_some() {
        "minus "
    } else {
        ""
    };
    let spoken = sum(
        by_name(&found[2])?,
        &found[4],
        scale(found.get(5)),
        is_adjective(place, length),
    );
    Some(Reading::new(length, format!("{minus}{spoken}")))
}

/// `20 €`, `10 USD`, `EUR 5`, `5¢`.
pub(super) fn named(place: &Place<'_>) -> Option<Reading> {
    if let Some(found) = place.captures(&CODE_FIRST) {
        let spoken = sum(by_name(&found[1])?, &found[2], scale(found.get(3)), false);
        return Some(Reading::new(found[0].len(), spoken));
    }
    let found = place.captures(&NUMBER_FIRST)?;
    let length = found.get(0)?.len();
    if !ends(place.after(length)) || &found[3] == "$" && found[0].contains(' ') {
        return None;
    }
    if &found[3] == "¢" {
        let unit = if &found[1] == "1" { "cent" } else { "cents" };
        return Some(Reading::new(
            length,
            format!("{} {unit}", number::amount(&found[1])),
        ));
    }
    Some(Reading::new(
        length,
        sum(by_name(&found[3])?, &found[1], scale(found.get(2)), false),
    ))
}

/// `$5–$10`, `$5.50-$7.25`, `$100K-150K`: with cents, both sums are said in full.
fn range(currency: &Currency, found: &Captures<'_>, singular: bool) -> String {
    let (least, most) = (trimmed(&found[2]), trimmed(&found[4]));
    let scales = (scale(found.get(3)), scale(found.get(5)));
    let cents = |amount: &str| {
        amount
            .split_once('.')
            .is_some_and(|(_, cents)| cents.len() < 3)
    };
    let in_full =
        scales == (None, None) && currency.cent.is_some() && (cents(&least) || cents(&most));
    let first = match scales.0 {
        _ if in_full => sum(currency, &least, None, false),
        Some(scale) => format!("{} {scale}", number::amount(&least)),
        None => number::amount(&least),
    };
    format!("{first} to {}", sum(currency, &most, scales.1, singular))
}

/// Without the zeros that stand for no cents.
fn trimmed(amount: &str) -> String {
    match decimal_point(amount).split_once('.') {
        Some((whole, cents)) if cents.trim_matches('0').is_empty() => whole.to_owned(),
        _ => decimal_point(amount),
    }
}

fn scale(written: Option<Match<'_>>) -> Option<&'static str> {
    let written = written?.as_str().trim_start_matches([' ', '-']);
    let (_, name) = SCALES.iter().find(|(short, _)| *short == written)?;
    Some(name)
}

fn by_name(name: &str) -> Option<&'static Currency> {
    CURRENCIES
        .iter()
        .find(|(names, _)| names.contains(&name))
        .map(|(_, currency)| currency)
}

/// `a $5 meal`, `a $20 bill`: the currency stays singular.
fn is_adjective(place: &Place<'_>, length: usize) -> bool {
    let Some(next) = NEXT_WORD.captures(place.after(length)) else {
        return false;
    };
    let article = ["a", "an"].contains(&place.previous_word().to_lowercase().as_str());
    SINGULAR_BEFORE.contains(&&next[1])
        || article && !["or", "and", "for", "to", "in", "per", "at"].contains(&&next[1])
}

fn sum(currency: &Currency, amount: &str, scale: Option<&str>, singular: bool) -> String {
    if let Some(scale) = scale {
        let name = if singular {
            currency.one
        } else {
            currency.many
        };
        return format!("{} {} {name}", number::amount(amount), scale);
    }
    let amount = &in_cents(&decimal_point(amount));
    let (whole, decimals) = amount.split_once('.').unwrap_or((amount.as_str(), ""));
    let whole_sum = || named_count(whole, currency.one, currency.many, singular);
    match (decimals.len(), currency.cent) {
        (0 | 2, _) if decimals.trim_matches('0').is_empty() => whole_sum(),
        (2, Some((one, many))) => {
            let cents = named_count(decimals.trim_start_matches('0'), one, many, false);
            match whole {
                "" | "0" => cents,
                _ => format!("{} and {cents}", whole_sum()),
            }
        }
        _ => format!(
            "{} {}",
            number::amount(amount),
            if singular {
                currency.one
            } else {
                currency.many
            }
        ),
    }
}

/// `1.234,56`, as much of Europe writes, to `1234.56`.
fn decimal_point(amount: &str) -> String {
    match amount.split_once(',') {
        Some((whole, cents)) if whole.contains('.') => {
            format!("{}.{cents}", whole.replace('.', ""))
        }
        _ => amount.to_owned(),
    }
}

/// `20.5` and `20.500` to `20.50`; a third figure that counts stays.
fn in_cents(amount: &str) -> String {
    match amount.split_once('.') {
        Some((whole, cents)) if cents.len() == 1 => format!("{whole}.{cents}0"),
        Some((whole, cents))
            if cents.len() > 2
                && cents
                    .get(2..)
                    .is_some_and(|rest| rest.trim_matches('0').is_empty()) =>
        {
            format!("{whole}.{}", cents.get(..2).unwrap_or_default())
        }
        _ => amount.to_owned(),
    }
}

fn named_count(count: &str, one: &str, many: &str, singular: bool) -> String {
    let name = if singular || count == "1" { one } else { many };
    format!("{} {name}", number::cardinal(count))
}
