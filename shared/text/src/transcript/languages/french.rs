//! French numbers, money, abbreviations and signs, as in France.

use crate::transcript::spelling::{
    Currency, Fraction,
    Gender::{Feminine, Masculine},
    Noun, Ordinal, Spelling,
};

pub(super) const SPELLING: Spelling = Spelling {
    spaced: true,
    cardinal,
    ordinal,
    ordinal_pattern: Some("([0-9]+)(ers?|res?|ères?|emes?|èmes?|es?|nde?s?)"),
    thousands: &[' ', '.'],
    decimal: ',',
    fraction: Fraction::Number("virgule"),
    minus: "moins",
    percent: |words, _| format!("{words} pour cent"),
    counted,
    currencies: &[
        Currency {
            sign: "€",
            whole: Noun::new("euro", "euros", Masculine),
            part: Some(Noun::new("centime", "centimes", Masculine)),
        },
        Currency {
            sign: "$",
            whole: Noun::new("dollar", "dollars", Masculine),
            part: Some(Noun::new("cent", "cents", Masculine)),
        },
        Currency {
            sign: "£",
            whole: Noun::new("livre", "livres", Feminine),
            part: Some(Noun::new("penny", "pence", Masculine)),
        },
        Currency {
            sign: "¥",
            whole: Noun::new("yen", "yens", Masculine),
            part: None,
        },
    ],
    and: " et ",
    symbols: &[
        ('&', "et"),
        ('@', "arobase"),
        ('%', "pour cent"),
        ('#', "dièse"),
        ('$', "dollars"),
        ('£', "livres"),
        ('€', "euros"),
        ('°', "degrés"),
        ('+', "plus"),
        ('=', "égale"),
        ('×', "fois"),
    ],
    abbreviations: &[
        ("m.", "monsieur"),
        ("mm.", "messieurs"),
        ("mr", "monsieur"),
        ("mr.", "monsieur"),
        ("mme", "madame"),
        ("mme.", "madame"),
        ("mmes", "mesdames"),
        ("mlle", "mademoiselle"),
        ("mlle.", "mademoiselle"),
        ("mlles", "mesdemoiselles"),
        ("dr", "docteur"),
        ("dr.", "docteur"),
        ("pr", "professeur"),
        ("pr.", "professeur"),
        ("st", "saint"),
        ("ste", "sainte"),
        ("co.", "compagnie"),
        ("cie", "compagnie"),
        ("jr.", "junior"),
        ("ltd", "limitée"),
        ("ltd.", "limitée"),
        ("av.", "avenue"),
        ("bd", "boulevard"),
        ("bd.", "boulevard"),
        ("n°", "numéro"),
        ("nº", "numéro"),
        ("p. ex.", "par exemple"),
        ("p.ex.", "par exemple"),
        ("c.-à-d.", "c'est-à-dire"),
        ("etc.", "et cetera"),
        ("av. j.-c.", "avant jésus-christ"),
        ("apr. j.-c.", "après jésus-christ"),
        ("tél.", "téléphone"),
        ("km/h", "kilomètres par heure"),
        ("h", "heures"),
        ("°c", "degrés celsius"),
        ("°f", "degrés fahrenheit"),
        ("km", "kilomètres"),
        ("kg", "kilos"),
        ("cm", "centimètres"),
    ],
};

const UNITS: [&str; 20] = [
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze",
    "douze", "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
];
const TENS: [&str; 10] = [
    "",
    "",
    "vingt",
    "trente",
    "quarante",
    "cinquante",
    "soixante",
    "soixante",
    "quatre-vingt",
    "quatre-vingt",
];
/// From the largest on; the last one is a thousand times a thousand.
const SCALES: [(u64, &str); 3] = [
    (1_000_000_000_000, "billion"),
    (1_000_000_000, "milliard"),
    (1_000_000, "million"),
];

fn cardinal(number: u64) -> String {
    let mut words = Vec::new();
    let mut rest = number;
    for (scale, name) in SCALES {
        let count = rest / scale;
        rest %= scale;
        if count > 0 {
            let s = if count > 1 { "s" } else { "" };
            words.push(format!("{} {name}{s}", below_thousand(count, true)));
        }
    }
    let (thousands, units) = (rest / 1000, rest % 1000);
    match thousands {
        0 => {}
        1 => words.push("mille".to_owned()),
        _ => words.push(format!("{} mille", below_thousand(thousands, false))),
    }
    if units > 0 || number == 0 {
        words.push(below_thousand(units, true));
    }
    words.join(" ")
}

