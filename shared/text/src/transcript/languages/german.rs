//! German numbers, money, abbreviations and signs.

use crate::transcript::spelling::{
    Currency, Fraction,
    Gender::{Feminine, Masculine, Neuter},
    Noun, Ordinal, Spelling,
};

pub(super) const SPELLING: Spelling = Spelling {
    spaced: true,
    cardinal,
    ordinal,
    ordinal_pattern: Some(r"([0-9]+)(\.|ten?|sten?|ern?)"),
    thousands: &['.', ' ', '\''],
    decimal: ',',
    fraction: Fraction::Figures("komma"),
    minus: "minus",
    percent: |words, _| format!("{words} prozent"),
    counted,
    currencies: &[
        Currency {
            sign: "€",
            whole: Noun::new("euro", "euro", Masculine),
            part: Some(CENT),
        },
        Currency {
            sign: "$",
            whole: Noun::new("dollar", "dollar", Masculine),
            part: Some(CENT),
        },
        Currency {
            sign: "£",
            whole: Noun::new("pfund", "pfund", Neuter),
            part: Some(Noun::new("penny", "pence", Masculine)),
        },
        Currency {
            sign: "chf",
            whole: Noun::new("franken", "franken", Masculine),
            part: Some(Noun::new("rappen", "rappen", Masculine)),
        },
        Currency {
            sign: "¥",
            whole: Noun::new("yen", "yen", Masculine),
            part: None,
        },
    ],
    and: " und ",
    symbols: &[
        ('&', "und"),
        ('@', "at"),
        ('%', "prozent"),
        ('#', "raute"),
        ('$', "dollar"),
        ('£', "pfund"),
        ('€', "euro"),
        ('°', "grad"),
        ('§', "paragraf"),
        ('+', "plus"),
        ('=', "gleich"),
        ('×', "mal"),
    ],
    abbreviations: &[
        ("fr.", "frau"),
        ("hr.", "herr"),
        ("hrn.", "herrn"),
        ("dr.", "doktor"),
        ("prof.", "professor"),
        ("dipl.-ing.", "diplomingenieur"),
        ("st.", "sankt"),
        ("str.", "straße"),
        ("co.", "co"),
        ("jr.", "junior"),
        ("nr.", "nummer"),
        ("z.b.", "zum beispiel"),
        ("z. b.", "zum beispiel"),
        ("d.h.", "das heißt"),
        ("d. h.", "das heißt"),
        ("u.a.", "unter anderem"),
        ("u. a.", "unter anderem"),
        ("z.t.", "zum teil"),
        ("z. t.", "zum teil"),
        ("i.d.r.", "in der regel"),
        ("i. d. r.", "in der regel"),
        ("v. chr.", "vor christus"),
        ("n. chr.", "nach christus"),
        ("usw.", "und so weiter"),
        ("etc.", "et cetera"),
        ("bzw.", "beziehungsweise"),
        ("vgl.", "vergleiche"),
        ("ca.", "circa"),
        ("evtl.", "eventuell"),
        ("ggf.", "gegebenenfalls"),
        ("inkl.", "inklusive"),
        ("max.", "maximal"),
        ("min.", "minuten"),
        ("mio.", "millionen"),
        ("mrd.", "milliarden"),
        ("tel.", "telefon"),
        ("abb.", "abbildung"),
        ("bd.", "band"),
        ("km/h", "kilometer pro stunde"),
        ("h", "stunden"),
        ("°c", "grad celsius"),
        ("°f", "grad fahrenheit"),
        ("km", "kilometer"),
        ("kg", "kilogramm"),
        ("cm", "zentimeter"),
    ],
};

const CENT: Noun = Noun::new("cent", "cent", Masculine);

const UNITS: [&str; 20] = [
    "null",
    "ein",
    "zwei",
    "drei",
    "vier",
    "fünf",
    "sechs",
    "sieben",
    "acht",
    "neun",
    "zehn",
    "elf",
    "zwölf",
    "dreizehn",
    "vierzehn",
    "fünfzehn",
    "sechzehn",
    "siebzehn",
    "achtzehn",
    "neunzehn",
];
const TENS: [&str; 10] = [
    "", "", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig",
];
const SCALES: [(u64, &str, &str); 3] = [
    (1_000_000_000_000, "eine billion", "billionen"),
    (1_000_000_000, "eine milliarde", "milliarden"),
    (1_000_000, "eine million", "millionen"),
];

fn cardinal(number: u64) -> String {
    let words = before_noun(number);
    if number % 100 == 1 {
        words + "s"
    } else {
        words
    }
}

