//! Spanish numbers, money, abbreviations and signs.

use crate::transcript::spelling::{
    Currency, Fraction,
    Gender::{self, Feminine, Masculine},
    Noun, Ordinal, Spelling,
};

pub(super) const SPELLING: Spelling = Spelling {
    spaced: true,
    cardinal,
    ordinal,
    ordinal_pattern: Some(r"([0-9]+)(\.?[ºª]|\.?er)"),
    thousands: &['.', ' '],
    decimal: ',',
    fraction: Fraction::Number("coma"),
    minus: "menos",
    percent: |words, _| format!("{words} por ciento"),
    counted,
    currencies: &[
        Currency {
            sign: "€",
            whole: Noun::new("euro", "euros", Masculine),
            part: Some(Noun::new("céntimo", "céntimos", Masculine)),
        },
        Currency {
            sign: "$",
            whole: Noun::new("dólar", "dólares", Masculine),
            part: Some(CENTS),
        },
        Currency {
            sign: "us$",
            whole: Noun::new("dólar", "dólares", Masculine),
            part: Some(CENTS),
        },
        Currency {
            sign: "£",
            whole: Noun::new("libra", "libras", Feminine),
            part: Some(Noun::new("penique", "peniques", Masculine)),
        },
        Currency {
            sign: "¥",
            whole: Noun::new("yen", "yenes", Masculine),
            part: None,
        },
    ],
    and: " con ",
    symbols: &[
        ('&', "y"),
        ('@', "arroba"),
        ('%', "por ciento"),
        ('#', "numeral"),
        ('$', "dólares"),
        ('£', "libras"),
        ('€', "euros"),
        ('°', "grados"),
        ('+', "más"),
        ('=', "igual a"),
        ('×', "por"),
    ],
    abbreviations: &[
        ("sr.", "señor"),
        ("sra.", "señora"),
        ("srta.", "señorita"),
        ("sres.", "señores"),
        ("dr.", "doctor"),
        ("dra.", "doctora"),
        ("d.", "don"),
        ("dña.", "doña"),
        ("st.", "santo"),
        ("sta.", "santa"),
        ("sto.", "santo"),
        ("prof.", "profesor"),
        ("profa.", "profesora"),
        ("co.", "compañía"),
        ("cía.", "compañía"),
        ("jr.", "júnior"),
        ("ltd.", "limitada"),
        ("avda.", "avenida"),
        ("av.", "avenida"),
        ("pág.", "página"),
        ("págs.", "páginas"),
        ("núm.", "número"),
        ("n.º", "número"),
        ("nº", "número"),
        ("tel.", "teléfono"),
        ("ud.", "usted"),
        ("uds.", "ustedes"),
        ("vd.", "usted"),
        ("p. ej.", "por ejemplo"),
        ("p.ej.", "por ejemplo"),
        ("etc.", "etcétera"),
        ("ee. uu.", "estados unidos"),
        ("ee.uu.", "estados unidos"),
        ("a. c.", "antes de cristo"),
        ("d. c.", "después de cristo"),
        ("km/h", "kilómetros por hora"),
        ("h", "horas"),
        ("°c", "grados celsius"),
        ("°f", "grados fahrenheit"),
        ("km", "kilómetros"),
        ("kg", "kilos"),
        ("cm", "centímetros"),
    ],
};

const CENTS: Noun = Noun::new("centavo", "centavos", Masculine);

const UNITS: [&str; 30] = [
    "cero",
    "uno",
    "dos",
    "tres",
    "cuatro",
    "cinco",
    "seis",
    "siete",
    "ocho",
    "nueve",
    "diez",
    "once",
    "doce",
    "trece",
    "catorce",
    "quince",
    "dieciséis",
    "diecisiete",
    "dieciocho",
    "diecinueve",
    "veinte",
    "veintiuno",
    "veintidós",
    "veintitrés",
    "veinticuatro",
    "veinticinco",
    "veintiséis",
    "veintisiete",
    "veintiocho",
    "veintinueve",
];
const TENS: [&str; 10] = [
    "",
    "",
    "",
    "treinta",
    "cuarenta",
    "cincuenta",
    "sesenta",
    "setenta",
    "ochenta",
    "noventa",
];
const HUNDREDS: [&str; 10] = [
    "",
    "ciento",
    "doscientos",
    "trescientos",
    "cuatrocientos",
    "quinientos",
    "seiscientos",
    "setecientos",
    "ochocientos",
    "novecientos",
];
const FIRST: [&str; 13] = [
    "",
    "primero",
    "segundo",
    "tercero",
    "cuarto",
    "quinto",
    "sexto",
    "séptimo",
    "octavo",
    "noveno",
    "décimo",
    "undécimo",
    "duodécimo",
];
const TENTHS: [&str; 10] = [
    "",
    "décimo",
    "vigésimo",
    "trigésimo",
    "cuadragésimo",
    "quincuagésimo",
    "sexagésimo",
    "septuagésimo",
    "octogésimo",
    "nonagésimo",
];

/// How a number ends: as it is counted, before a noun, or before one in the feminine.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Alone,
    Before(Gender),
}

fn cardinal(number: u64) -> String {
    spoken(number, End::Alone)
}

