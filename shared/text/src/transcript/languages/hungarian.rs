//! Hungarian numbers, money, abbreviations and signs.

use crate::transcript::spelling::{Currency, Fraction, Noun, Ordinal, Spelling};

pub(super) const SPELLING: Spelling = Spelling {
    spaced: true,
    cardinal,
    ordinal,
    ordinal_pattern: Some(r"([0-9]+)(\.|-?[aeoö]?dik|-ik)"),
    thousands: &[' ', '.'],
    decimal: ',',
    fraction: Fraction::Own(fraction),
    minus: "mínusz",
    percent: |words, _| format!("{} százalék", before_noun(words)),
    counted: |number, noun| format!("{} {}", before_noun(&cardinal(number)), noun.one),
    currencies: &[
        whole_currency("ft", "forint"),
        whole_currency("huf", "forint"),
        currency("€", "euró", "cent"),
        currency("$", "dollár", "cent"),
        currency("£", "font", "penny"),
        whole_currency("¥", "jen"),
    ],
    and: " ",
    symbols: &[
        ('&', "és"),
        ('@', "kukac"),
        ('%', "százalék"),
        ('#', "kettőskereszt"),
        ('$', "dollár"),
        ('£', "font"),
        ('€', "euró"),
        ('°', "fok"),
        ('§', "paragrafus"),
        ('+', "plusz"),
        ('=', "egyenlő"),
        ('×', "szorozva"),
    ],
    abbreviations: &[
        ("dr.", "doktor"),
        ("prof.", "professzor"),
        ("ifj.", "ifjabb"),
        ("id.", "idősebb"),
        ("özv.", "özvegy"),
        ("szt.", "szent"),
        ("stb.", "és a többi"),
        ("pl.", "például"),
        ("kb.", "körülbelül"),
        ("ill.", "illetve"),
        ("ún.", "úgynevezett"),
        ("vö.", "vesd össze"),
        ("ld.", "lásd"),
        ("max.", "maximum"),
        ("min.", "minimum"),
        ("ker.", "kerület"),
        ("u.", "utca"),
        ("tel.", "telefon"),
        ("i. e.", "időszámításunk előtt"),
        ("i. sz.", "időszámításunk szerint"),
        ("kft.", "káefté"),
        ("bt.", "bété"),
        ("zrt.", "zéerté"),
        ("nyrt.", "enyerté"),
        ("km", "kilométer"),
        ("kg", "kilogramm"),
        ("cm", "centiméter"),
    ],
};

const fn currency(sign: &'static str, whole: &'static str, part: &'static str) -> Currency {
    Currency {
        sign,
        whole: Noun::fixed(whole),
        part: Some(Noun::fixed(part)),
    }
}

const fn whole_currency(sign: &'static str, whole: &'static str) -> Currency {
    Currency {
        sign,
        whole: Noun::fixed(whole),
        part: None,
    }
}

const UNITS: [&str; 10] = [
    "", "egy", "kettő", "három", "négy", "öt", "hat", "hét", "nyolc", "kilenc",
];
/// What the tens are before units.
const TENS: [&str; 10] = [
    "",
    "tizen",
    "huszon",
    "harminc",
    "negyven",
    "ötven",
    "hatvan",
    "hetven",
    "nyolcvan",
    "kilencven",
];
const SCALES: [(u64, &str); 5] = [
    (1_000_000_000_000, "billió"),
    (1_000_000_000, "milliárd"),
    (1_000_000, "millió"),
    (1000, "ezer"),
    (1, ""),
];
/// Numbers above this are written with hyphens between their groups.
const LAST_IN_ONE_WORD: u64 = 2000;

/// The last parts of cardinals, and of the ordinals made from them; a part that ends like another comes before it.
const ORDINAL_ENDINGS: &[(&str, &str)] = &[
    ("nulla", "nulladik"),
    ("negyven", "negyvenedik"),
    ("kilencven", "kilencvenedik"),
    ("hetven", "hetvenedik"),
    ("ötven", "ötvenedik"),
    ("hatvan", "hatvanadik"),
    ("nyolcvan", "nyolcvanadik"),
    ("harminc", "harmincadik"),
    ("húsz", "huszadik"),
    ("tíz", "tizedik"),
    ("száz", "századik"),
    ("ezer", "ezredik"),
    ("millió", "milliomodik"),
    ("milliárd", "milliárdodik"),
    ("billió", "billiomodik"),
    ("egy", "egyedik"),
    ("kettő", "kettedik"),
    ("három", "harmadik"),
    ("négy", "negyedik"),
    ("öt", "ötödik"),
    ("hat", "hatodik"),
    ("hét", "hetedik"),
    ("nyolc", "nyolcadik"),
    ("kilenc", "kilencedik"),
];

/// What the last figure of a fraction counts, by the number of figures.
const FRACTIONS: [&str; 6] = [
    "tized",
    "század",
    "ezred",
    "tízezred",
    "százezred",
    "milliomod",
];