/// `ein`, as before a noun or a word for a large number.
fn before_noun(number: u64) -> String {
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

/// Numbers that may be years are said as such: `neunzehnhundertvierundachtzig`.
fn below_million(number: u64) -> String {
    let (unit, name) = match number {
        1100..2000 => (100, "hundert"),
        1000.. => (1000, "tausend"),
        100.. => (100, "hundert"),
        _ => return below_hundred(number),
    };
    let count = below_million(number / unit);
    match number % unit {
        0 => count + name,
        rest => count + name + &below_million(rest),
    }
}

fn below_hundred(number: u64) -> String {
    let tens = TENS[(number / 10) as usize];
    match (number, number % 10) {
        (0..20, _) => UNITS[number as usize].to_owned(),
        (_, 0) => tens.to_owned(),
        (_, units) => format!("{}und{tens}", UNITS[units as usize]),
    }
}

fn counted(number: u64, noun: &Noun) -> String {
    let name = if number == 1 { noun.one } else { noun.many };
    if number == 1 && noun.gender == Feminine {
        return format!("eine {name}");
    }
    format!("{} {name}", before_noun(number))
}

/// The word before tells the ending: `am ersten`, `ein erster`, `der erste`. Decades are marked as well: `1990er`.
fn ordinal(ordinal: &Ordinal<'_>) -> String {
    if ordinal.mark.starts_with("er") {
        return before_noun(ordinal.number) + ordinal.mark;
    }
    let ending = match ordinal.before {
        "am" | "beim" | "bis" | "dem" | "den" | "des" | "im" | "seit" | "vom" | "zum" | "zur" => {
            "en"
        }
        "ein" | "kein" | "mein" | "sein" | "ihr" => "er",
        _ => "e",
    };
    nth(ordinal.number) + ending
}

/// Without its ending: `erst`, `zwanzigst`.
fn nth(number: u64) -> String {
    let words = before_noun(number);
    let change = |from: &str, to: &str| words.strip_suffix(from).map(|stem| stem.to_owned() + to);
    let changed = match number % 100 {
        1 => change("ein", "erst"),
        3 => change("drei", "dritt"),
        7 => change("sieben", "siebt"),
        8 => change("acht", "acht"),
        _ if number == 0 => Some("nullt".to_owned()),
        2..20 => Some(format!("{words}t")),
        _ if number.is_multiple_of(1_000_000) => change("en", "st").or_else(|| change("e", "st")),
        _ => None,
    };
    changed.unwrap_or_else(|| words.clone() + "st")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_words() {
        for (number, words) in [
            (0, "null"),
            (1, "eins"),
            (7, "sieben"),
            (16, "sechzehn"),
            (21, "einundzwanzig"),
            (71, "einundsiebzig"),
            (80, "achtzig"),
            (100, "einhundert"),
            (101, "einhunderteins"),
            (999, "neunhundertneunundneunzig"),
            (1000, "eintausend"),
            (1001, "eintausendeins"),
            (1984, "neunzehnhundertvierundachtzig"),
            (2024, "zweitausendvierundzwanzig"),
            (21_500, "einundzwanzigtausendfünfhundert"),
            (1_000_000, "eine million"),
            (2_500_000, "zwei millionen fünfhunderttausend"),
            (1_000_000_001, "eine milliarde eins"),
        ] {
            assert_eq!(cardinal(number), words);
        }
    }

    #[test]
    fn ordinals_take_the_ending_that_the_word_before_asks_for() {
        let said = |number, before| {
            ordinal(&Ordinal {
                number,
                mark: ".",
                before,
            })
        };
        let decade = ordinal(&Ordinal {
            number: 1990,
            mark: "ern",
            before: "den",
        });
        assert_eq!(decade, "neunzehnhundertneunzigern");
        assert_eq!(said(1, "der"), "erste");
        assert_eq!(said(1, "am"), "ersten");
        assert_eq!(said(3, "ein"), "dritter");
        assert_eq!(said(7, ""), "siebte");
        assert_eq!(said(8, ""), "achte");
        assert_eq!(said(12, ""), "zwölfte");
        assert_eq!(said(21, ""), "einundzwanzigste");
        assert_eq!(said(100, ""), "einhundertste");
        assert_eq!(said(103, ""), "einhundertdritte");
        assert_eq!(said(1_000_000, ""), "eine millionste");
    }

    #[test]
    fn one_agrees_with_its_noun() {
        assert_eq!(counted(1, &CENT), "ein cent");
        assert_eq!(counted(101, &CENT), "einhundertein cent");
    }
}
