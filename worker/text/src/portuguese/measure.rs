//! Numbers with units.

use super::{
    ends,
    gender::Gender::{self, Feminine, Masculine},
    joined, number,
};
use crate::reading::{Place, Reading, patterns};

/// Symbol, singular, plural, gender.
const UNITS: &[(&str, &str, &str, Gender)] = &[
    ("%", "por cento", "por cento", Masculine),
    ("‰", "por mil", "por mil", Masculine),
    ("°C", "grau celsius", "graus celsius", Masculine),
    ("ºC", "grau celsius", "graus celsius", Masculine),
    ("°F", "grau fahrenheit", "graus fahrenheit", Masculine),
    ("ºF", "grau fahrenheit", "graus fahrenheit", Masculine),
    ("°", "grau", "graus", Masculine),
    ("km", "quilômetro", "quilômetros", Masculine),
    ("m", "metro", "metros", Masculine),
    ("cm", "centímetro", "centímetros", Masculine),
    ("mm", "milímetro", "milímetros", Masculine),
    ("μm", "micrômetro", "micrômetros", Masculine),
    (
        "km²",
        "quilômetro quadrado",
        "quilômetros quadrados",
        Masculine,
    ),
    ("m²", "metro quadrado", "metros quadrados", Masculine),
    (
        "cm²",
        "centímetro quadrado",
        "centímetros quadrados",
        Masculine,
    ),
    ("m³", "metro cúbico", "metros cúbicos", Masculine),
    ("cm³", "centímetro cúbico", "centímetros cúbicos", Masculine),
    (
        "km2",
        "quilômetro quadrado",
        "quilômetros quadrados",
        Masculine,
    ),
    ("m2", "metro quadrado", "metros quadrados", Masculine),
    ("m3", "metro cúbico", "metros cúbicos", Masculine),
    ("ha", "hectare", "hectares", Masculine),
    ("kg", "quilo", "quilos", Masculine),
    ("g", "grama", "gramas", Masculine),
    ("mg", "miligrama", "miligramas", Masculine),
    ("t", "tonelada", "toneladas", Feminine),
    ("L", "litro", "litros", Masculine),
    ("l", "litro", "litros", Masculine),
    ("ml", "mililitro", "mililitros", Masculine),
    ("mL", "mililitro", "mililitros", Masculine),
    ("h", "hora", "horas", Feminine),
    ("hs", "hora", "horas", Feminine),
    ("min", "minuto", "minutos", Masculine),
    ("s", "segundo", "segundos", Masculine),
    ("seg", "segundo", "segundos", Masculine),
    ("ms", "milissegundo", "milissegundos", Masculine),
    ("W", "watt", "watts", Masculine),
    ("kW", "quilowatt", "quilowatts", Masculine),
    ("MW", "megawatt", "megawatts", Masculine),
    ("GW", "gigawatt", "gigawatts", Masculine),
    ("kWh", "quilowatt hora", "quilowatts hora", Masculine),
    ("V", "volt", "volts", Masculine),
    ("mAh", "miliampere hora", "miliamperes hora", Masculine),
    ("Hz", "hertz", "hertz", Masculine),
    ("kHz", "quilohertz", "quilohertz", Masculine),
    ("MHz", "megahertz", "megahertz", Masculine),
    ("GHz", "gigahertz", "gigahertz", Masculine),
    ("KB", "quilobyte", "quilobytes", Masculine),
    ("kB", "quilobyte", "quilobytes", Masculine),
    ("MB", "megabyte", "megabytes", Masculine),
    ("GB", "gigabyte", "gigabytes", Masculine),
    ("TB", "terabyte", "terabytes", Masculine),
    (
        "Mbps",
        "megabit por segundo",
        "megabits por segundo",
        Masculine,
    ),
    (
        "Gbps",
        "gigabit por segundo",
        "gigabits por segundo",
        Masculine,
    ),
    ("kcal", "quilocaloria", "quilocalorias", Feminine),
    ("cal", "caloria", "calorias", Feminine),
    ("dB", "decibel", "decibéis", Masculine),
    ("px", "pixel", "pixels", Masculine),
    ("pol", "polegada", "polegadas", Feminine),
    ("cv", "cavalo", "cavalos", Masculine),
    ("rpm", "rotação por minuto", "rotações por minuto", Feminine),
    (
        "bpm",
        "batimento por minuto",
        "batimentos por minuto",
        Masculine,
    ),
    ("hab", "habitante", "habitantes", Masculine),
];
/// What a unit is counted by, behind a slash.
const PER: &[(&str, &str)] = &[
    ("h", "hora"),
    ("s", "segundo"),
    ("min", "minuto"),
    ("dia", "dia"),
    ("mês", "mês"),
    ("ano", "ano"),
    ("km", "quilômetro"),
    ("km²", "quilômetro quadrado"),
    ("m²", "metro quadrado"),
    ("m³", "metro cúbico"),
    ("kg", "quilo"),
    ("l", "litro"),
    ("L", "litro"),
    ("ml", "mililitro"),
    ("ha", "hectare"),
];

patterns! {
    MEASURE = r"([0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?|[0-9]+(?:[,.][0-9]+)?)
        (?:(\x20?[-–]\x20?|\x20a\x20|\x20?[x×]\x20?)([0-9]+(?:,[0-9]+)?))?
        (\x20?)([°º%‰]?[\p{L}]*[²³23]?)(?:/([\p{L}]+[²³]?))?";
}

/// `5 km`, `10-20%`, `1,5 kg`, `80 km/h`, `10x15 cm`.
pub(super) fn measure(place: &Place<'_>) -> Option<Reading> {
    if joined(place) {
        return None;
    }
    let found = place.captures(&MEASURE)?;
    let (.., gender) = unit(&found[5])?;
    let last = found.get(3).map_or(&found[1], |last| last.as_str());
    let (_, one, many, _) = unit(&found[5])?;
    let name = if number::is_singular(last) && found.get(3).is_none() {
        one
    } else {
        many
    };
    let per = found
        .get(6)
        .and_then(|per| PER.iter().find(|(short, _)| *short == per.as_str()));
    let length = match (found.get(6), per) {
        (Some(unknown), None) => unknown.start() - 1,
        _ => found[0].len(),
    };
    if !ends(place.after(length)) {
        return None;
    }
    let first = number::amount(&found[1], *gender);
    let count = match (found.get(2), found.get(3)) {
        (Some(between), Some(last)) => {
            let word = if between.as_str().contains(['x', '×']) {
                "por"
            } else {
                "a"
            };
            format!("{first} {word} {}", number::amount(last.as_str(), *gender))
        }
        _ => first,
    };
    let per = per.map_or(String::new(), |(_, per)| format!(" por {per}"));
    Some(Reading::new(length, format!("{count} {name}{per}")))
}

fn unit(symbol: &str) -> Option<&'static (&'static str, &'static str, &'static str, Gender)> {
    UNITS.iter().find(|(known, ..)| *known == symbol)
}
