//! Numbers with units.

use super::{
    ends,
    gender::Gender::{self, Feminine, Masculine},
    joined, number,
};
use crate::reading::{Place, Reading, patterns};

const UNITS: &[Unit] = &[
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
    ("nm", "nanômetro", "nanômetros", Masculine),
    ("dm", "decímetro", "decímetros", Masculine),
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
    ("μg", "micrograma", "microgramas", Masculine),
    ("mcg", "micrograma", "microgramas", Masculine),
    ("lb", "libra", "libras", Feminine),
    ("oz", "onça", "onças", Feminine),
    ("ft", "pé", "pés", Masculine),
    ("mph", "milha por hora", "milhas por hora", Feminine),
    ("t", "tonelada", "toneladas", Feminine),
    ("L", "litro", "litros", Masculine),
    ("l", "litro", "litros", Masculine),
    ("ml", "mililitro", "mililitros", Masculine),
    ("mL", "mililitro", "mililitros", Masculine),
    ("dL", "decilitro", "decilitros", Masculine),
    ("μL", "microlitro", "microlitros", Masculine),
    ("h", "hora", "horas", Feminine),
    ("hs", "hora", "horas", Feminine),
    ("hrs", "hora", "horas", Feminine),
    ("min", "minuto", "minutos", Masculine),
    ("s", "segundo", "segundos", Masculine),
    ("seg", "segundo", "segundos", Masculine),
    ("ms", "milissegundo", "milissegundos", Masculine),
    ("W", "watt", "watts", Masculine),
    ("kW", "quilowatt", "quilowatts", Masculine),
    ("MW", "megawatt", "megawatts", Masculine),
    ("GW", "gigawatt", "gigawatts", Masculine),
    ("Wh", "watt hora", "watts hora", Masculine),
    ("kWh", "quilowatt hora", "quilowatts hora", Masculine),
    ("MWh", "megawatt hora", "megawatts hora", Masculine),
    ("GWh", "gigawatt hora", "gigawatts hora", Masculine),
    ("TWh", "terawatt hora", "terawatts hora", Masculine),
    ("kVA", "quilovolt ampere", "quilovolts ampere", Masculine),
    ("mV", "milivolt", "milivolts", Masculine),
    ("kV", "quilovolt", "quilovolts", Masculine),
    ("mA", "miliampere", "miliamperes", Masculine),
    ("Pa", "pascal", "pascals", Masculine),
    ("hPa", "hectopascal", "hectopascals", Masculine),
    ("kPa", "quilopascal", "quilopascals", Masculine),
    ("MPa", "megapascal", "megapascals", Masculine),
    ("atm", "atmosfera", "atmosferas", Feminine),
    ("kJ", "quilojoule", "quilojoules", Masculine),
    ("lm", "lúmen", "lúmens", Masculine),
    (
        "mmHg",
        "milímetro de mercúrio",
        "milímetros de mercúrio",
        Masculine,
    ),
    ("ppm", "parte por milhão", "partes por milhão", Feminine),
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
    ("PB", "petabyte", "petabytes", Masculine),
    (
        "Kbps",
        "quilobit por segundo",
        "quilobits por segundo",
        Masculine,
    ),
    (
        "kbps",
        "quilobit por segundo",
        "quilobits por segundo",
        Masculine,
    ),
    (
        "fps",
        "quadro por segundo",
        "quadros por segundo",
        Masculine,
    ),
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
    ("s²", "segundo ao quadrado"),
    ("min", "minuto"),
    ("semana", "semana"),
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
    ("mL", "mililitro"),
    ("dL", "decilitro"),
    ("dl", "decilitro"),
    ("ha", "hectare"),
];

patterns! {
    MEASURE = r"([0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?|[0-9]+(?:[,.][0-9]+)?)
        (?:(\x20?[-–]\x20?|\x20a\x20|\x20?[x×]\x20?)([0-9]+(?:,[0-9]+)?))?
        \x20?([°º%‰]?[\p{L}]*[²³23]?)(?:/([\p{L}]+[²³]?))?";
    INCHES = r#"([0-9]+(?:[,.][0-9])?)""#;
}

/// `5 km`, `10-20%`, `1,5 kg`, `80 km/h`, `10x15 cm`.
pub(super) fn measure(place: &Place<'_>) -> Option<Reading> {
    if joined(place) {
        return None;
    }
    let Some((found, (symbol, one, many, gender))) = place
        .captures(&MEASURE)
        .and_then(|found| unit(&found[4]).map(|unit| (found, unit)))
    else {
        return inches(place);
    };
    let per = found
        .get(5)
        .and_then(|per| PER.iter().find(|(short, _)| *short == per.as_str()));
    let length = match (found.get(5), per) {
        (Some(unknown), None) => unknown.start() - 1,
        _ => found[0].len(),
    };
    if !ends(place.after(length)) {
        return None;
    }
    let first = number::amount(&found[1], *gender);
    let spoken = match (found.get(2), found.get(3), per) {
        (Some(between), Some(last), _) => {
            let last = number::amount(last.as_str(), *gender);
            format!("{first} {} {last} {many}", joint(between.as_str()))
        }
        (None, None, None) if *symbol == "m" && metres(&found[1]).is_some() => metres(&found[1])?,
        _ if number::is_singular(&found[1]) => format!("{first} {one}"),
        _ => format!("{first} {many}"),
    };
    let per = per.map_or(String::new(), |(_, per)| format!(" por {per}"));
    Some(Reading::new(length, spoken + &per))
}

/// What is said between the numbers of `10x15` and `10-15`.
fn joint(written: &str) -> &'static str {
    if written.contains(['x', '×']) {
        "por"
    } else {
        "a"
    }
}

/// Lengths to the centimetre are said as heights are: `um metro e setenta e cinco`.
fn metres(written: &str) -> Option<String> {
    let (whole, decimals) = written.split_once(',')?;
    let centimetres = decimals.strip_prefix('0').unwrap_or(decimals);
    if decimals.len() != 2 || centimetres == "0" || whole.starts_with('0') {
        return None;
    }
    let name = if whole == "1" { "metro" } else { "metros" };
    let whole = number::amount(whole, Masculine);
    Some(format!(
        "{whole} {name} e {}",
        number::cardinal(centimetres, Masculine)
    ))
}

/// `27"`, unless the sign closes a quotation.
fn inches(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&INCHES)?;
    let quoted = place.before().contains('"') || place.after(found[0].len()).contains('"');
    let name = if number::is_singular(&found[1]) {
        "polegada"
    } else {
        "polegadas"
    };
    let spoken = format!("{} {name}", number::amount(&found[1], Feminine));
    (!quoted).then(|| Reading::new(found[0].len(), spoken))
}

/// Symbol, singular, plural, gender.
pub(super) type Unit = (&'static str, &'static str, &'static str, Gender);

/// Of some units capitals are common, though wrong.
pub(super) fn unit(symbol: &str) -> Option<&'static Unit> {
    let lower = symbol.to_lowercase();
    let written = if ["km", "kg", "cm"].contains(&lower.as_str()) {
        &lower
    } else {
        symbol
    };
    UNITS.iter().find(|(known, ..)| *known == written)
}