/// `is_last`: nothing follows that takes the s from `cents` and `quatre-vingts`.
fn below_thousand(number: u64, is_last: bool) -> String {
    let (hundreds, rest) = (number / 100, number % 100);
    let hundred = match hundreds {
        0 => return below_hundred(rest, is_last),
        1 => "cent".to_owned(),
        _ if rest == 0 && is_last => return format!("{} cents", UNITS[hundreds as usize]),
        _ => format!("{} cent", UNITS[hundreds as usize]),
    };
    if rest == 0 {
        hundred
    } else {
        format!("{hundred} {}", below_hundred(rest, is_last))
    }
}

fn below_hundred(number: u64, is_last: bool) -> String {
    let (tens, mut units) = (number / 10, number % 10);
    if number < 20 {
        return UNITS[number as usize].to_owned();
    }
    if matches!(tens, 7 | 9) {
        units += 10;
    }
    let ten = TENS[tens as usize];
    match (tens, units) {
        (8, 0) if is_last => format!("{ten}s"),
        (_, 0) => ten.to_owned(),
        (2..=7, 1 | 11) => format!("{ten} et {}", UNITS[units as usize]),
        _ => format!("{ten}-{}", UNITS[units as usize]),
    }
}

fn counted(number: u64, noun: &Noun) -> String {
    let name = if number < 2 { noun.one } else { noun.many };
    let mut words = cardinal(number);
    if noun.gender == Feminine
        && (words == "un" || words.ends_with(" un") || words.ends_with("-un"))
    {
        words.push('e');
    }
    if number == 0 || !number.is_multiple_of(1_000_000) {
        return format!("{words} {name}");
    }
    let of = if name.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "d'"
    } else {
        "de "
    };
    format!("{words} {of}{name}")
}

fn ordinal(ordinal: &Ordinal<'_>) -> String {
    match (ordinal.number, ordinal.mark.trim_end_matches('s')) {
        (1, "re" | "ère") => "première".to_owned(),
        (1, _) => "premier".to_owned(),
        (2, "nd") => "second".to_owned(),
        (2, "nde") => "seconde".to_owned(),
        (number, _) => nth(&cardinal(number)),
    }
}

fn nth(cardinal: &str) -> String {
    if let Some(stem) = cardinal.strip_suffix("neuf") {
        return format!("{stem}neuvième");
    }
    if cardinal.ends_with("cinq") {
        return format!("{cardinal}uième");
    }
    let plural = ["vingts", "cents", "millions", "milliards", "billions"];
    let stem = if plural.iter().any(|word| cardinal.ends_with(word)) {
        cardinal.trim_end_matches('s')
    } else {
        cardinal.trim_end_matches('e')
    };
    format!("{stem}ième")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_words() {
        for (number, words) in [
            (0, "zéro"),
            (16, "seize"),
            (21, "vingt et un"),
            (22, "vingt-deux"),
            (71, "soixante et onze"),
            (77, "soixante-dix-sept"),
            (80, "quatre-vingts"),
            (81, "quatre-vingt-un"),
            (91, "quatre-vingt-onze"),
            (99, "quatre-vingt-dix-neuf"),
            (100, "cent"),
            (101, "cent un"),
            (200, "deux cents"),
            (201, "deux cent un"),
            (999, "neuf cent quatre-vingt-dix-neuf"),
            (1000, "mille"),
            (1984, "mille neuf cent quatre-vingt-quatre"),
            (80_000, "quatre-vingt mille"),
            (200_000, "deux cent mille"),
            (1_000_000, "un million"),
            (2_500_000, "deux millions cinq cent mille"),
            (80_000_000, "quatre-vingts millions"),
            (1_000_000_000, "un milliard"),
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
        assert_eq!(said(1, "re"), "première");
        assert_eq!(said(2, "e"), "deuxième");
        assert_eq!(said(2, "nde"), "seconde");
        assert_eq!(said(4, "e"), "quatrième");
        assert_eq!(said(5, "e"), "cinquième");
        assert_eq!(said(9, "e"), "neuvième");
        assert_eq!(said(21, "e"), "vingt et unième");
        assert_eq!(said(80, "e"), "quatre-vingtième");
        let pounds = Noun::new("livre", "livres", Feminine);
        assert_eq!(counted(21, &pounds), "vingt et une livres");
        assert_eq!(
            counted(3_000_000, &SPELLING.currencies[0].whole),
            "trois millions d'euros"
        );
    }
}
