//! Czech numbers, money, abbreviations and signs.

use super::slavic::{Counting, Form, parted};
use crate::transcript::{
    figures::as_number,
    spelling::{
        Currency, Fraction,
        Gender::{self, Feminine, Masculine, Neuter},
        Noun, Ordinal, Spelling,
    },
};

pub(super) const SPELLING: Spelling = Spelling {
    spaced: true,
    cardinal,
    ordinal: |ordinal: &Ordinal<'_>| nth(ordinal.number),
    ordinal_pattern: Some(r"([0-9]+)(\.)"),
    thousands: &[' ', '.'],
    decimal: ',',
    fraction: Fraction::Own(decimal),
    minus: "minus",
    percent: |words, whole| {
        let noun = whole.map_or("procenta", |whole| COUNTING.noun(whole, &PERCENT));
        match whole {
            Some(whole) => format!("{} {noun}", COUNTING.cardinal(whole, Neuter)),
            None => format!("{words} {noun}"),
        }
    },
    counted: |number, noun| COUNTING.counted(number, noun),
    currencies: &[
        Currency {
            sign: "kč",
            whole: CROWN,
            part: Some(HALER),
        },
        Currency {
            sign: "czk",
            whole: CROWN,
            part: Some(HALER),
        },
        Currency {
            sign: "€",
            whole: Noun::slavic("euro", "eura", "eur", Neuter),
            part: Some(CENT),
        },
        Currency {
            sign: "$",
            whole: Noun::slavic("dolar", "dolary", "dolarů", Masculine),
            part: Some(CENT),
        },
        Currency {
            sign: "£",
            whole: Noun::slavic("libra", "libry", "liber", Feminine),
            part: Some(Noun::slavic("pence", "pence", "pencí", Feminine)),
        },
    ],
    and: " a ",
    symbols: &[
        ('&', "a"),
        ('@', "zavináč"),
        ('%', "procent"),
        ('#', "křížek"),
        ('$', "dolarů"),
        ('£', "liber"),
        ('€', "eur"),
        ('°', "stupňů"),
        ('+', "plus"),
        ('=', "rovná se"),
        ('×', "krát"),
    ],
    abbreviations: &[
        ("p.", "pan"),
        ("pí.", "paní"),
        ("sl.", "slečna"),
        ("dr.", "doktor"),
        ("mudr.", "doktor"),
        ("ing.", "inženýr"),
        ("mgr.", "magistr"),
        ("prof.", "profesor"),
        ("doc.", "docent"),
        ("sv.", "svatý"),
        ("ul.", "ulice"),
        ("nám.", "náměstí"),
        ("č.", "číslo"),
        ("str.", "strana"),
        ("tel.", "telefon"),
        ("hod.", "hodin"),
        ("např.", "například"),
        ("tj.", "to jest"),
        ("tzv.", "takzvaný"),
        ("tzn.", "to znamená"),
        ("atd.", "a tak dále"),
        ("apod.", "a podobně"),
        ("cca", "cirka"),
        ("tis.", "tisíc"),
        ("mil.", "milionů"),
        ("mld.", "miliard"),
        ("př. n. l.", "před naším letopočtem"),
        ("n. l.", "našeho letopočtu"),
        ("km/h", "kilometrů za hodinu"),
        ("h", "hodin"),
        ("°c", "stupňů celsia"),
        ("°f", "stupňů fahrenheita"),
        ("km", "kilometrů"),
        ("kg", "kilogramů"),
        ("cm", "centimetrů"),
    ],
};

const CROWN: Noun = Noun::slavic("koruna", "koruny", "korun", Feminine);
const HALER: Noun = Noun::slavic("haléř", "haléře", "haléřů", Masculine);
const CENT: Noun = Noun::slavic("cent", "centy", "centů", Masculine);
const PERCENT: Noun = Noun::slavic("procento", "procenta", "procent", Neuter);
/// What whole numbers before a fraction are.
const WHOLE: Noun = Noun::slavic("celá", "celé", "celých", Feminine);

const COUNTING: Counting = Counting {
    below_thousand,
    scales: [
        Noun::slavic("tisíc", "tisíce", "tisíc", Masculine),
        Noun::slavic("milion", "miliony", "milionů", Masculine),
        Noun::slavic("miliarda", "miliardy", "miliard", Feminine),
        Noun::slavic("bilion", "biliony", "bilionů", Masculine),
    ],
    silent_ones: 4,
    zero: "nula",
    form,
};