fn counted(number: u64, noun: &Noun) -> String {
    let name = if number == 1 { noun.one } else { noun.many };
    let of = if number > 0 && number.is_multiple_of(1_000_000) {
        "de "
    } else {
        ""
    };
    format!("{} {of}{name}", spoken(number, End::Before(noun.gender)))
}

fn spoken(number: u64, end: End) -> String {
    let before = End::Before(Masculine);
    let (billions, rest) = (number / 1_000_000_000_000, number % 1_000_000_000_000);
    let (millions, rest) = (rest / 1_000_000, rest % 1_000_000);
    let mut words = Vec::new();
    for (count, one, many) in [
        (billions, "un billón", "billones"),
        (millions, "un millón", "millones"),
    ] {
        match count {
            0 => {}
            1 => words.push(one.to_owned()),
            _ => words.push(format!("{} {many}", below_million(count, before))),
        }
    }
    if rest > 0 || number == 0 {
        words.push(below_million(rest, end));
    }
    words.join(" ")
}

fn below_million(number: u64, end: End) -> String {
    let (thousands, rest) = (number / 1000, number % 1000);
    let thousand_end = match end {
        End::Alone => End::Before(Masculine),
        end @ End::Before(_) => end,
    };
    match (thousands, rest) {
        (0, _) => below_thousand(rest, end),
        (1, 0) => "mil".to_owned(),
        (1, _) => format!("mil {}", below_thousand(rest, end)),
        (_, 0) => format!("{} mil", below_thousand(thousands, thousand_end)),
        _ => format!(
            "{} mil {}",
            below_thousand(thousands, thousand_end),
            below_thousand(rest, end)
        ),
    }
}

fn below_thousand(number: u64, end: End) -> String {
    let (hundreds, rest) = (number / 100, number % 100);
    let hundred = match end {
        _ if number == 100 => "cien".to_owned(),
        End::Before(Feminine) if hundreds > 1 => HUNDREDS[hundreds as usize].replace("tos", "tas"),
        _ => HUNDREDS[hundreds as usize].to_owned(),
    };
    match (hundreds, rest) {
        (0, _) => below_hundred(rest, end),
        (_, 0) => hundred,
        _ => format!("{hundred} {}", below_hundred(rest, end)),
    }
}

fn below_hundred(number: u64, end: End) -> String {
    match (number, end) {
        (1, End::Before(Feminine)) => "una".to_owned(),
        (1, End::Before(_)) => "un".to_owned(),
        (21, End::Before(Feminine)) => "veintiuna".to_owned(),
        (21, End::Before(_)) => "veintiún".to_owned(),
        (0..30, _) => UNITS[number as usize].to_owned(),
        _ => {
            let tens = TENS[(number / 10) as usize];
            match number % 10 {
                0 => tens.to_owned(),
                units => format!("{tens} y {}", below_hundred(units, end)),
            }
        }
    }
}

fn ordinal(ordinal: &Ordinal<'_>) -> String {
    let Some(masculine) = nth(ordinal.number) else {
        return cardinal(ordinal.number);
    };
    if ordinal.mark.ends_with('ª') {
        return masculine
            .split(' ')
            .map(|word| {
                word.strip_suffix('o')
                    .map_or(word.to_owned(), |stem| stem.to_owned() + "a")
            })
            .collect::<Vec<_>>()
            .join(" ");
    }
    let is_short = masculine.ends_with("primero") || masculine.ends_with("tercero");
    if ordinal.mark.ends_with("er") && is_short {
        return masculine.trim_end_matches('o').to_owned();
    }
    masculine
}

/// Up to a hundred; beyond that, cardinals are said.
fn nth(number: u64) -> Option<String> {
    let (tens, units) = ((number / 10) as usize, (number % 10) as usize);
    match number {
        0 | 101.. => None,
        1..=12 => FIRST.get(number as usize).map(|&word| word.to_owned()),
        13..20 => FIRST.get(units).map(|unit| format!("decimo{unit}")),
        100 => Some("centésimo".to_owned()),
        _ if units == 0 => TENTHS.get(tens).map(|&word| word.to_owned()),
        _ => Some(format!("{} {}", TENTHS.get(tens)?, FIRST.get(units)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_words() {
        for (number, words) in [
            (0, "cero"),
            (16, "dieciséis"),
            (21, "veintiuno"),
            (71, "setenta y uno"),
            (99, "noventa y nueve"),
            (100, "cien"),
            (101, "ciento uno"),
            (200, "doscientos"),
            (999, "novecientos noventa y nueve"),
            (1000, "mil"),
            (1001, "mil uno"),
            (1984, "mil novecientos ochenta y cuatro"),
            (21_000, "veintiún mil"),
            (100_000, "cien mil"),
            (1_000_000, "un millón"),
            (2_500_000, "dos millones quinientos mil"),
            (1_000_000_000, "mil millones"),
            (3_000_000_000_001, "tres billones uno"),
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
        assert_eq!(said(1, "º"), "primero");
        assert_eq!(said(1, "er"), "primer");
        assert_eq!(said(3, "ª"), "tercera");
        assert_eq!(said(17, "º"), "decimoséptimo");
        assert_eq!(said(21, "ª"), "vigésima primera");
        assert_eq!(said(250, "º"), "doscientos cincuenta");
        let pounds = Noun::new("libra", "libras", Feminine);
        assert_eq!(counted(201, &pounds), "doscientas una libras");
        assert_eq!(counted(2_000_000, &pounds), "dos millones de libras");
    }
}
