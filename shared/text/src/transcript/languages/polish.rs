//! Polish numbers, money, abbreviations and signs.

use super::slavic::{Counting, Form, parted};
use crate::transcript::spelling::{
    Currency, Fraction,
    Gender::{self, Feminine, Masculine, Neuter},
    Noun, Ordinal, Spelling,
};

pub(super) const SPELLING: Spelling = Spelling {
    spaced: true,
    cardinal: |number| COUNTING.cardinal(number, Masculine),
    ordinal,
    ordinal_pattern: Some(
        r"([0-9]+)(\.|-?(?:sz[yae]|gie|gi|ga|cie|cia|ci|t[yae]|n[yae]|m[yae]|st[yae]))",
    ),
    thousands: &[' ', '.'],
    decimal: ',',
    fraction: Fraction::Number("przecinek"),
    minus: "minus",
    percent: |words, whole| match whole {
        Some(_) => format!("{words} procent"),
        None => format!("{words} procenta"),
    },
    counted: |number, noun| COUNTING.counted(number, noun),
    currencies: &[
        Currency {
            sign: "zł",
            whole: ZLOTY,
            part: Some(GROSZ),
        },
        Currency {
            sign: "pln",
            whole: ZLOTY,
            part: Some(GROSZ),
        },
        Currency {
            sign: "€",
            whole: Noun::new("euro", "euro", Neuter),
            part: Some(CENT),
        },
        Currency {
            sign: "$",
            whole: Noun::slavic("dolar", "dolary", "dolarów", Masculine),
            part: Some(CENT),
        },
        Currency {
            sign: "£",
            whole: Noun::slavic("funt", "funty", "funtów", Masculine),
            part: Some(Noun::slavic("pens", "pensy", "pensów", Masculine)),
        },
    ],
    and: " ",
    symbols: &[
        ('&', "i"),
        ('@', "małpa"),
        ('%', "procent"),
        ('#', "krzyżyk"),
        ('$', "dolarów"),
        ('£', "funtów"),
        ('€', "euro"),
        ('°', "stopni"),
        ('+', "plus"),
        ('=', "równa się"),
        ('×', "razy"),
    ],
    abbreviations: &[
        ("p.", "pan"),
        ("dr", "doktor"),
        ("dr.", "doktor"),
        ("mgr", "magister"),
        ("inż.", "inżynier"),
        ("prof.", "profesor"),
        ("św.", "święty"),
        ("jr.", "junior"),
        ("sp.", "spółka"),
        ("ul.", "ulica"),
        ("al.", "aleja"),
        ("pl.", "plac"),
        ("nr", "numer"),
        ("nr.", "numer"),
        ("str.", "strona"),
        ("tel.", "telefon"),
        ("godz.", "godzina"),
        ("np.", "na przykład"),
        ("tzn.", "to znaczy"),
        ("tzw.", "tak zwany"),
        ("m.in.", "między innymi"),
        ("m. in.", "między innymi"),
        ("itd.", "i tak dalej"),
        ("itp.", "i tym podobne"),
        ("ok.", "około"),
        ("tys.", "tysięcy"),
        ("mln", "milionów"),
        ("mld", "miliardów"),
        ("p.n.e.", "przed naszą erą"),
        ("n.e.", "naszej ery"),
        ("km/h", "kilometrów na godzinę"),
        ("h", "godzin"),
        ("°c", "stopni celsjusza"),
        ("°f", "stopni fahrenheita"),
        ("km", "kilometrów"),
        ("kg", "kilogramów"),
        ("cm", "centymetrów"),
    ],
};

const ZLOTY: Noun = Noun::slavic("złoty", "złote", "złotych", Masculine);
const GROSZ: Noun = Noun::slavic("grosz", "grosze", "groszy", Masculine);
const CENT: Noun = Noun::slavic("cent", "centy", "centów", Masculine);

const COUNTING: Counting = Counting {
    below_thousand,
    scales: [
        Noun::slavic("tysiąc", "tysiące", "tysięcy", Masculine),
        Noun::slavic("milion", "miliony", "milionów", Masculine),
        Noun::slavic("miliard", "miliardy", "miliardów", Masculine),
        Noun::slavic("bilion", "biliony", "bilionów", Masculine),
    ],
    silent_ones: 4,
    zero: "zero",
    form,
};

