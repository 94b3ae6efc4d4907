//! Hindi numbers, money, abbreviations and signs.

use crate::transcript::spelling::{Currency, Fraction, Gender::Masculine, Noun, Ordinal, Spelling};

pub(super) const SPELLING: Spelling = Spelling {
    spaced: true,
    cardinal,
    ordinal,
    ordinal_pattern: Some(r"([0-9]+)(वाँ|वां|वीं|वें|वी|वे|ला|ली|ले|रा|री|रे|था|थी|थे|ठा|ठी|ठे)"),
    thousands: &[','],
    decimal: '.',
    fraction: Fraction::Figures("दशमलव"),
    minus: "माइनस",
    percent: |words, _| format!("{words} प्रतिशत"),
    counted,
    currencies: &[
        rupees("₹"),
        rupees("रु."),
        rupees("रु"),
        Currency {
            sign: "$",
            whole: Noun::fixed("डॉलर"),
            part: Some(Noun::fixed("सेंट")),
        },
        Currency {
            sign: "€",
            whole: Noun::fixed("यूरो"),
            part: Some(Noun::fixed("सेंट")),
        },
        Currency {
            sign: "£",
            whole: Noun::fixed("पाउंड"),
            part: Some(Noun::new("पेनी", "पेंस", Masculine)),
        },
        Currency {
            sign: "¥",
            whole: Noun::fixed("येन"),
            part: None,
        },
    ],
    and: " ",
    symbols: &[
        ('&', "और"),
        ('@', "एट"),
        ('%', "प्रतिशत"),
        ('#', "हैश"),
        ('$', "डॉलर"),
        ('£', "पाउंड"),
        ('€', "यूरो"),
        ('₹', "रुपये"),
        ('°', "डिग्री"),
        ('+', "प्लस"),
        ('=', "बराबर"),
        ('×', "गुणा"),
    ],
    abbreviations: &[
        ("डॉ.", "डॉक्टर"),
        ("डा.", "डॉक्टर"),
        ("प्रो.", "प्रोफ़ेसर"),
        ("कु.", "कुमारी"),
        ("पं.", "पंडित"),
        ("सं.", "संख्या"),
        ("उदा.", "उदाहरण"),
        ("कि.मी.", "किलोमीटर"),
        ("कि.ग्रा.", "किलोग्राम"),
        ("से.मी.", "सेंटीमीटर"),
        ("ई.पू.", "ईसा पूर्व"),
    ],
};

const fn rupees(sign: &'static str) -> Currency {
    Currency {
        sign,
        whole: Noun::new("रुपया", "रुपये", Masculine),
        part: Some(Noun::new("पैसा", "पैसे", Masculine)),
    }
}

#[rustfmt::skip]
const BELOW_HUNDRED: [&str; 100] = [
    "शून्य", "एक", "दो", "तीन", "चार", "पाँच", "छह", "सात", "आठ", "नौ",
    "दस", "ग्यारह", "बारह", "तेरह", "चौदह", "पंद्रह", "सोलह", "सत्रह", "अठारह", "उन्नीस",
    "बीस", "इक्कीस", "बाईस", "तेईस", "चौबीस", "पच्चीस", "छब्बीस", "सत्ताईस", "अट्ठाईस", "उनतीस",
    "तीस", "इकतीस", "बत्तीस", "तैंतीस", "चौंतीस", "पैंतीस", "छत्तीस", "सैंतीस", "अड़तीस", "उनतालीस",
    "चालीस", "इकतालीस", "बयालीस", "तैंतालीस", "चौवालीस", "पैंतालीस", "छियालीस", "सैंतालीस", "अड़तालीस", "उनचास",
    "पचास", "इक्यावन", "बावन", "तिरपन", "चौवन", "पचपन", "छप्पन", "सत्तावन", "अट्ठावन", "उनसठ",
    "साठ", "इकसठ", "बासठ", "तिरसठ", "चौंसठ", "पैंसठ", "छियासठ", "सड़सठ", "अड़सठ", "उनहत्तर",
    "सत्तर", "इकहत्तर", "बहत्तर", "तिहत्तर", "चौहत्तर", "पचहत्तर", "छिहत्तर", "सतहत्तर", "अठहत्तर", "उन्यासी",
    "अस्सी", "इक्यासी", "बयासी", "तिरासी", "चौरासी", "पचासी", "छियासी", "सत्तासी", "अट्ठासी", "नवासी",
    "नब्बे", "इक्यानवे", "बानवे", "तिरानवे", "चौरानवे", "पचानवे", "छियानवे", "सत्तानवे", "अट्ठानवे", "निन्यानवे",
];
/// Above a thousand, each scale is a hundred of the one before.
const SCALES: [(u64, &str); 7] = [
    (10_000_000_000_000, "नील"),
    (100_000_000_000, "खरब"),
    (1_000_000_000, "अरब"),
    (10_000_000, "करोड़"),
    (100_000, "लाख"),
    (1000, "हज़ार"),
    (100, "सौ"),
];

