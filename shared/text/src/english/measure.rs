//! Numbers with units.

use super::{ends, number};
use crate::reading::{Pattern, Place, Reading, patterns};

/// Symbol, singular, plural. Symbols that are also words or other units are in [`doubtful`].
const UNITS: &[(&str, &str, &str)] = &[
    ("%", "percent", "percent"),
    ("‰", "per mille", "per mille"),
    ("°C", "degree celsius", "degrees celsius"),
    ("°F", "degree fahrenheit", "degrees fahrenheit"),
    ("°N", "degree north", "degrees north"),
    ("°S", "degree south", "degrees south"),
    ("°E", "degree east", "degrees east"),
    ("°W", "degree west", "degrees west"),
    ("°", "degree", "degrees"),
    ("km", "kilometer", "kilometers"),
    ("m", "meter", "meters"),
    ("cm", "centimeter", "centimeters"),
    ("mm", "millimeter", "millimeters"),
    ("μm", "micrometer", "micrometers"),
    ("nm", "nanometer", "nanometers"),
    ("mi", "mile", "miles"),
    ("mi.", "mile", "miles"),
    ("yd", "yard", "yards"),
    ("yds", "yard", "yards"),
    ("ft", "foot", "feet"),
    ("ft.", "foot", "feet"),
    ("in", "inch", "inches"),
    ("in.", "inch", "inches"),
    ("ha", "hectare", "hectares"),
    ("kg", "kilogram", "kilograms"),
    ("g", "gram", "grams"),
    ("mg", "milligram", "milligrams"),
    ("μg", "microgram", "micrograms"),
    ("lb", "pound", "pounds"),
    ("lb.", "pound", "pounds"),
    ("lbs", "pound", "pounds"),
    ("lbs.", "pound", "pounds"),
    ("oz", "ounce", "ounces"),
    ("oz.", "ounce", "ounces"),
    ("L", "liter", "liters"),
    ("l", "liter", "liters"),
    ("ml", "milliliter", "milliliters"),
    ("mL", "milliliter", "milliliters"),
    ("cl", "centiliter", "centiliters"),
    ("gal", "gallon", "gallons"),
    ("gal.", "gallon", "gallons"),
    ("tsp", "teaspoon", "teaspoons"),
    ("tbsp", "tablespoon", "tablespoons"),
    ("mph", "mile per hour", "miles per hour"),
    ("kph", "kilometer per hour", "kilometers per hour"),
    ("kmh", "kilometer per hour", "kilometers per hour"),
    ("mpg", "mile per gallon", "miles per gallon"),
    ("KB", "kilobyte", "kilobytes"),
    ("kB", "kilobyte", "kilobytes"),
    ("MB", "megabyte", "megabytes"),
    ("GB", "gigabyte", "gigabytes"),
    ("TB", "terabyte", "terabytes"),
    ("PB", "petabyte", "petabytes"),
    ("KiB", "kibibyte", "kibibytes"),
    ("MiB", "mebibyte", "mebibytes"),
    ("GiB", "gibibyte", "gibibytes"),
    ("Kbps", "kilobit per second", "kilobits per second"),
    ("kbps", "kilobit per second", "kilobits per second"),
    ("Mbps", "megabit per second", "megabits per second"),
    ("Gbps", "gigabit per second", "gigabits per second"),
    ("Hz", "hertz", "hertz"),
    ("kHz", "kilohertz", "kilohertz"),
    ("MHz", "megahertz", "megahertz"),
    ("GHz", "gigahertz", "gigahertz"),
    ("W", "watt", "watts"),
    ("kW", "kilowatt", "kilowatts"),
    ("MW", "megawatt", "megawatts"),
    ("GW", "gigawatt", "gigawatts"),
    ("kWh", "kilowatt hour", "kilowatt hours"),
    ("MWh", "megawatt hour", "megawatt hours"),
    ("V", "volt", "volts"),
    ("kV", "kilovolt", "kilovolts"),
    ("mA", "milliamp", "milliamps"),
    ("mAh", "milliamp hour", "milliamp hours"),
    ("Ah", "amp hour", "amp hours"),
    ("Ω", "ohm", "ohms"),
    ("J", "joule", "joules"),
    ("kJ", "kilojoule", "kilojoules"),
    ("kcal", "kilocalorie", "kilocalories"),
    ("cal", "calorie", "calories"),
    ("Pa", "pascal", "pascals"),
    ("kPa", "kilopascal", "kilopascals"),
    ("hPa", "hectopascal", "hectopascals"),
    ("psi", "P S I", "P S I"),
    ("dB", "decibel", "decibels"),
    ("lm", "lumen", "lumens"),
    ("hp", "horsepower", "horsepower"),
    ("rpm", "R P M", "R P M"),
    ("RPM", "R P M", "R P M"),
    ("fps", "frame per second", "frames per second"),
    ("bpm", "beat per minute", "beats per minute"),
    ("px", "pixel", "pixels"),
    ("MP", "megapixel", "megapixels"),
    ("dpi", "D P I", "D P I"),
    ("ns", "nanosecond", "nanoseconds"),
    ("μs", "microsecond", "microseconds"),
    ("ms", "millisecond", "milliseconds"),
    ("s", "second", "seconds"),
    ("sec", "second", "seconds"),
    ("sec.", "second", "seconds"),
    ("secs", "second", "seconds"),
    ("min", "minute", "minutes"),
    ("min.", "minute", "minutes"),
    ("mins", "minute", "minutes"),
    ("h", "hour", "hours"),
    ("hr", "hour", "hours"),
    ("hr.", "hour", "hours"),
    ("hrs", "hour", "hours"),
    ("hrs.", "hour", "hours"),
    ("yr", "year", "years"),
    ("yrs", "year", "years"),
    ("yrs.", "year", "years"),
    ("mo", "month", "months"),
    ("wk", "week", "weeks"),
    ("wks", "week", "weeks"),
    ("sq ft", "square foot", "square feet"),
    ("sq. ft.", "square foot", "square feet"),
    ("sq m", "square meter", "square meters"),
    ("sq km", "square kilometer", "square kilometers"),
    ("sq mi", "square mile", "square miles"),
    ("fl oz", "fluid ounce", "fluid ounces"),
    ("fl. oz.", "fluid ounce", "fluid ounces"),
    ("K", "kelvin", "kelvin"),
    ("GBps", "gigabyte per second", "gigabytes per second"),
    ("Tbps", "terabit per second", "terabits per second"),
    ("bps", "bit per second", "bits per second"),
    ("Kb", "kilobit", "kilobits"),
    ("Mb", "megabit", "megabits"),
    ("Gb", "gigabit", "gigabits"),
    ("Mbit", "megabit", "megabits"),
    ("Gbit", "gigabit", "gigabits"),
    ("TiB", "tebibyte", "tebibytes"),
    ("mm Hg", "millimeter of mercury", "millimeters of mercury"),
    ("mmHg", "millimeter of mercury", "millimeters of mercury"),
    ("mcg", "microgram", "micrograms"),
    ("dL", "deciliter", "deciliters"),
    ("dl", "deciliter", "deciliters"),
    ("dm", "decimeter", "decimeters"),
    ("mol", "mole", "moles"),
    ("mmol", "millimole", "millimoles"),
    ("IU", "international unit", "international units"),
    ("ppm", "part per million", "parts per million"),
    ("ppb", "part per billion", "parts per billion"),
    ("kts", "knot", "knots"),
    ("qt", "quart", "quarts"),
    ("pcs", "piece", "pieces"),
    ("deg", "degree", "degrees"),
    ("kN", "kilonewton", "kilonewtons"),
    ("Nm", "newton meter", "newton meters"),
    ("lx", "lux", "lux"),
    ("mV", "millivolt", "millivolts"),
    ("mW", "milliwatt", "milliwatts"),
    ("Wh", "watt hour", "watt hours"),
    ("GWh", "gigawatt hour", "gigawatt hours"),
    ("MPa", "megapascal", "megapascals"),
    ("kΩ", "kiloohm", "kiloohms"),
    ("MΩ", "megaohm", "megaohms"),
    ("kgs", "kilogram", "kilograms"),
    ("kms", "kilometer", "kilometers"),
    ("cms", "centimeter", "centimeters"),
    ("mls", "milliliter", "milliliters"),
    ("gms", "gram", "grams"),
    ("mos", "month", "months"),
    ("mos.", "month", "months"),
    ("sqft", "square foot", "square feet"),
    ("sqm", "square meter", "square meters"),
];
/// Known in whatever case they are written.
const ANY_CASE: &[&str] = &[
    "km", "cm", "mm", "kg", "mg", "lb", "lbs", "oz", "ml", "ft", "yd", "yds", "mph", "kph", "kmh",
    "mpg", "rpm", "psi", "hz", "khz", "mhz", "ghz", "kb", "mb", "gb", "tb", "kbps", "mbps", "gbps",
    "tbps", "kwh", "mwh", "mah", "hr", "hrs", "min", "mins", "sec", "secs", "yrs", "dpi", "fps",
    "bpm", "gal", "tsp", "tbsp", "kcal", "px", "mmhg", "kpa", "ppm", "mbit", "gbit", "sqft", "kw",
    "kgs", "kms", "cms", "mls",
];

