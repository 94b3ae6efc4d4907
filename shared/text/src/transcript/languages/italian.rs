//! Italian numbers, money, abbreviations and signs.

use crate::transcript::spelling::{
    Currency, Fraction,
    Gender::{Feminine, Masculine},
    Noun, Ordinal, Spelling,
};

pub(super) const SPELLING: Spelling = Spelling {
    spaced: true,
    cardinal,
    ordinal,
    ordinal_pattern: Some("([0-9]+)([º°ª])"),
    thousands: &['.', ' '],
    decimal: ',',
    fraction: Fraction::Number("virgola"),
    minus: "meno",
    percent: |words, _| format!("{words} per cento"),
    counted,
    currencies: &[
        Currency {
            sign: "€",
            whole: Noun::new("euro", "euro", Masculine),
            part: Some(Noun::new("centesimo", "centesimi", Masculine)),
        },
        Currency {
            sign: "$",
            whole: Noun::new("dollaro", "dollari", Masculine),
            part: Some(Noun::new("centesimo", "centesimi", Masculine)),
        },
        Currency {
            sign: "£",
            whole: Noun::new("sterlina", "sterline", Feminine),
            part: Some(Noun::new("penny", "pence", Masculine)),
        },
        Currency {
            sign: "¥",
            whole: Noun::new("yen", "yen", Masculine),
            part: None,
        },
    ],
    and: " e ",
    symbols: &[
        ('&', "e"),
        ('@', "chiocciola"),
        ('%', "per cento"),
        ('#', "cancelletto"),
        ('$', "dollari"),
        ('£', "sterline"),
        ('€', "euro"),
        ('°', "gradi"),
        ('+', "più"),
        ('=', "uguale"),
        ('×', "per"),
    ],
    abbreviations: &[
        ("sig.", "signor"),
        ("sig.ra", "signora"),
        ("sig.na", "signorina"),
        ("sigg.", "signori"),
        ("dott.", "dottor"),
        ("dott.ssa", "dottoressa"),
        ("dr.", "dottor"),
        ("prof.", "professor"),
        ("prof.ssa", "professoressa"),
        ("ing.", "ingegner"),
        ("avv.", "avvocato"),
        ("st.", "san"),
        ("s.", "san"),
        ("co.", "compagnia"),
        ("jr.", "junior"),
        ("ltd.", "limitata"),
        ("n.", "numero"),
        ("n°", "numero"),
        ("nº", "numero"),
        ("pag.", "pagina"),
        ("pagg.", "pagine"),
        ("tel.", "telefono"),
        ("p.es.", "per esempio"),
        ("p. es.", "per esempio"),
        ("ad es.", "ad esempio"),
        ("ecc.", "eccetera"),
        ("etc.", "eccetera"),
        ("a.c.", "avanti cristo"),
        ("d.c.", "dopo cristo"),
        ("km/h", "chilometri orari"),
        ("h", "ore"),
        ("°c", "gradi celsius"),
        ("°f", "gradi fahrenheit"),
        ("km", "chilometri"),
        ("kg", "chili"),
        ("cm", "centimetri"),
    ],
};

const UNITS: [&str; 20] = [
    "zero",
    "uno",
    "due",
    "tre",
    "quattro",
    "cinque",
    "sei",
    "sette",
    "otto",
    "nove",
    "dieci",
    "undici",
    "dodici",
    "tredici",
    "quattordici",
    "quindici",
    "sedici",
    "diciassette",
    "diciotto",
    "diciannove",
];
const TENS: [&str; 10] = [
    "",
    "",
    "venti",
    "trenta",
    "quaranta",
    "cinquanta",
    "sessanta",
    "settanta",
    "ottanta",
    "novanta",
];
const NTH: [&str; 11] = [
    "", "primo", "secondo", "terzo", "quarto", "quinto", "sesto", "settimo", "ottavo", "nono",
    "decimo",
];
const SCALES: [(u64, &str, &str); 2] = [
    (1_000_000_000, "un miliardo", "miliardi"),
    (1_000_000, "un milione", "milioni"),
];

fn cardinal(number: u64) -> String {
    let words = unaccented(number);
    match words.strip_suffix("tre") {
        Some(stem) if !stem.is_empty() && !stem.ends_with(' ') => format!("{stem}tré"),
        _ => words,
    }
}

/// Without the accent that a three at the end of a word has.
fn unaccented(number: u64) -> String {
    let mut words = Vec::new();
    let mut rest = number;
    for (scale, one, many) in SCALES {
        match rest / scale {
            0 => {}
            1 => words.push(one.to_owned()),
            count => words.push(format!("{} {many}", below_million(count))),
        }
        rest %= scale;
    }
    if rest > 0 || number == 0 {
        words.push(below_million(rest));
    }
    words.join(" ")
}