const UNITS: [&str; 20] = [
    "",
    "jeden",
    "dwa",
    "trzy",
    "cztery",
    "pięć",
    "sześć",
    "siedem",
    "osiem",
    "dziewięć",
    "dziesięć",
    "jedenaście",
    "dwanaście",
    "trzynaście",
    "czternaście",
    "piętnaście",
    "szesnaście",
    "siedemnaście",
    "osiemnaście",
    "dziewiętnaście",
];
const TENS: [&str; 10] = [
    "",
    "",
    "dwadzieścia",
    "trzydzieści",
    "czterdzieści",
    "pięćdziesiąt",
    "sześćdziesiąt",
    "siedemdziesiąt",
    "osiemdziesiąt",
    "dziewięćdziesiąt",
];
const HUNDREDS: [&str; 10] = [
    "",
    "sto",
    "dwieście",
    "trzysta",
    "czterysta",
    "pięćset",
    "sześćset",
    "siedemset",
    "osiemset",
    "dziewięćset",
];
const NTH: [&str; 20] = [
    "zerowy",
    "pierwszy",
    "drugi",
    "trzeci",
    "czwarty",
    "piąty",
    "szósty",
    "siódmy",
    "ósmy",
    "dziewiąty",
    "dziesiąty",
    "jedenasty",
    "dwunasty",
    "trzynasty",
    "czternasty",
    "piętnasty",
    "szesnasty",
    "siedemnasty",
    "osiemnasty",
    "dziewiętnasty",
];
const NTH_TENS: [&str; 10] = [
    "",
    "",
    "dwudziesty",
    "trzydziesty",
    "czterdziesty",
    "pięćdziesiąty",
    "sześćdziesiąty",
    "siedemdziesiąty",
    "osiemdziesiąty",
    "dziewięćdziesiąty",
];
const NTH_HUNDREDS: [&str; 10] = [
    "",
    "setny",
    "dwusetny",
    "trzechsetny",
    "czterechsetny",
    "pięćsetny",
    "sześćsetny",
    "siedemsetny",
    "osiemsetny",
    "dziewięćsetny",
];

fn form(number: u64) -> Form {
    match (number % 10, number % 100) {
        _ if number == 1 => Form::One,
        (2..=4, 12..=14) => Form::Many,
        (2..=4, _) => Form::Few,
        _ => Form::Many,
    }
}

/// `jeden` has genders only alone.
fn below_thousand(number: u64, gender: Gender) -> String {
    match (number, gender) {
        (1, Feminine) => "jedna".to_owned(),
        (1, Neuter) => "jedno".to_owned(),
        _ => parted(number, &HUNDREDS, &TENS, |unit| match (unit, gender) {
            (2, Feminine) => "dwie",
            _ => UNITS[unit as usize],
        }),
    }
}

fn ordinal(ordinal: &Ordinal<'_>) -> String {
    let masculine = nth(ordinal.number);
    let ending = match ordinal.mark.chars().next_back() {
        Some('a') => 'a',
        Some('e') => 'e',
        _ => return masculine,
    };
    let words = masculine.split(' ').map(|word| inflected(word, ending));
    words.collect::<Vec<_>>().join(" ")
}

/// `trzeci` to `trzecia`, `drugi` to `druga` and `drugie`; words that are no ordinals stay.
fn inflected(word: &str, ending: char) -> String {
    let is_ordinal =
        NTH.contains(&word) || NTH_TENS.contains(&word) || NTH_HUNDREDS.contains(&word);
    match (word, word.strip_suffix('y')) {
        (_, Some(stem)) if is_ordinal => format!("{stem}{ending}"),
        ("trzeci", _) => format!("trzeci{ending}"),
        ("drugi", _) if ending == 'a' => "druga".to_owned(),
        ("drugi", _) => "drugie".to_owned(),
        _ => word.to_owned(),
    }
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
        (1000, 0) => "tysięczny".to_owned(),
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
            (0, "zero"),
            (7, "siedem"),
            (16, "szesnaście"),
            (21, "dwadzieścia jeden"),
            (71, "siedemdziesiąt jeden"),
            (80, "osiemdziesiąt"),
            (100, "sto"),
            (101, "sto jeden"),
            (200, "dwieście"),
            (999, "dziewięćset dziewięćdziesiąt dziewięć"),
            (1000, "tysiąc"),
            (1001, "tysiąc jeden"),
            (1984, "tysiąc dziewięćset osiemdziesiąt cztery"),
            (2000, "dwa tysiące"),
            (12_000, "dwanaście tysięcy"),
            (1_000_000, "milion"),
            (2_500_000, "dwa miliony pięćset tysięcy"),
            (5_000_000_000, "pięć miliardów"),
        ] {
            assert_eq!(COUNTING.cardinal(number, Masculine), words);
        }
    }

    #[test]
    fn ordinals_and_nouns_agree() {
        for (number, words) in [
            (1, "pierwszy"),
            (21, "dwudziesty pierwszy"),
            (100, "setny"),
            (105, "sto piąty"),
            (1000, "tysięczny"),
            (1984, "tysiąc dziewięćset osiemdziesiąty czwarty"),
        ] {
            assert_eq!(nth(number), words);
        }
        for (number, mark, words) in [(3, "-cia", "trzecia"), (22, "-gie", "dwudzieste drugie")] {
            let said = ordinal(&Ordinal {
                number,
                mark,
                before: "",
            });
            assert_eq!(said, words);
        }
        assert_eq!(COUNTING.counted(1, &ZLOTY), "jeden złoty");
        assert_eq!(COUNTING.counted(22, &ZLOTY), "dwadzieścia dwa złote");
        assert_eq!(COUNTING.counted(13, &ZLOTY), "trzynaście złotych");
        assert_eq!(COUNTING.counted(21, &ZLOTY), "dwadzieścia jeden złotych");
    }
}
