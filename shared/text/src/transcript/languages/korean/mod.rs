//! Korean numbers, money and signs: Sino-Korean numbers, native ones for ordinals, hours and what is counted.

mod romanize;

pub(crate) use romanize::romanize;

use crate::transcript::spelling::{Currency, Fraction, Gender::Masculine, Noun, Ordinal, Spelling};

pub(crate) const SPELLING: Spelling = Spelling {
    spaced: true,
    cardinal,
    ordinal,
    ordinal_pattern: Some(
        r"([0-9]+)\x20?(번째|째|시간|시즌|시|개월|개국|개년|개|명|살|마리|잔|그루|송이|켤레|월|:[0-5][0-9])",
    ),
    thousands: &[','],
    decimal: '.',
    fraction: Fraction::Figures("점"),
    minus: "마이너스",
    percent: |words, _| format!("{words} 퍼센트"),
    counted: |number, noun| format!("{} {}", cardinal(number), noun.many),
    currencies: &[
        whole_currency("₩", "원"),
        whole_currency("원", "원"),
        currency("$", "달러", Noun::fixed("센트")),
        currency("달러", "달러", Noun::fixed("센트")),
        currency("€", "유로", Noun::fixed("센트")),
        currency("£", "파운드", Noun::new("페니", "펜스", Masculine)),
        whole_currency("¥", "엔"),
    ],
    and: " ",
    symbols: &[
        ('&', "앤드"),
        ('@', "골뱅이"),
        ('%', "퍼센트"),
        ('#', "샵"),
        ('$', "달러"),
        ('£', "파운드"),
        ('€', "유로"),
        ('₩', "원"),
        ('°', "도"),
        ('+', "더하기"),
        ('=', "이퀄"),
        ('×', "곱하기"),
    ],
    abbreviations: &[
        ("km", "킬로미터"),
        ("kg", "킬로그램"),
        ("cm", "센티미터"),
        ("vs.", "대"),
        ("dr.", "닥터"),
        ("mr.", "미스터"),
    ],
};

const fn currency(sign: &'static str, whole: &'static str, part: Noun) -> Currency {
    Currency {
        sign,
        whole: Noun::fixed(whole),
        part: Some(part),
    }
}

const fn whole_currency(sign: &'static str, whole: &'static str) -> Currency {
    Currency {
        sign,
        whole: Noun::fixed(whole),
        part: None,
    }
}

const FIGURES: [&str; 10] = ["", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"];
const UNITS: [(u64, &str); 4] = [(1000, "천"), (100, "백"), (10, "십"), (1, "")];
/// Numbers go by ten thousands.
const SCALES: [(u64, &str); 4] = [
    (1_000_000_000_000, "조"),
    (100_000_000, "억"),
    (10_000, "만"),
    (1, ""),
];
const NATIVE_UNITS: [&str; 10] = [
    "", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉",
];
const NATIVE_TENS: [&str; 10] = [
    "", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔",
];

fn cardinal(number: u64) -> String {
    if number == 0 {
        return "영".to_owned();
    }
    let mut groups = Vec::new();
    for (scale, name) in SCALES {
        let count = number / scale % 10_000;
        if count == 0 {
            continue;
        }
        // A number that begins with ten thousand is `만`.
        let is_bare = count == 1 && scale == 10_000 && groups.is_empty();
        let count = if is_bare {
            String::new()
        } else {
            below_ten_thousand(count)
        };
        groups.push(count + name);
    }
    groups.join(" ")
}

fn below_ten_thousand(number: u64) -> String {
    let mut words = String::new();
    for (unit, name) in UNITS {
        let figure = number / unit % 10;
        if figure > 1 || figure == 1 && unit == 1 {
            words += named(&FIGURES, figure);
        }
        if figure > 0 {
            words += name;
        }
    }
    words
}

fn named(names: &[&'static str], index: u64) -> &'static str {
    let index = usize::try_from(index).unwrap_or_default();
    names.get(index).copied().unwrap_or_default()
}

fn ordinal(ordinal: &Ordinal<'_>) -> String {
    let number = ordinal.number;
    if let Some(minutes) = ordinal.mark.strip_prefix(':') {
        let hours = hours(number);
        return match minutes.parse() {
            Ok(0) | Err(_) => hours,
            Ok(minutes) => format!("{hours} {} 분", cardinal(minutes)),
        };
    }
    if ordinal.mark == "째" {
        match number {
            1 => return "첫째".to_owned(),
            2 => return "둘째".to_owned(),
            3 => return "셋째".to_owned(),
            4 => return "넷째".to_owned(),
            _ => return format!("{}째", native(number)),
        }
    }
    match (ordinal.mark, number) {
        ("번째", 1) => "첫 번째".to_owned(),
        ("월", 6) => "유월".to_owned(),
        ("월", 10) => "시월".to_owned(),
        ("월", _) => cardinal(number) + "월",
        ("시", _) => hours(number),
        ("시즌" | "개월" | "개국" | "개년", _) => {
            format!("{} {}", cardinal(number), ordinal.mark)
        }
        _ => format!("{} {}", native(number), ordinal.mark),
    }
}

/// Up to twelve in native numbers, then in those of timetables.
fn hours(number: u64) -> String {
    match number {
        1..=12 => format!("{} 시", native(number)),
        _ => format!("{} 시", cardinal(number)),
    }
}

/// A native number as it stands before what it counts; hundreds are Sino-Korean.
fn native(number: u64) -> String {
    let rest = number % 100;
    let hundreds = number - rest;
    let mut words = match hundreds {
        0 => String::new(),
        _ => cardinal(hundreds),
    };
    match rest {
        0 if hundreds == 0 => words.push('영'),
        20 => words += "스무",
        _ => {
            words += named(&NATIVE_TENS, rest / 10);
            words += named(&NATIVE_UNITS, rest % 10);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cardinals() {
        for (number, expected) in [
            (0, "영"),
            (7, "칠"),
            (10, "십"),
            (11, "십일"),
            (15, "십오"),
            (20, "이십"),
            (21, "이십일"),
            (99, "구십구"),
            (100, "백"),
            (101, "백일"),
            (110, "백십"),
            (200, "이백"),
            (999, "구백구십구"),
            (1000, "천"),
            (1001, "천일"),
            (1984, "천구백팔십사"),
            (10_000, "만"),
            (10_001, "만 일"),
            (100_000, "십만"),
            (1_000_000, "백만"),
            (100_000_000, "일억"),
            (100_010_000, "일억 일만"),
            (123_456_789, "일억 이천삼백사십오만 육천칠백팔십구"),
        ] {
            assert_eq!(cardinal(number), expected);
        }
    }

    #[test]
    fn what_is_counted_is_native() {
        for (number, mark, expected) in [
            (1, "번째", "첫 번째"),
            (2, "번째", "두 번째"),
            (10, "번째", "열 번째"),
            (20, "번째", "스무 번째"),
            (21, "번째", "스물한 번째"),
            (100, "번째", "백 번째"),
            (101, "번째", "백한 번째"),
            (1, "째", "첫째"),
            (5, "째", "다섯째"),
            (3, "시", "세 시"),
            (15, "시", "십오 시"),
            (10, ":30", "열 시 삼십 분"),
            (6, "월", "유월"),
            (5, "월", "오월"),
            (12, "명", "열두 명"),
            (300, "명", "삼백 명"),
            (6, "개월", "육 개월"),
        ] {
            let written = Ordinal {
                number,
                mark,
                before: "",
            };
            assert_eq!(ordinal(&written), expected);
        }
    }
}