fn below_million(number: u64) -> String {
    let (thousands, rest) = (number / 1000, number % 1000);
    let thousand = match thousands {
        0 => return below_thousand(number),
        1 => "mille".to_owned(),
        _ => {
            let count = below_thousand(thousands);
            let count = count
                .strip_suffix("uno")
                .map_or(count.clone(), |stem| format!("{stem}un"));
            format!("{count}mila")
        }
    };
    match rest {
        0 => thousand,
        _ => thousand + &below_thousand(rest),
    }
}

fn below_thousand(number: u64) -> String {
    let (hundreds, rest) = (number / 100, number % 100);
    let hundred = match hundreds {
        0 => return below_hundred(number),
        1 => "cento".to_owned(),
        _ => format!("{}cento", UNITS[hundreds as usize]),
    };
    match rest {
        0 => hundred,
        8 | 80..90 => format!("{}{}", hundred.trim_end_matches('o'), below_hundred(rest)),
        _ => hundred + &below_hundred(rest),
    }
}

fn below_hundred(number: u64) -> String {
    if number < 20 {
        return UNITS[number as usize].to_owned();
    }
    let ten = TENS[(number / 10) as usize];
    match number % 10 {
        0 => ten.to_owned(),
        units @ (1 | 8) => format!(
            "{}{}",
            ten.trim_end_matches(['a', 'i']),
            UNITS[units as usize]
        ),
        units => format!("{ten}{}", UNITS[units as usize]),
    }
}

fn counted(number: u64, noun: &Noun) -> String {
    match (number, noun.gender) {
        (1, Feminine) => format!("una {}", noun.one),
        (1, _) => format!("un {}", noun.one),
        _ if number > 0 && number.is_multiple_of(1_000_000) => {
            format!("{} di {}", cardinal(number), noun.many)
        }
        _ => format!("{} {}", cardinal(number), noun.many),
    }
}

fn ordinal(ordinal: &Ordinal<'_>) -> String {
    let masculine = match ordinal.number {
        0 => "zeresimo".to_owned(),
        number @ 1..=10 => NTH[number as usize].to_owned(),
        number => nth(number),
    };
    match masculine.strip_suffix('o') {
        Some(stem) if ordinal.mark == "ª" => format!("{stem}a"),
        _ => masculine,
    }
}

/// The last vowel gives way to the ending, but not that of three and six.
fn nth(number: u64) -> String {
    let words = unaccented(number);
    if let Some(stem) = words.strip_suffix("mila") {
        return format!("{stem}millesimo");
    }
    let keeps = words.ends_with("tre") || words.ends_with("sei");
    let stem = if keeps {
        words.as_str()
    } else {
        words.trim_end_matches(['a', 'e', 'i', 'o'])
    };
    stem.trim_start_matches("un ").to_owned() + "esimo"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_words() {
        for (number, words) in [
            (0, "zero"),
            (3, "tre"),
            (16, "sedici"),
            (21, "ventuno"),
            (28, "ventotto"),
            (33, "trentatré"),
            (71, "settantuno"),
            (80, "ottanta"),
            (99, "novantanove"),
            (100, "cento"),
            (101, "centouno"),
            (108, "centotto"),
            (180, "centottanta"),
            (200, "duecento"),
            (999, "novecentonovantanove"),
            (1000, "mille"),
            (1001, "milleuno"),
            (1984, "millenovecentottantaquattro"),
            (21_000, "ventunmila"),
            (1_000_000, "un milione"),
            (2_500_000, "due milioni cinquecentomila"),
            (1_000_000_000_000, "mille miliardi"),
        ] {
            assert_eq!(cardinal(number), words);
        }
    }

    #[test]
    fn ordinals_and_nouns_agree() {
        let said = |number, mark| {
            ordinal(&Ordinal {
                number,
                mark,
                before: "",
            })
        };
        assert_eq!(said(2, "°"), "secondo");
        assert_eq!(said(2, "ª"), "seconda");
        assert_eq!(said(11, "º"), "undicesimo");
        assert_eq!(said(23, "º"), "ventitreesimo");
        assert_eq!(said(26, "º"), "ventiseiesimo");
        assert_eq!(said(100, "º"), "centesimo");
        assert_eq!(said(1000, "º"), "millesimo");
        assert_eq!(said(2000, "º"), "duemillesimo");
        assert_eq!(said(1_000_000, "º"), "milionesimo");
        assert_eq!(counted(1, &SPELLING.currencies[2].whole), "una sterlina");
        assert_eq!(
            counted(1_000_000, &SPELLING.currencies[0].whole),
            "un milione di euro"
        );
    }
}
