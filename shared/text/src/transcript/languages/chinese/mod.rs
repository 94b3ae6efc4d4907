//! Chinese numbers, money and signs.

mod heteronyms;
mod pinyin;

pub(crate) use pinyin::romanize;

use crate::transcript::spelling::{Currency, Fraction, Noun, Ordinal, Spelling};

pub(crate) const SPELLING: Spelling = Spelling {
    spaced: false,
    cardinal,
    ordinal,
    ordinal_pattern: Some("([12][0-9]{3}|[0-9]{1,2})(年|:[0-5][0-9])"),
    thousands: &[','],
    decimal: '.',
    fraction: Fraction::Figures("点"),
    minus: "负",
    percent: |words, _| format!("百分之{words}"),
    counted,
    currencies: &[
        currency("¥", "元"),
        currency("￥", "元"),
        currency("元", "元"),
        currency("$", "美元"),
        currency("美元", "美元"),
        currency("€", "欧元"),
        currency("欧元", "欧元"),
        currency("£", "英镑"),
        currency("英镑", "英镑"),
    ],
    and: "",
    symbols: &[
        ('&', "和"),
        ('@', "艾特"),
        ('%', "百分号"),
        ('#', "井号"),
        ('$', "美元"),
        ('£', "英镑"),
        ('€', "欧元"),
        ('¥', "元"),
        ('°', "度"),
        ('℃', "摄氏度"),
        ('+', "加"),
        ('=', "等于"),
        ('×', "乘"),
    ],
    abbreviations: &[("km", "公里"), ("kg", "公斤"), ("cm", "厘米")],
};

/// Hundredths are said as a decimal fraction.
const fn currency(sign: &'static str, whole: &'static str) -> Currency {
    Currency {
        sign,
        whole: Noun::fixed(whole),
        part: None,
    }
}

const FIGURES: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
const UNITS: [(u64, &str); 4] = [(1000, "千"), (100, "百"), (10, "十"), (1, "")];
/// Numbers go by ten thousands.
const SCALES: [(u64, &str); 4] = [
    (1_000_000_000_000, "万亿"),
    (100_000_000, "亿"),
    (10_000, "万"),
    (1, ""),
];

fn cardinal(number: u64) -> String {
    if number == 0 {
        return "零".to_owned();
    }
    let mut words = String::new();
    let mut rest = number;
    for (scale, name) in SCALES {
        let count = rest / scale;
        rest %= scale;
        if count == 0 {
            continue;
        }
        // Zeros between the last group and this one are said once.
        if count < 1000 && !words.is_empty() {
            words += "零";
        }
        if count == 2 && !name.is_empty() {
            words += "两";
        } else {
            words += &below_ten_thousand(count, words.is_empty());
        }
        words += name;
    }
    words
}

/// Zeros inside are said once, those at the end not at all. Ten is `十` where the number begins with it.
fn below_ten_thousand(number: u64, is_first: bool) -> String {
    let mut words = String::new();
    let mut skips = false;
    for (unit, name) in UNITS {
        let figure = number / unit % 10;
        if figure == 0 {
            skips = !words.is_empty();
            continue;
        }
        if std::mem::take(&mut skips) {
            words += "零";
        }
        let is_bare_ten = figure == 1 && unit == 10 && words.is_empty() && is_first;
        let is_pair = figure == 2 && (unit == 1000 || unit == 100 && words.is_empty());
        words += match figure {
            _ if is_bare_ten => "",
            _ if is_pair => "两",
            _ => named(&FIGURES, figure),
        };
        words += name;
    }
    words
}

fn named(names: &[&'static str], index: u64) -> &'static str {
    let index = usize::try_from(index).unwrap_or_default();
    names.get(index).copied().unwrap_or_default()
}

fn counted(number: u64, noun: &Noun) -> String {
    match number {
        2 => format!("两{}", noun.many),
        _ => format!("{}{}", cardinal(number), noun.many),
    }
}

/// A year is said figure by figure, and a time has its own words; other ordinals have `第` before them, and their number
/// is a cardinal.
fn ordinal(ordinal: &Ordinal<'_>) -> String {
    if ordinal.mark.is_empty() {
        return format!("第{}", cardinal(ordinal.number));
    }
    if let Some(minutes) = ordinal.mark.strip_prefix(':') {
        return time(ordinal.number, minutes);
    }
    if ordinal.number < 1000 {
        return cardinal(ordinal.number) + ordinal.mark;
    }
    let figures = ordinal.number.to_string();
    let figures = figures.chars().filter_map(|figure| figure.to_digit(10));
    let words: String = figures
        .map(|figure| named(&FIGURES, u64::from(figure)))
        .collect();
    words + ordinal.mark
}

/// `2:05` is `两点零五分`.
fn time(hours: u64, minutes: &str) -> String {
    let hours = counted(hours, &Noun::fixed("点"));
    match minutes.parse() {
        Ok(0) | Err(_) => hours,
        Ok(minutes @ 1..10) => format!("{hours}零{}分", cardinal(minutes)),
        Ok(minutes) => format!("{hours}{}分", cardinal(minutes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cardinals() {
        for (number, expected) in [
            (0, "零"),
            (2, "二"),
            (7, "七"),
            (10, "十"),
            (11, "十一"),
            (15, "十五"),
            (20, "二十"),
            (21, "二十一"),
            (22, "二十二"),
            (99, "九十九"),
            (100, "一百"),
            (101, "一百零一"),
            (110, "一百一十"),
            (111, "一百一十一"),
            (200, "两百"),
            (222, "两百二十二"),
            (999, "九百九十九"),
            (1000, "一千"),
            (1001, "一千零一"),
            (1010, "一千零一十"),
            (1984, "一千九百八十四"),
            (2000, "两千"),
            (2200, "两千二百"),
            (10_000, "一万"),
            (10_001, "一万零一"),
            (10_100, "一万零一百"),
            (12_345, "一万两千三百四十五"),
            (20_000, "两万"),
            (100_000, "十万"),
            (120_000, "十二万"),
            (1_000_000, "一百万"),
            (100_000_000, "一亿"),
            (100_000_001, "一亿零一"),
            (1_000_010_000, "十亿零一万"),
            (123_456_789, "一亿两千三百四十五万六千七百八十九"),
            (1_000_000_000_000, "一万亿"),
            (1_000_200_000_000, "一万亿零两亿"),
        ] {
            assert_eq!(cardinal(number), expected, "{number}");
        }
    }

    #[test]
    fn times_have_words() {
        assert_eq!(time(2, "05"), "两点零五分");
        assert_eq!(time(10, "30"), "十点三十分");
        assert_eq!(time(8, "00"), "八点");
    }

    #[test]
    fn years_are_said_figure_by_figure() {
        let year = Ordinal {
            number: 2024,
            mark: "年",
            before: "",
        };
        assert_eq!(ordinal(&year), "二零二四年");
        let third = Ordinal {
            number: 3,
            mark: "",
            before: "",
        };
        assert_eq!(ordinal(&third), "第三");
    }

    #[test]
    fn two_of_something_are_a_pair() {
        assert_eq!(counted(2, &Noun::fixed("元")), "两元");
        assert_eq!(counted(12, &Noun::fixed("美元")), "十二美元");
    }
}