const UNITS: [&str; 20] = [
    "",
    "jeden",
    "dva",
    "tři",
    "čtyři",
    "pět",
    "šest",
    "sedm",
    "osm",
    "devět",
    "deset",
    "jedenáct",
    "dvanáct",
    "třináct",
    "čtrnáct",
    "patnáct",
    "šestnáct",
    "sedmnáct",
    "osmnáct",
    "devatenáct",
];
const TENS: [&str; 10] = [
    "",
    "",
    "dvacet",
    "třicet",
    "čtyřicet",
    "padesát",
    "šedesát",
    "sedmdesát",
    "osmdesát",
    "devadesát",
];
const HUNDREDS: [&str; 10] = [
    "",
    "sto",
    "dvě stě",
    "tři sta",
    "čtyři sta",
    "pět set",
    "šest set",
    "sedm set",
    "osm set",
    "devět set",
];
const NTH: [&str; 20] = [
    "nultý",
    "první",
    "druhý",
    "třetí",
    "čtvrtý",
    "pátý",
    "šestý",
    "sedmý",
    "osmý",
    "devátý",
    "desátý",
    "jedenáctý",
    "dvanáctý",
    "třináctý",
    "čtrnáctý",
    "patnáctý",
    "šestnáctý",
    "sedmnáctý",
    "osmnáctý",
    "devatenáctý",
];
const NTH_TENS: [&str; 10] = [
    "",
    "",
    "dvacátý",
    "třicátý",
    "čtyřicátý",
    "padesátý",
    "šedesátý",
    "sedmdesátý",
    "osmdesátý",
    "devadesátý",
];
const NTH_HUNDREDS: [&str; 10] = [
    "",
    "stý",
    "dvoustý",
    "třístý",
    "čtyřstý",
    "pětistý",
    "šestistý",
    "sedmistý",
    "osmistý",
    "devítistý",
];

fn form(number: u64) -> Form {
    match number {
        1 => Form::One,
        2..=4 => Form::Few,
        _ => Form::Many,
    }
}

/// Without a noun one counts `jedna, dva`.
fn cardinal(number: u64) -> String {
    let words = COUNTING.cardinal(number, Masculine);
    match words.strip_suffix("jeden") {
        Some(above) => format!("{above}jedna"),
        None => words,
    }
}

fn below_thousand(number: u64, gender: Gender) -> String {
    parted(number, &HUNDREDS, &TENS, |unit| match (unit, gender) {
        (1, Feminine) => "jedna",
        (1, Neuter) => "jedno",
        (2, Feminine | Neuter) => "dvě",
        _ => UNITS[unit as usize],
    })
}

/// `dvě celé pět`.
fn decimal(whole: u64, figures: &str) -> String {
    let noun = if whole == 0 {
        WHOLE.one
    } else {
        COUNTING.noun(whole, &WHOLE)
    };
    let words = COUNTING.cardinal(whole, Feminine);
    format!("{words} {noun} {}", as_number(figures, &SPELLING))
}

/// Only tens and units are ordinals, or hundreds where nothing follows; whole thousands beyond the first have none here.
fn nth(number: u64) -> String {
    let (above, rest) = (number - number % 100, number % 100);
    let last = match rest {
        0 if number == 0 => NTH[0].to_owned(),
        0 => return nth_hundred(number),
        1..20 => NTH[rest as usize].to_owned(),
        _ if rest.is_multiple_of(10) => NTH_TENS[(rest / 10) as usize].to_owned(),
        _ => format!(
            "{} {}",
            NTH_TENS[(rest / 10) as usize],
            NTH[(rest % 10) as usize]
        ),
    };
    if above == 0 {
        last
    } else {
        format!("{} {last}", COUNTING.cardinal(above, Masculine))
    }
}

fn nth_hundred(number: u64) -> String {
    let (above, hundreds) = (number - number % 1000, number % 1000 / 100);
    match (above, hundreds) {
        (1000, 0) => "tisící".to_owned(),
        (_, 0) => COUNTING.cardinal(number, Masculine),
        (0, _) => NTH_HUNDREDS[hundreds as usize].to_owned(),
        _ => format!(
            "{} {}",
            COUNTING.cardinal(above, Masculine),
            NTH_HUNDREDS[hundreds as usize]
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_words() {
        for (number, words) in [
            (0, "nula"),
            (1, "jedna"),
            (7, "sedm"),
            (16, "šestnáct"),
            (21, "dvacet jedna"),
            (80, "osmdesát"),
            (100, "sto"),
            (101, "sto jedna"),
            (200, "dvě stě"),
            (999, "devět set devadesát devět"),
            (1000, "tisíc"),
            (1984, "tisíc devět set osmdesát čtyři"),
            (2000, "dva tisíce"),
            (1_000_000, "milion"),
            (2_500_000, "dva miliony pět set tisíc"),
            (2_000_000_000, "dvě miliardy"),
        ] {
            assert_eq!(cardinal(number), words);
        }
    }

    #[test]
    fn ordinals_fractions_and_nouns_have_words() {
        for (number, words) in [
            (1, "první"),
            (21, "dvacátý první"),
            (100, "stý"),
            (105, "sto pátý"),
            (1000, "tisící"),
        ] {
            assert_eq!(nth(number), words);
        }
        assert_eq!(decimal(0, "5"), "nula celá pět");
        assert_eq!(decimal(2, "05"), "dvě celé nula pět");
        assert_eq!(decimal(12, "56"), "dvanáct celých padesát šest");
        assert_eq!(COUNTING.counted(2, &CROWN), "dvě koruny");
        assert_eq!(COUNTING.counted(5, &CROWN), "pět korun");
        assert_eq!((SPELLING.percent)("", Some(1)), "jedno procento");
    }
}