fn cardinal(number: u64) -> String {
    let mut words = Vec::new();
    let mut rest = number;
    for (scale, name) in SCALES {
        if rest >= scale {
            words.extend([below_hundred(rest / scale), name]);
        }
        rest %= scale;
    }
    if rest > 0 || number == 0 {
        words.push(below_hundred(rest));
    }
    words.join(" ")
}

fn below_hundred(number: u64) -> &'static str {
    let index = usize::try_from(number).unwrap_or_default();
    BELOW_HUNDRED.get(index).copied().unwrap_or_default()
}

fn counted(number: u64, noun: &Noun) -> String {
    let noun = if number == 1 { noun.one } else { noun.many };
    format!("{} {noun}", cardinal(number))
}

/// The vowel of the mark tells gender and case: `5वाँ`, `5वीं`, `5वें`.
fn ordinal(ordinal: &Ordinal<'_>) -> String {
    let vowel = match ordinal.mark {
        mark if mark.contains('ी') => 'ी',
        mark if mark.contains('े') => 'े',
        _ => 'ा',
    };
    let stem = match ordinal.number {
        1 => "पहल",
        2 => "दूसर",
        3 => "तीसर",
        4 => "चौथ",
        6 => "छठ",
        number => {
            // A moon over the long a, a dot where another vowel sign leaves no room.
            let nasal = if vowel == 'ा' { 'ँ' } else { 'ं' };
            return format!("{}व{vowel}{nasal}", cardinal(number));
        }
    };
    format!("{stem}{vowel}")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn cardinals() {
        for (number, expected) in [
            (0, "शून्य"),
            (7, "सात"),
            (10, "दस"),
            (11, "ग्यारह"),
            (15, "पंद्रह"),
            (20, "बीस"),
            (21, "इक्कीस"),
            (99, "निन्यानवे"),
            (100, "एक सौ"),
            (101, "एक सौ एक"),
            (110, "एक सौ दस"),
            (200, "दो सौ"),
            (999, "नौ सौ निन्यानवे"),
            (1000, "एक हज़ार"),
            (1001, "एक हज़ार एक"),
            (1984, "एक हज़ार नौ सौ चौरासी"),
            (10_000, "दस हज़ार"),
            (10_001, "दस हज़ार एक"),
            (100_000, "एक लाख"),
            (1_000_000, "दस लाख"),
            (10_000_000, "एक करोड़"),
            (123_456_789, "बारह करोड़ चौंतीस लाख छप्पन हज़ार सात सौ नवासी"),
        ] {
            assert_eq!(cardinal(number), expected);
        }
        let names: HashSet<_> = BELOW_HUNDRED.iter().collect();
        assert_eq!(names.len(), BELOW_HUNDRED.len());
    }

    #[test]
    fn ordinals_agree_with_their_mark() {
        for (number, mark, expected) in [
            (1, "ला", "पहला"),
            (1, "ली", "पहली"),
            (2, "रे", "दूसरे"),
            (4, "था", "चौथा"),
            (6, "ठा", "छठा"),
            (5, "वां", "पाँचवाँ"),
            (21, "वीं", "इक्कीसवीं"),
            (100, "वें", "एक सौवें"),
        ] {
            let written = Ordinal {
                number,
                mark,
                before: "",
            };
            assert_eq!(ordinal(&written), expected);
        }
    }

    #[test]
    fn one_rupee_is_singular() {
        let rupees = rupees("₹");
        assert_eq!(counted(1, &rupees.whole), "एक रुपया");
        assert_eq!(counted(50, &rupees.whole), "पचास रुपये");
    }
}
