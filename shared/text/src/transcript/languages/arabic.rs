//! Arabic numbers, money, abbreviations and signs, in the plain forms of the masculine.

use crate::transcript::spelling::{Currency, Fraction, Gender::Masculine, Noun, Ordinal, Spelling};

pub(super) const SPELLING: Spelling = Spelling {
    spaced: true,
    cardinal,
    ordinal: |ordinal| self::ordinal(ordinal),
    ordinal_pattern: None,
    thousands: &[',', '٬'],
    decimal: '.',
    fraction: Fraction::Number("فاصلة"),
    minus: "سالب",
    percent: |words, _| format!("{words} في المئة"),
    counted,
    currencies: &[
        Currency {
            sign: "$",
            whole: DOLLAR,
            part: Some(CENT),
        },
        Currency {
            sign: "€",
            whole: Noun::fixed("يورو"),
            part: Some(CENT),
        },
        Currency {
            sign: "£",
            whole: Noun::slavic(
                "جنيه إسترليني",
                "جنيهات إسترلينية",
                "جنيها إسترلينيا",
                Masculine,
            ),
            part: Some(Noun::slavic("بنس", "بنسات", "بنسا", Masculine)),
        },
        whole_currency("﷼", RIYAL),
        whole_currency("ريال", RIYAL),
        whole_currency("ر.س", RIYAL),
        whole_currency("د.إ", DIRHAM),
        whole_currency("ج.م", POUND),
        whole_currency("¥", Noun::fixed("ين")),
    ],
    and: " و",
    symbols: &[
        ('&', "و"),
        ('@', "آت"),
        ('%', "في المئة"),
        ('٪', "في المئة"),
        ('#', "رقم"),
        ('$', "دولار"),
        ('£', "جنيه إسترليني"),
        ('€', "يورو"),
        ('﷼', "ريال"),
        ('°', "درجة"),
        ('+', "زائد"),
        ('=', "يساوي"),
        ('×', "في"),
    ],
    abbreviations: &[
        ("د.", "دكتور"),
        ("أ.د.", "أستاذ دكتور"),
        ("ص.ب.", "صندوق بريد"),
        ("ق.م.", "قبل الميلاد"),
        ("إلخ.", "إلى آخره"),
        ("إلخ", "إلى آخره"),
        ("هـ", "هجرية"),
        ("كم", "كيلومتر"),
        ("كجم", "كيلوغرام"),
        ("سم", "سنتيمتر"),
    ],
};

/// A noun as one thing, as three to ten of them, and as it stands behind eleven to ninety-nine.
const DOLLAR: Noun = Noun::slavic("دولار", "دولارات", "دولارا", Masculine);
const CENT: Noun = Noun::slavic("سنت", "سنتات", "سنتا", Masculine);
const RIYAL: Noun = Noun::slavic("ريال", "ريالات", "ريالا", Masculine);
const DIRHAM: Noun = Noun::slavic("درهم", "دراهم", "درهما", Masculine);
const POUND: Noun = Noun::slavic("جنيه", "جنيهات", "جنيها", Masculine);

const THOUSAND: Noun = Noun::slavic("ألف", "آلاف", "ألفا", Masculine);
const SCALES: [(u64, Noun); 4] = [
    (
        1_000_000_000_000,
        Noun::slavic("تريليون", "تريليونات", "تريليونا", Masculine),
    ),
    (
        1_000_000_000,
        Noun::slavic("مليار", "مليارات", "مليارا", Masculine),
    ),
    (
        1_000_000,
        Noun::slavic("مليون", "ملايين", "مليونا", Masculine),
    ),
    (1000, THOUSAND),
];

const fn whole_currency(sign: &'static str, whole: Noun) -> Currency {
    Currency {
        sign,
        whole,
        part: None,
    }
}

const BELOW_TWENTY: [&str; 20] = [
    "صفر",
    "واحد",
    "اثنان",
    "ثلاثة",
    "أربعة",
    "خمسة",
    "ستة",
    "سبعة",
    "ثمانية",
    "تسعة",
    "عشرة",
    "أحد عشر",
    "اثنا عشر",
    "ثلاثة عشر",
    "أربعة عشر",
    "خمسة عشر",
    "ستة عشر",
    "سبعة عشر",
    "ثمانية عشر",
    "تسعة عشر",
];
const TENS: [&str; 10] = [
    "",
    "",
    "عشرون",
    "ثلاثون",
    "أربعون",
    "خمسون",
    "ستون",
    "سبعون",
    "ثمانون",
    "تسعون",
];
const HUNDREDS: [&str; 10] = [
    "",
    "مئة",
    "مئتان",
    "ثلاثمئة",
    "أربعمئة",
    "خمسمئة",
    "ستمئة",
    "سبعمئة",
    "ثمانمئة",
    "تسعمئة",
];
const ORDINALS: [&str; 11] = [
    "",
    "الأول",
    "الثاني",
    "الثالث",
    "الرابع",
    "الخامس",
    "السادس",
    "السابع",
    "الثامن",
    "التاسع",
    "العاشر",
];

