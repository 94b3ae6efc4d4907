//! Turkish numbers, money, abbreviations and signs.

use crate::transcript::spelling::{Currency, Fraction, Noun, Ordinal, Spelling};

pub(super) const SPELLING: Spelling = Spelling {
    spaced: true,
    cardinal,
    ordinal,
    ordinal_pattern: Some(r"([0-9]+)(\.|'?[ıiuü]?nc[ıiuü])"),
    thousands: &['.', ' '],
    decimal: ',',
    fraction: Fraction::Number("virgül"),
    minus: "eksi",
    percent: |words, _| format!("yüzde {words}"),
    counted: |number, noun| format!("{} {}", cardinal(number), noun.one),
    currencies: &[
        currency("₺", "lira", "kuruş"),
        currency("tl", "lira", "kuruş"),
        currency("€", "euro", "sent"),
        currency("$", "dolar", "sent"),
        currency("£", "sterlin", "peni"),
        Currency {
            sign: "¥",
            whole: Noun::fixed("yen"),
            part: None,
        },
    ],
    and: " ",
    symbols: &[
        ('&', "ve"),
        ('@', "et"),
        ('%', "yüzde"),
        ('#', "diyez"),
        ('$', "dolar"),
        ('£', "sterlin"),
        ('€', "euro"),
        ('₺', "lira"),
        ('°', "derece"),
        ('+', "artı"),
        ('=', "eşittir"),
        ('×', "çarpı"),
    ],
    abbreviations: &[
        ("dr.", "doktor"),
        ("prof.", "profesör"),
        ("doç.", "doçent"),
        ("av.", "avukat"),
        ("sn.", "sayın"),
        ("hz.", "hazreti"),
        ("vb.", "ve benzeri"),
        ("vs.", "vesaire"),
        ("bkz.", "bakınız"),
        ("örn.", "örneğin"),
        ("yy.", "yüzyıl"),
        ("m.ö.", "milattan önce"),
        ("m.s.", "milattan sonra"),
        ("cad.", "caddesi"),
        ("sok.", "sokak"),
        ("mah.", "mahallesi"),
        ("apt.", "apartmanı"),
        ("no.", "numara"),
        ("tel.", "telefon"),
        ("km", "kilometre"),
        ("kg", "kilogram"),
        ("cm", "santimetre"),
    ],
};

const fn currency(sign: &'static str, whole: &'static str, part: &'static str) -> Currency {
    Currency {
        sign,
        whole: Noun::fixed(whole),
        part: Some(Noun::fixed(part)),
    }
}

const UNITS: [&str; 10] = [
    "", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz",
];
const TENS: [&str; 10] = [
    "", "on", "yirmi", "otuz", "kırk", "elli", "altmış", "yetmiş", "seksen", "doksan",
];
const SCALES: [(u64, &str); 5] = [
    (1_000_000_000_000, "trilyon"),
    (1_000_000_000, "milyar"),
    (1_000_000, "milyon"),
    (1000, "bin"),
    (1, ""),
];

fn cardinal(number: u64) -> String {
    if number == 0 {
        return "sıfır".to_owned();
    }
    let mut words = Vec::new();
    for (scale, name) in SCALES {
        let count = number / scale % 1000;
        if count == 0 {
            continue;
        }
        // A thousand is `bin`, but a million `bir milyon`.
        if !(count == 1 && scale == 1000) {
            below_thousand(count, &mut words);
        }
        words.push(name);
    }
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

fn below_thousand(number: u64, words: &mut Vec<&'static str>) {
    let [hundreds, tens, units] = [number / 100, number / 10 % 10, number % 10];
    if hundreds > 1 {
        words.push(named(&UNITS, hundreds));
    }
    if hundreds > 0 {
        words.push("yüz");
    }
    words.push(named(&TENS, tens));
    words.push(named(&UNITS, units));
}

fn named(names: &[&'static str], index: u64) -> &'static str {
    let index = usize::try_from(index).unwrap_or_default();
    names.get(index).copied().unwrap_or_default()
}

fn ordinal(ordinal: &Ordinal<'_>) -> String {
    with_ordinal_ending(&cardinal(ordinal.number))
}

/// The vowels of the ending follow the last vowel of the word; a vowel at its end takes the place of the first of them.
fn with_ordinal_ending(cardinal: &str) -> String {
    const VOWELS: &[char] = &['a', 'ı', 'o', 'u', 'e', 'i', 'ö', 'ü'];
    let stem = cardinal.strip_suffix("dört");
    let stem = stem.map_or_else(|| cardinal.to_owned(), |before| before.to_owned() + "dörd");
    let last = stem.chars().rev().find(|c| VOWELS.contains(c));
    let vowel = match last {
        Some('a' | 'ı') => 'ı',
        Some('o' | 'u') => 'u',
        Some('ö' | 'ü') => 'ü',
        _ => 'i',
    };
    if stem.ends_with(VOWELS) {
        format!("{stem}nc{vowel}")
    } else {
        format!("{stem}{vowel}nc{vowel}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cardinals() {
        for (number, expected) in [
            (0, "sıfır"),
            (7, "yedi"),
            (10, "on"),
            (11, "on bir"),
            (15, "on beş"),
            (20, "yirmi"),
            (21, "yirmi bir"),
            (99, "doksan dokuz"),
            (100, "yüz"),
            (101, "yüz bir"),
            (110, "yüz on"),
            (200, "iki yüz"),
            (999, "dokuz yüz doksan dokuz"),
            (1000, "bin"),
            (1001, "bin bir"),
            (1984, "bin dokuz yüz seksen dört"),
            (10_000, "on bin"),
            (10_001, "on bin bir"),
            (100_000, "yüz bin"),
            (1_000_000, "bir milyon"),
            (1_001_000, "bir milyon bin"),
            (
                123_456_789,
                "yüz yirmi üç milyon dört yüz elli altı bin yedi yüz seksen dokuz",
            ),
        ] {
            assert_eq!(cardinal(number), expected);
        }
    }

    #[test]
    fn ordinals_follow_the_harmony_of_vowels() {
        for (number, expected) in [
            (0, "sıfırıncı"),
            (1, "birinci"),
            (2, "ikinci"),
            (3, "üçüncü"),
            (4, "dördüncü"),
            (6, "altıncı"),
            (9, "dokuzuncu"),
            (10, "onuncu"),
            (20, "yirminci"),
            (40, "kırkıncı"),
            (50, "ellinci"),
            (100, "yüzüncü"),
            (1000, "bininci"),
            (1_000_000, "bir milyonuncu"),
        ] {
            let written = Ordinal {
                number,
                mark: ".",
                before: "",
            };
            assert_eq!(ordinal(&written), expected);
        }
    }
}