fn cardinal(number: u64) -> String {
    if number == 0 {
        return "nulla".to_owned();
    }
    let mut groups = Vec::new();
    for (scale, name) in SCALES {
        let count = number / scale % 1000;
        if count == 0 {
            continue;
        }
        let is_bare_thousand = count == 1 && scale == 1000 && groups.is_empty();
        let words = match scale {
            _ if is_bare_thousand => String::new(),
            1 => below_thousand(count),
            _ => before_noun(&below_thousand(count)),
        };
        groups.push(words + name);
    }
    let hyphen = if number > LAST_IN_ONE_WORD { "-" } else { "" };
    groups.join(hyphen)
}

fn below_thousand(number: u64) -> String {
    let [hundreds, tens, units] = [number / 100, number / 10 % 10, number % 10];
    let mut words = String::new();
    if hundreds > 1 {
        words += &before_noun(named(&UNITS, hundreds));
    }
    if hundreds > 0 {
        words += "száz";
    }
    words += match (tens, units) {
        (1, 0) => "tíz",
        (2, 0) => "húsz",
        _ => named(&TENS, tens),
    };
    words + named(&UNITS, units)
}

fn named(names: &[&'static str], index: u64) -> &'static str {
    let index = usize::try_from(index).unwrap_or_default();
    names.get(index).copied().unwrap_or_default()
}

/// Two is `két` before what it counts.
fn before_noun(cardinal: &str) -> String {
    match cardinal.strip_suffix("kettő") {
        Some(before) => before.to_owned() + "két",
        None => cardinal.to_owned(),
    }
}

fn ordinal(ordinal: &Ordinal<'_>) -> String {
    match ordinal.number {
        1 => return "első".to_owned(),
        2 => return "második".to_owned(),
        _ => {}
    }
    let cardinal = cardinal(ordinal.number);
    let endings = ORDINAL_ENDINGS.iter();
    let mut endings = endings.filter_map(|(ending, ordinal)| {
        let stem = cardinal.strip_suffix(ending)?;
        Some(format!("{stem}{ordinal}"))
    });
    endings.next().unwrap_or_else(|| cardinal.clone())
}

/// `3,5` is `három egész öt tized`.
fn fraction(whole: u64, figures: &str) -> String {
    let whole = format!("{} egész", cardinal(whole));
    let name = figures
        .len()
        .checked_sub(1)
        .and_then(|last| FRACTIONS.get(last));
    if let (Some(name), Ok(number)) = (name, figures.parse()) {
        return format!("{whole} {} {name}", before_noun(&cardinal(number)));
    }
    let figures = figures.chars().filter_map(|figure| figure.to_digit(10));
    let words = figures.map(|figure| cardinal(u64::from(figure)));
    std::iter::once(whole)
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cardinals() {
        for (number, expected) in [
            (0, "nulla"),
            (2, "kettő"),
            (7, "hét"),
            (10, "tíz"),
            (11, "tizenegy"),
            (12, "tizenkettő"),
            (15, "tizenöt"),
            (20, "húsz"),
            (21, "huszonegy"),
            (99, "kilencvenkilenc"),
            (100, "száz"),
            (101, "százegy"),
            (110, "száztíz"),
            (200, "kétszáz"),
            (999, "kilencszázkilencvenkilenc"),
            (1000, "ezer"),
            (1001, "ezeregy"),
            (1984, "ezerkilencszáznyolcvannégy"),
            (2000, "kétezer"),
            (2024, "kétezer-huszonnégy"),
            (10_000, "tízezer"),
            (10_001, "tízezer-egy"),
            (12_000, "tizenkétezer"),
            (100_000, "százezer"),
            (1_000_000, "egymillió"),
            (1_001_000, "egymillió-egyezer"),
            (
                123_456_789,
                "százhuszonhárommillió-négyszázötvenhatezer-hétszáznyolcvankilenc",
            ),
        ] {
            assert_eq!(cardinal(number), expected);
        }
    }

    #[test]
    fn ordinals() {
        for (number, expected) in [
            (1, "első"),
            (2, "második"),
            (3, "harmadik"),
            (4, "negyedik"),
            (10, "tizedik"),
            (11, "tizenegyedik"),
            (12, "tizenkettedik"),
            (16, "tizenhatodik"),
            (20, "huszadik"),
            (30, "harmincadik"),
            (35, "harmincötödik"),
            (40, "negyvenedik"),
            (68, "hatvannyolcadik"),
            (80, "nyolcvanadik"),
            (100, "századik"),
            (1956, "ezerkilencszázötvenhatodik"),
            (1_000_000, "egymilliomodik"),
        ] {
            let written = Ordinal {
                number,
                mark: ".",
                before: "",
            };
            assert_eq!(ordinal(&written), expected);
        }
    }

    #[test]
    fn two_is_short_before_a_noun() {
        assert_eq!((SPELLING.counted)(2, &Noun::fixed("euró")), "két euró");
        assert_eq!(
            (SPELLING.counted)(12, &Noun::fixed("forint")),
            "tizenkét forint"
        );
        assert_eq!(
            (SPELLING.percent)("huszonkettő", Some(22)),
            "huszonkét százalék"
        );
    }

    #[test]
    fn fractions_are_counted_in_tenths() {
        assert_eq!(fraction(3, "5"), "három egész öt tized");
        assert_eq!(fraction(0, "02"), "nulla egész két század");
        assert_eq!(
            fraction(1, "1234567"),
            "egy egész egy kettő három négy öt hat hét"
        );
    }
}