patterns! {
    NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?:\.[0-9]+)?";
    SCALE = r"\x20(?:thousand|million|billion|trillion)\b";
    UNIT = r"(?:sq\.?\x20(?:ft\.?|m\b|km|mi)|fl\.?\x20oz\.?|mm\x20Hg\b|[%‰]|[°º]\x20?[CF]\b|[°º][NSEWcf]\b|[°º]|[a-zA-ZμΩ]{1,4})";
    PER = r"/([a-zA-Z]{1,4})([²³23]?)";
    POWER = r"(?:\^?([23])\b|[²³]+)";
}

/// `5 km`, `10kg`, `25°C`, `100 MB/s`, `10 m²`, `50%`, `2 million km`.
pub(super) fn measure(place: &Place<'_>) -> Option<Reading> {
    let written = place.captures(&NUMBER)?.get(0)?.as_str();
    if written.is_empty() || super::joined(place) {
        return None;
    }
    let scale = match_at(&SCALE, place.after(written.len()));
    let after_number = written.len() + scale.len();
    let rest = place.after(after_number);
    let spaced = rest.starts_with([' ', '-']);
    let unit = match_at(&UNIT, rest.get(usize::from(spaced)..)?);
    let adjective = rest.starts_with('-');
    let mut length = after_number + usize::from(spaced) + unit.len();
    let (power, after) = exponent(place.after(length), unit);
    let raised = place.after(length).get(..power).unwrap_or_default();
    length += power;
    if !ends(after) || doubtful(unit, spaced, after) {
        return None;
    }
    let singular = adjective || behind_article(place, after) || written == "1" && scale.is_empty();
    let mut name = named(unit, singular)?.to_owned();
    if let Some((per, bytes)) = per(after) {
        name = format!("{name} per {per}");
        length += bytes;
    } else if power == 0
        && !unit.ends_with('.')
        && is_shortened(unit)
        && after.starts_with('.')
        && !ends_sentence(after)
    {
        length += 1;
    }
    let raised = raised.trim_start_matches('^');
    let power = match raised {
        "" => "",
        "²" | "2" => "square ",
        _ => "cubic ",
    };
    Some(Reading::new(
        length,
        format!("{}{scale} {power}{name}", number::amount(written)),
    ))
}

