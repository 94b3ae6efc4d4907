//! Figures that are no amounts: addresses of machines, versions, codes, powers.

use super::{ends, number};
use crate::reading::{Place, Reading, patterns};

patterns! {
    IP = r"([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})(?:[:/]([0-9]{1,5}))?";
    VERSION = r"(v|V)?([0-9]+(?:\.[0-9]+)+)";
    SHORT_VERSION = r"v([0-9]+)\b";
    GROUPS = r"[0-9]+(?:-[0-9]+){2,}";
    POWER = r"([0-9]+(?:\.[0-9]+)?)\x20?(?:[eE]([+-]?[0-9]{1,3})|[×x]\x20?10(?:\^(-?[0-9]{1,3})|([⁰¹²³⁴-⁹]+)))";
    RAISED = r"([0-9]+|[a-zA-Z])(?:\^(-?[0-9]{1,3})|([⁰¹²³⁴-⁹]+))";
}

/// `192.168.1.1`, with a port.
pub(super) fn internet_protocol(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&IP)?;
    let after = place.after(found[0].len());
    if !ends(after) || after.starts_with('.') && !ends(after.get(1..)?) {
        return None;
    }
    let groups: Vec<&str> = found
        .iter()
        .skip(1)
        .take(4)
        .flatten()
        .map(|group| group.as_str())
        .collect();
    let octets: Vec<u128> = groups
        .iter()
        .filter_map(|group| group.parse().ok())
        .collect();
    // Longer groups than versions have, even where the address is wrong.
    let long = groups.iter().filter(|group| group.len() == 3).count() > 1;
    if !long && octets.iter().any(|&octet| octet > 255) {
        return None;
    }
    let parts: Vec<String> = octets.into_iter().map(number::in_pairs).collect();
    let mut spoken = parts.join(" dot ");
    if let Some(port) = found.get(5) {
        let sign = if found[0].contains('/') {
            "slash"
        } else {
            "colon"
        };
        spoken = format!("{spoken} {sign} {}", number::cardinal(port.as_str()));
    }
    Some(Reading::new(found[0].len(), spoken))
}

/// `2.0.1`, `v2.0`, `v2`.
pub(super) fn version(place: &Place<'_>) -> Option<Reading> {
    if let Some(found) = place
        .captures(&SHORT_VERSION)
        .filter(|found| !place.after(found[0].len()).starts_with('.'))
    {
        return Some(Reading::new(
            found[0].len(),
            format!("version {}", number::cardinal(&found[1])),
        ));
    }
    let found = place.captures(&VERSION)?;
    let is_decimal = found.get(1).is_none() && found[2].matches('.').count() < 2;
    if is_decimal
        || place.previous().is_some_and(char::is_alphanumeric)
        || !ends(place.after(found[0].len()))
    {
        return None;
    }
    let parts: Vec<_> = found[2].split('.').map(number::cardinal).collect();
    let prefix = if found.get(1).is_some() && !place.previous_word().eq_ignore_ascii_case("version")
    {
        "version "
    } else {
        ""
    };
    Some(Reading::new(
        found[0].len(),
        format!("{prefix}{}", parts.join(" point ")),
    ))
}

/// Codes in three or more groups, such as `978-3-16-148410-0`.
pub(super) fn groups(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&GROUPS)?;
    let groups: Vec<_> = found[0].split('-').map(number::each).collect();
    let after = place.after(found[0].len());
    let sum = after.trim_start().starts_with('=');
    (ends(after) && !sum).then(|| Reading::new(found[0].len(), groups.join(", ")))
}

/// `6.02×10²³`, `1.5e-5`, `2^10`, `x²`.
pub(super) fn power(place: &Place<'_>) -> Option<Reading> {
    if place.previous().is_some_and(char::is_alphanumeric) {
        return None;
    }
    if let Some(found) = place.captures(&POWER) {
        let exponent = found.iter().skip(2).flatten().next()?.as_str();
        let spoken = format!(
            "{} times ten {}",
            number::amount(&found[1]),
            raised(&plain(exponent))
        );
        return ends(place.after(found[0].len())).then(|| Reading::new(found[0].len(), spoken));
    }
    let found = place.captures(&RAISED)?;
    let exponent = plain(found.get(2).or_else(|| found.get(3))?.as_str());
    let base = if found[1].starts_with(|c: char| c.is_ascii_digit()) {
        number::cardinal(&found[1])
    } else {
        found[1].to_uppercase()
    };
    ends(place.after(found[0].len()))
        .then(|| Reading::new(found[0].len(), format!("{base} {}", raised(&exponent))))
}

/// Raised figures as plain ones.
fn plain(figures: &str) -> String {
    const RAISED_FIGURES: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let figure = |c: char| RAISED_FIGURES.iter().position(|&raised| raised == c);
    figures
        .chars()
        .map(|c| {
            figure(c)
                .and_then(|at| char::from_digit(u32::try_from(at).ok()?, 10))
                .unwrap_or(c)
        })
        .collect()
}

fn raised(exponent: &str) -> String {
    match exponent.trim_start_matches('+') {
        "2" => "squared".to_owned(),
        "3" => "cubed".to_owned(),
        other => match other.strip_prefix('-') {
            Some(negative) => format!("to the minus {}", number::cardinal(negative)),
            None => format!("to the {}", number::ordinal(other)),
        },
    }
}
