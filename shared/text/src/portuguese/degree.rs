//! Degrees: told from ordinals, whose sign many type for theirs, and the parts of an angle.

use super::{context::follows, gender::Gender::Masculine, number};
use crate::reading::{Place, Reading, patterns};

patterns! {
    SCALE = r"\x20?[CF](?:[^\p{L}\p{N}]|$)|[cf](?:[^\p{L}\p{N}/]|$)";
    UPPER_LIMIT = r"\x20?(?:[-–/]|a\b|e\b|ou\b|até\b)\x20?[+-]?[0-9]+(?:,[0-9]+)?\x20?[º°]\x20?[CF]\b";
    MINUTES = r"\x20?[0-9]{1,2}(?:,[0-9]+)?'";
    QUADRANT = r"\x20?[NSLOW](?:[^\p{L}\p{N}]|$)|\x20de\x20(?:latitude|longitude)";
    // No noun follows.
    ALONE = r"$|[^\p{L}\p{N}\x20]|\x20[^\p{Ll}]|\x20(?:e|a|à|às|em|n[oa]s?|hoje|ontem|amanhã|d[eao]s?|para|por|com|sob|durante|ou|mas|lá|aqui|até|nest[ae]|dentro|fora|negativos|positivos|que|quando|enquanto|este|esta|celsius|centígrados)\b";
    RANGE_BETWEEN = r"(?:\x20?[-–/]\x20?|,?\x20(?:a|e|ou|até)\x20)[+-]?$";
    HEAT_BEFORE = r"(?i).*\b(?:temperaturas?|mínimas?|máximas?|ângulos?|termômetros?|febre|forno|calor|rotação|inclinação|latitude|longitude|lat|long|térmica|aquecid[oa]|asse|máx|mín)\P{L}+
        (?:(?:de|a|em|é|foi|era|até|com|aos?|dos|os|entre|cerca|uns|quase|mais|menos|térmica|ficou|fica|ficará|hoje|ontem|atingiu|chegou|chega|vai|será|médi[ao]|prevista|tem|têm|mede|medem|que|passa|passou|marca|marcam|marcavam|marcou|marcaram|abaixo|acima)\x20){0,4}[+-]?$";
    WEATHER_BEFORE = r"(?i).*\b(?:fez|faz|fazia|fazendo|fará|fazem|virou|girou|gir[ea]r?|vir[ae]r?|giro|curva|volta)\x20
        (?:(?:de|a|em|até|cerca|uns|quase|mais|menos|hoje|ontem|agora|quase)\x20){0,3}[+-]?$";
    CLASS_BEFORE = r"(?i).*\b(?:o|do|no|ao|pelo|os|dos|nos|turmas?|alun[oa]s?|série|ano|classe)\x20$";
    ANGLE = r"([0-9]{1,3})°\x20?([0-9]{1,2}(?:,[0-9]+)?)'(?:\x20?([0-9]{1,2}(?:[.,][0-9]+)?)(?:''|\x22))?(?:\x20?([NSLOWE])\b)?";
    QUARTER = r"([0-9]{1,3}(?:[.,][0-9]+)?)\x20?°\x20?([NSLOWE])\b";
}

/// The text with `°` behind degrees and `º` behind ordinals.
pub(super) fn mark(text: &str) -> String {
    let mut marked = String::with_capacity(text.len());
    // Where the last degrees ended.
    let mut last = None;
    for (at, c) in text.char_indices() {
        let is_sign = matches!(c, 'º' | '°');
        let written = Written::before(text, at).filter(|_| is_sign);
        let Some(written) = written else {
            marked.push(c);
            continue;
        };
        let after = text.get(at + c.len_utf8()..).unwrap_or_default();
        let joins = last.is_some_and(|end| {
            let between = text.get(end..written.start).unwrap_or_default();
            RANGE_BETWEEN.is_match(between) && ALONE.is_match(after)
        });
        if joins || is_degree(&written, text, c, after) {
            last = Some(at + c.len_utf8());
            marked.push('°');
        } else {
            marked.push('º');
        }
    }
    marked
}

/// The number before a sign.
struct Written {
    start: usize,
    value: u32,
    decimal: bool,
}

impl Written {
    fn before(text: &str, sign: usize) -> Option<Self> {
        let before = text.get(..sign)?;
        let bare = before.strip_suffix(' ').unwrap_or(before);
        let number = |c: char| c.is_ascii_digit() || matches!(c, ',' | '.');
        let start = bare.trim_end_matches(number).len();
        let digits = bare.get(start..)?.trim_start_matches([',', '.']);
        if !digits.ends_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let whole = digits.split([',', '.']).next()?;
        Some(Self {
            start: bare.len() - digits.len(),
            value: whole.parse().unwrap_or(u32::MAX),
            decimal: digits.contains(','),
        })
    }
}