/// The unit behind a number that is already read, and its bytes with the space before.
pub(super) fn unit(rest: &str, singular: bool) -> Option<(&'static str, usize)> {
    let unit = match_at(&UNIT, rest.strip_prefix(' ')?);
    let after = rest.get(1 + unit.len()..)?;
    let name = named(unit, singular).filter(|_| ends(after) && !doubtful(unit, true, after))?;
    let stop = is_shortened(unit) && after.starts_with('.') && !ends_sentence(after);
    Some((name, 1 + unit.len() + usize::from(stop)))
}

fn match_at<'a>(pattern: &Pattern, text: &'a str) -> &'a str {
    pattern.find(text).map_or("", |found| found.as_str())
}

/// `a 10 km run`: the unit says what kind of thing it is.
pub(super) fn behind_article(place: &Place<'_>, after: &str) -> bool {
    let noun = after.starts_with(' ') && after.trim_start().starts_with(char::is_lowercase);
    noun && ["a", "an"].contains(&place.previous_word().to_lowercase().as_str())
}

/// The bytes of a 2 or 3 behind a unit, raised or behind a length, and what follows.
fn exponent<'a>(rest: &'a str, unit: &str) -> (usize, &'a str) {
    let length = ["m", "km", "cm", "mm", "ft", "mi", "yd"].contains(&unit);
    let found = POWER
        .captures(rest)
        .filter(|found| found.get(1).is_none() || length);
    let bytes = found.map_or(0, |found| found[0].len());
    (bytes, rest.get(bytes..).unwrap_or_default())
}

/// The name of a unit stands here.
pub(super) fn is_unit(written: &str) -> bool {
    named(written, true).is_some()
}

fn named(unit: &str, singular: bool) -> Option<&'static str> {
    let bare = unit
        .replace('º', "°")
        .replace("° ", "°")
        .replace("°c", "°C")
        .replace("°f", "°F");
    let by = |same: &dyn Fn(&str) -> bool| UNITS.iter().find(|(symbol, ..)| same(symbol));
    let lower = unit.to_lowercase();
    let (_, one, many) = by(&|symbol| symbol == bare || symbol == unit).or_else(|| {
        by(&|symbol| symbol.to_lowercase() == lower).filter(|_| ANY_CASE.contains(&lower.as_str()))
    })?;
    Some(if singular { one } else { many })
}

/// The unit after a slash: `km/h`, `m/s²`.
fn per(rest: &str) -> Option<(String, usize)> {
    let found = PER.captures(rest)?;
    let name = named(&found[1], true).or((&found[1] == "day").then_some("day"))?;
    let length = name.ends_with("meter") || name == "foot" || name == "inch" || name == "mile";
    let spoken = match &found[2] {
        "" => name.to_owned(),
        "²" | "2" if length => format!("square {name}"),
        "³" | "3" if length => format!("cubic {name}"),
        "²" | "2" => format!("{name} squared"),
        _ => format!("{name} cubed"),
    };
    ends(rest.get(found[0].len()..)?).then(|| (spoken, found[0].len()))
}

/// Symbols that mean something else unless they stand in the right company.
fn doubtful(unit: &str, spaced: bool, after: &str) -> bool {
    match unit {
        "in" => spaced && !after.is_empty() && !after.starts_with(['.', ',', ')', 'x', ';']),
        "K" | "mo" | "V" | "MP" => !spaced,
        "s" => after.starts_with('\''),
        _ => false,
    }
}

fn is_shortened(unit: &str) -> bool {
    named(&format!("{unit}."), true).is_some()
}

/// The stop at the head of `after` is the last sign of the sentence.
fn ends_sentence(after: &str) -> bool {
    !after.contains(char::is_alphanumeric)
}
