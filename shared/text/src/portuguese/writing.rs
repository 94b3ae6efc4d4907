//! Signs that are typed for others: `30ºC` has the sign of ordinals, `1 000` a blank for the stop.
//!
//! Each is written as the rules of the language expect it, in as many bytes, so that every byte keeps its source.

use std::ops::Range;

use super::{context::follows, degree};
use crate::reading::patterns;

patterns! {
    GROUPED = r"([0-9]{1,3})((?:\x20[0-9]{3}){1,7})(,[0-9]+)?";
    GOES_ON = r"[0-9\p{L}]|[.:/][0-9]|-[0-9]+(?:[^0-9\x20]|$)|\x20[0-9]";
    // What only an amount has behind it.
    COUNTED = r"\x20?(?:%|€|£|[kcmdμ]?m[²³23]?\b|k?g\b|mg\b|m?[lL]\b|t\b|ha\b|km|kWh?\b|MWh?\b|reais\b|dólares\b|euros\b|mil(?:hão|hões)?\b|bilh|°C|ºC)|\x20\p{Ll}{3}";
    MONEY_BEFORE = r".*(?:R\$|US\$|\$|€|£|¥)\x20?-?$";
    LABEL_BEFORE = r"(?i).*(?:\b(?:capítulo|cap|quarto|sala|página|pág|casa|questão|item|rua|avenida|av|apartamento|apto|bloco|lote|dia|às|das|grupo|
        figura|fig|tabela|tab|artigo|art|lei|linha|voo|canal|código|senha|token|pin|protocolo|telefone|tel|fone|celular|whatsapp|ligue|cep|cpf|
        nº|número|n|nota|lista|sorteados?|números|dezenas|é|portão|box|loja)\.?:?\x20?|[0-9][,;:]?\x20|[0-9,./:\#+])$";
    AMOUNT_BEFORE = r"(?i).*\b(?:de|cerca|mais|menos|quase|até|uns|umas|são|tem|têm|há|custam?|vale|total|entre|por|ganha|pagou|com|perto|aproximadamente|somam?|foram|eram|acima|abaixo)\x20$";
}

/// The text with a stop between thousands, `°` for degrees and `º` for ordinals.
pub(super) fn uniform(text: &str) -> String {
    let mut uniform = text.to_owned();
    let mut previous = ' ';
    let mut skip = 0;
    for (at, c) in text.char_indices() {
        if c.is_ascii_digit() && !previous.is_alphanumeric() && at >= skip {
            for blank in thousands(text, at) {
                uniform.replace_range(blank..=blank, ".");
                skip = blank;
            }
        }
        previous = c;
    }
    degree::mark(&uniform)
}

/// Where blanks part the thousands of the number at `at`, and not several numbers.
fn thousands(text: &str, at: usize) -> Vec<usize> {
    let (before, rest) = text.split_at(at);
    let Some(found) = GROUPED.captures(rest) else {
        return Vec::new();
    };
    let groups = found.get(2).map_or(0..0, |groups| groups.range());
    let after = rest.get(found[0].len()..).unwrap_or_default();
    let plain = !rest.starts_with('0') && !GOES_ON.is_match(after);
    let parted = groups.clone().step_by(4).map(|blank| at + blank);
    let certain = || found.get(3).is_some() || follows(before, &MONEY_BEFORE);
    let likely = || !follows(before, &LABEL_BEFORE) && is_amount(before, rest, &groups, after);
    if plain && (certain() || likely()) {
        parted.collect()
    } else {
        Vec::new()
    }
}

/// Round, long, or counting something.
fn is_amount(before: &str, rest: &str, groups: &Range<usize>, after: &str) -> bool {
    let within = rest.get(groups.clone()).unwrap_or_default();
    let round = within.ends_with(" 000");
    let long = groups.len() > 4 && groups.start < 3;
    round || long || COUNTED.is_match(after) || follows(before, &AMOUNT_BEFORE)
}

#[cfg(test)]
mod tests {
    use super::uniform;

    #[test]
    fn blanks_between_thousands_become_stops() {
        for (written, expected) in [
            ("São 10 000 km.", "São 10.000 km."),
            ("R$ 1 500,00", "R$ 1.500,00"),
            ("1 000 000", "1.000.000"),
            ("2 500 000 habitantes", "2.500.000 habitantes"),
            ("2 300 ml", "2.300 ml"),
            ("de 1 200 a 1 500 pessoas", "de 1.200 a 1.500 pessoas"),
            ("10 000-20 000 km", "10.000-20.000 km"),
        ] {
            assert_eq!(uniform(written), expected);
        }
    }

    #[test]
    fn several_numbers_stay_apart() {
        for written in [
            "100 200 300",
            "capítulo 3 100 páginas",
            "sala 2 300",
            "Mega: 05 12 230",
            "em 2024 300 pessoas",
            "o código 482 913",
            "0800 123 456",
            "007 000",
            "1 234 5",
            "11 3456 7890",
            "dia 5 200 pessoas vieram",
            "A1 000",
            "10 000 000 0",
        ] {
            assert_eq!(uniform(written), written);
        }
    }
}