fn is_degree(written: &Written, text: &str, sign: char, after: &str) -> bool {
    let before = text.get(..written.start).unwrap_or_default();
    let two_figures = written.decimal || written.value > 9;
    if SCALE.is_match(after) {
        return two_figures || written.value == 0 || !follows(before, &CLASS_BEFORE);
    }
    let alone = ALONE.is_match(after);
    written.decimal
        || UPPER_LIMIT.is_match(after)
        || MINUTES.is_match(after)
        || two_figures && QUADRANT.is_match(after) && !follows(before, &CLASS_BEFORE)
        || alone && follows(before, &HEAT_BEFORE)
        || alone && two_figures && follows(before, &WEATHER_BEFORE)
        || alone && [180, 360].contains(&written.value) && !follows(before, &CLASS_BEFORE)
        || sign == '°' && is_plain(written, before, after, alone)
}

/// The sign of degrees, where neither a noun nor an article makes it one of ordinals.
fn is_plain(written: &Written, before: &str, after: &str, alone: bool) -> bool {
    let ends =
        !after.starts_with([' ', '/']) || !after.trim_start().starts_with(char::is_lowercase);
    let numbered = after.trim_start().starts_with(|c: char| c.is_ascii_digit());
    ends && !after.starts_with(char::is_alphanumeric) && !after.starts_with(['/', '-', '.'])
        || numbered
        || alone && written.value > 9 && !follows(before, &CLASS_BEFORE)
}

/// `23° 32' 14" S`, `45° N`.
pub(super) fn angle(place: &Place<'_>) -> Option<Reading> {
    if place.previous().is_some_and(char::is_alphanumeric) {
        return None;
    }
    if let Some(found) = place.captures(&ANGLE) {
        let part = |group: usize, one: &str, many: &str| {
            found.get(group).map(|part| {
                let name = if number::is_singular(part.as_str()) {
                    one
                } else {
                    many
                };
                format!("{} {name}", number::amount(part.as_str(), Masculine))
            })
        };
        let parts = [
            part(1, "grau", "graus"),
            part(2, "minuto", "minutos"),
            part(3, "segundo", "segundos"),
            found.get(4).map(|side| quarter(side.as_str()).to_owned()),
        ];
        let spoken: Vec<String> = parts.into_iter().flatten().collect();
        return Some(Reading::new(found[0].len(), spoken.join(", ")));
    }
    let found = place.captures(&QUARTER)?;
    let name = if number::is_singular(&found[1]) {
        "grau"
    } else {
        "graus"
    };
    let spoken = format!(
        "{} {name} {}",
        number::amount(&found[1], Masculine),
        quarter(&found[2])
    );
    Some(Reading::new(found[0].len(), spoken))
}

fn quarter(letter: &str) -> &'static str {
    match letter {
        "N" => "norte",
        "S" => "sul",
        "O" | "W" => "oeste",
        _ => "leste",
    }
}

#[cfg(test)]
mod tests {
    use super::mark;

    #[test]
    fn degrees_and_ordinals_have_their_signs() {
        for (written, expected) in [
            ("Máxima de 30ºC.", "Máxima de 30°C."),
            ("-5ºC", "-5°C"),
            ("30º C", "30° C"),
            ("a 30 ºC", "a 30 °C"),
            ("20º a 30ºC", "20° a 30°C"),
            (
                "mínima de 18º e máxima de 30º",
                "mínima de 18° e máxima de 30°",
            ),
            (
                "temperaturas entre 18º e 30º",
                "temperaturas entre 18° e 30°",
            ),
            ("ângulo de 90º", "ângulo de 90°"),
            ("Faz 38º hoje", "Faz 38° hoje"),
            ("23º32'S", "23°32'S"),
            ("45º N", "45° N"),
            ("37,5º", "37,5°"),
            ("4° andar", "4º andar"),
            ("1° de maio", "1º de maio"),
        ] {
            assert_eq!(mark(written), expected);
        }
    }

    #[test]
    fn ordinals_stay_ordinals() {
        for written in [
            "o 1º C",
            "a turma do 9ºC",
            "2º andar",
            "em 20º",
            "ficou em 10º e saiu",
            "faz 3º ano",
            "o 10º N",
            "máxima do 2º dia",
            "1º e 2º lugares",
            "n.º 5",
            "nº 30",
            "fez 10º lugar",
            "do 1º ao 5º ano",
        ] {
            assert_eq!(mark(written), written);
        }
    }
}
