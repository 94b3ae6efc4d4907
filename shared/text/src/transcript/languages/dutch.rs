//! Dutch numbers, money, abbreviations and signs.

use crate::transcript::spelling::{Currency, Fraction, Gender::Masculine, Noun, Ordinal, Spelling};

pub(super) const SPELLING: Spelling = Spelling {
    spaced: true,
    cardinal,
    ordinal: |ordinal: &Ordinal<'_>| nth(ordinal.number),
    ordinal_pattern: Some("([0-9]+)(ste|de|e)"),
    thousands: &['.', ' '],
    decimal: ',',
    fraction: Fraction::Number("komma"),
    minus: "min",
    percent: |words, _| format!("{words} procent"),
    counted,
    currencies: &[
        Currency {
            sign: "€",
            whole: Noun::fixed("euro"),
            part: Some(Noun::fixed("cent")),
        },
        Currency {
            sign: "$",
            whole: Noun::fixed("dollar"),
            part: Some(Noun::fixed("cent")),
        },
        Currency {
            sign: "£",
            whole: Noun::fixed("pond"),
            part: Some(Noun::new("penny", "pence", Masculine)),
        },
        Currency {
            sign: "¥",
            whole: Noun::fixed("yen"),
            part: None,
        },
    ],
    and: " en ",
    symbols: &[
        ('&', "en"),
        ('@', "at"),
        ('%', "procent"),
        ('#', "hekje"),
        ('$', "dollar"),
        ('£', "pond"),
        ('€', "euro"),
        ('°', "graden"),
        ('+', "plus"),
        ('=', "is gelijk aan"),
        ('×', "keer"),
    ],
    abbreviations: &[
        ("dhr.", "de heer"),
        ("mevr.", "mevrouw"),
        ("mw.", "mevrouw"),
        ("dr.", "dokter"),
        ("drs.", "doctorandus"),
        ("ir.", "ingenieur"),
        ("prof.", "professor"),
        ("mr.", "meester"),
        ("jhr.", "jonkheer"),
        ("st.", "sint"),
        ("jr.", "junior"),
        ("nr.", "nummer"),
        ("tel.", "telefoon"),
        ("blz.", "bladzijde"),
        ("bijv.", "bijvoorbeeld"),
        ("bv.", "bijvoorbeeld"),
        ("d.w.z.", "dat wil zeggen"),
        ("o.a.", "onder andere"),
        ("t.o.v.", "ten opzichte van"),
        ("m.b.t.", "met betrekking tot"),
        ("i.p.v.", "in plaats van"),
        ("enz.", "enzovoort"),
        ("etc.", "et cetera"),
        ("ca.", "circa"),
        ("incl.", "inclusief"),
        ("excl.", "exclusief"),
        ("v.chr.", "voor christus"),
        ("n.chr.", "na christus"),
        ("km/h", "kilometer per uur"),
        ("u", "uur"),
        ("°c", "graden celsius"),
        ("°f", "graden fahrenheit"),
        ("km", "kilometer"),
        ("kg", "kilo"),
        ("cm", "centimeter"),
    ],
};

const UNITS: [&str; 20] = [
    "nul",
    "een",
    "twee",
    "drie",
    "vier",
    "vijf",
    "zes",
    "zeven",
    "acht",
    "negen",
    "tien",
    "elf",
    "twaalf",
    "dertien",
    "veertien",
    "vijftien",
    "zestien",
    "zeventien",
    "achttien",
    "negentien",
];
const TENS: [&str; 10] = [
    "", "", "twintig", "dertig", "veertig", "vijftig", "zestig", "zeventig", "tachtig", "negentig",
];
const SCALES: [(u64, &str); 3] = [
    (1_000_000_000_000, "biljoen"),
    (1_000_000_000, "miljard"),
    (1_000_000, "miljoen"),
];