/// From the largest to the smallest, but units before tens, each with its `و`.
fn cardinal(number: u64) -> String {
    let mut words = Vec::new();
    let mut rest = number;
    for (scale, name) in SCALES {
        if rest >= scale {
            words.push(counted(rest / scale, &name));
        }
        rest %= scale;
    }
    if rest > 0 || number == 0 {
        words.push(below_thousand(rest));
    }
    words.join(" و")
}

fn below_thousand(number: u64) -> String {
    let [hundreds, rest] = [number / 100, number % 100];
    let mut words = Vec::new();
    if hundreds > 0 {
        words.push(named(&HUNDREDS, hundreds));
    }
    if rest >= 20 {
        if !rest.is_multiple_of(10) {
            words.push(named(&BELOW_TWENTY, rest % 10));
        }
        words.push(named(&TENS, rest / 10));
    } else if rest > 0 || number == 0 {
        words.push(named(&BELOW_TWENTY, rest));
    }
    words.join(" و")
}

fn named(names: &[&'static str], index: u64) -> &'static str {
    let index = usize::try_from(index).unwrap_or_default();
    names.get(index).copied().unwrap_or_default()
}

/// One thing has no number, two are a form of their own, three to ten are in the plural, and more in the singular.
fn counted(number: u64, noun: &Noun) -> String {
    match number {
        1 => return noun.one.to_owned(),
        2 => return dual(noun),
        _ => {}
    }
    let words = cardinal(number);
    match number % 100 {
        0 => format!("{} {}", before_noun(&words), noun.one),
        3..=10 => format!("{words} {}", noun.few),
        11.. => format!("{words} {}", noun.many),
        _ => format!("{words} {}", noun.one),
    }
}

/// A dual loses its n before what it counts: two hundred dollars are `مئتا دولار`.
fn before_noun(words: &str) -> &str {
    match words.strip_suffix('ن') {
        Some(stem) if stem.ends_with('ا') => stem,
        _ => words,
    }
}

fn dual(noun: &Noun) -> String {
    if noun.one == noun.many {
        return format!("{} {}", named(&BELOW_TWENTY, 2), noun.one);
    }
    let words: Vec<String> = noun
        .one
        .split(' ')
        .map(|word| format!("{word}ان"))
        .collect();
    words.join(" ")
}

fn ordinal(ordinal: &Ordinal<'_>) -> String {
    let number = ordinal.number;
    match number {
        1..=10 => named(&ORDINALS, number).to_owned(),
        11..=19 => format!("{} عشر", unit_before_tens(number % 10)),
        20..=99 if !number.is_multiple_of(10) => {
            format!(
                "{} وال{}",
                unit_before_tens(number % 10),
                named(&TENS, number / 10)
            )
        }
        _ => format!("ال{}", cardinal(number)),
    }
}

fn unit_before_tens(unit: u64) -> &'static str {
    if unit == 1 {
        "الحادي"
    } else {
        named(&ORDINALS, unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cardinals() {
        for (number, expected) in [
            (0, "صفر"),
            (7, "سبعة"),
            (10, "عشرة"),
            (11, "أحد عشر"),
            (15, "خمسة عشر"),
            (20, "عشرون"),
            (21, "واحد وعشرون"),
            (99, "تسعة وتسعون"),
            (100, "مئة"),
            (101, "مئة وواحد"),
            (110, "مئة وعشرة"),
            (200, "مئتان"),
            (999, "تسعمئة وتسعة وتسعون"),
            (1000, "ألف"),
            (1001, "ألف وواحد"),
            (1984, "ألف وتسعمئة وأربعة وثمانون"),
            (2000, "ألفان"),
            (3000, "ثلاثة آلاف"),
            (10_000, "عشرة آلاف"),
            (10_001, "عشرة آلاف وواحد"),
            (11_000, "أحد عشر ألفا"),
            (100_000, "مئة ألف"),
            (200_000, "مئتا ألف"),
            (1_000_000, "مليون"),
            (
                123_456_789,
                "مئة وثلاثة وعشرون مليونا وأربعمئة وستة وخمسون ألفا وسبعمئة وتسعة وثمانون",
            ),
        ] {
            assert_eq!(cardinal(number), expected);
        }
    }

    #[test]
    fn nouns_follow_their_number() {
        for (number, expected) in [
            (0, "صفر دولار"),
            (1, "دولار"),
            (2, "دولاران"),
            (3, "ثلاثة دولارات"),
            (11, "أحد عشر دولارا"),
            (100, "مئة دولار"),
            (200, "مئتا دولار"),
            (2000, "ألفا دولار"),
            (105, "مئة وخمسة دولارات"),
        ] {
            assert_eq!(counted(number, &DOLLAR), expected);
        }
        assert_eq!(counted(2, &Noun::fixed("يورو")), "اثنان يورو");
    }

    #[test]
    fn ordinals() {
        for (number, expected) in [
            (1, "الأول"),
            (10, "العاشر"),
            (11, "الحادي عشر"),
            (12, "الثاني عشر"),
            (20, "العشرون"),
            (21, "الحادي والعشرون"),
            (100, "المئة"),
        ] {
            let written = Ordinal {
                number,
                mark: "",
                before: "",
            };
            assert_eq!(ordinal(&written), expected);
        }
    }
}