fn cardinal(number: u64) -> String {
    let mut words = Vec::new();
    let mut rest = number;
    for (scale, name) in SCALES {
        match rest / scale {
            0 => {}
            count => words.push(format!("{} {name}", below_thousand(count))),
        }
        rest %= scale;
    }
    if rest > 0 || number == 0 {
        words.push(below_million(rest));
    }
    words.join(" ")
}

/// Numbers that may be years are said as such: `negentienhonderdvierentachtig`.
fn below_million(number: u64) -> String {
    match (number / 1000, number % 1000) {
        (0, _) => below_thousand(number),
        (1, 100..) => below_ten_thousand(number),
        (1, 0) => "duizend".to_owned(),
        (1, rest) => format!("duizend {}", below_thousand(rest)),
        (thousands, 0) => format!("{}duizend", below_thousand(thousands)),
        (thousands, rest) => {
            format!(
                "{}duizend {}",
                below_thousand(thousands),
                below_thousand(rest)
            )
        }
    }
}

fn below_ten_thousand(number: u64) -> String {
    let hundreds = format!("{}honderd", below_hundred(number / 100));
    match number % 100 {
        0 => hundreds,
        rest => hundreds + &below_hundred(rest),
    }
}

fn below_thousand(number: u64) -> String {
    match (number / 100, number % 100) {
        (0, _) => below_hundred(number),
        (1, 0) => "honderd".to_owned(),
        (1, rest) => format!("honderd{}", below_hundred(rest)),
        _ => below_ten_thousand(number),
    }
}

fn below_hundred(number: u64) -> String {
    let tens = TENS[(number / 10) as usize];
    match number % 10 {
        _ if number < 20 => UNITS[number as usize].to_owned(),
        0 => tens.to_owned(),
        units @ (2 | 3) => format!("{}ën{tens}", UNITS[units as usize]),
        units => format!("{}en{tens}", UNITS[units as usize]),
    }
}

fn counted(number: u64, noun: &Noun) -> String {
    let name = if number == 1 { noun.one } else { noun.many };
    format!("{} {name}", cardinal(number))
}

fn nth(number: u64) -> String {
    let words = cardinal(number);
    let change = |from: &str, to: &str| words.strip_suffix(from).map(|stem| stem.to_owned() + to);
    let changed = match number % 100 {
        1 => change("een", "eerste"),
        3 => change("drie", "derde"),
        8 => change("acht", "achtste"),
        2..20 => Some(format!("{words}de")),
        _ if number == 0 => Some("nulde".to_owned()),
        _ => None,
    };
    changed.unwrap_or_else(|| words.clone() + "ste")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_words() {
        for (number, words) in [
            (0, "nul"),
            (7, "zeven"),
            (16, "zestien"),
            (21, "eenentwintig"),
            (22, "tweeëntwintig"),
            (71, "eenenzeventig"),
            (80, "tachtig"),
            (99, "negenennegentig"),
            (100, "honderd"),
            (101, "honderdeen"),
            (200, "tweehonderd"),
            (999, "negenhonderdnegenennegentig"),
            (1000, "duizend"),
            (1001, "duizend een"),
            (1500, "vijftienhonderd"),
            (1984, "negentienhonderdvierentachtig"),
            (2024, "tweeduizend vierentwintig"),
            (1_000_000, "een miljoen"),
            (2_500_000, "twee miljoen vijfhonderdduizend"),
        ] {
            assert_eq!(cardinal(number), words);
        }
    }

    #[test]
    fn ordinals_have_words() {
        for (number, words) in [
            (1, "eerste"),
            (2, "tweede"),
            (3, "derde"),
            (8, "achtste"),
            (12, "twaalfde"),
            (20, "twintigste"),
            (21, "eenentwintigste"),
            (100, "honderdste"),
            (101, "honderdeerste"),
            (1000, "duizendste"),
            (1_000_000, "een miljoenste"),
        ] {
            assert_eq!(nth(number), words);
        }
    }
}
