//! Japanese numbers, money and signs.

mod counters;
mod kana;
mod mecab;
mod romanize;

pub(crate) use romanize::romanize;

use crate::transcript::spelling::{Currency, Fraction, Noun, Ordinal, Spelling};

/// Numbers are written in kanji, which [`romanize`] reads without a dictionary.
pub(crate) const SPELLING: Spelling = Spelling {
    spaced: false,
    cardinal,
    ordinal,
    ordinal_pattern: Some("([0-9]{1,2})(:[0-5][0-9])"),
    thousands: &[','],
    decimal: '.',
    fraction: Fraction::Figures("点"),
    minus: "マイナス",
    percent: |words, _| format!("{words}パーセント"),
    counted: |number, noun| format!("{}{}", cardinal(number), noun.many),
    currencies: &[
        currency("¥", "円"),
        currency("￥", "円"),
        currency("円", "円"),
        currency("$", "ドル"),
        currency("€", "ユーロ"),
        currency("£", "ポンド"),
    ],
    and: "",
    symbols: &[
        ('&', "アンド"),
        ('@', "アット"),
        ('%', "パーセント"),
        ('#', "シャープ"),
        ('$', "ドル"),
        ('£', "ポンド"),
        ('€', "ユーロ"),
        ('¥', "円"),
        ('°', "度"),
        ('℃', "度"),
        ('+', "プラス"),
        ('=', "イコール"),
        ('×', "かける"),
    ],
    abbreviations: &[
        ("km", "キロメートル"),
        ("kg", "キログラム"),
        ("cm", "センチメートル"),
    ],
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
    (1_000_000_000_000, "兆"),
    (100_000_000, "億"),
    (10_000, "万"),
    (1, ""),
];

fn cardinal(number: u64) -> String {
    if number == 0 {
        return "零".to_owned();
    }
    let mut words = String::new();
    for (scale, name) in SCALES {
        let count = number / scale % 10_000;
        if count == 0 {
            continue;
        }
        // A thousand alone is `千`, a thousand of something `一千`.
        if scale > 1 && (1000..2000).contains(&count) {
            words += "一";
        }
        words += &below_ten_thousand(count);
        words += name;
    }
    words
}

fn below_ten_thousand(number: u64) -> String {
    let mut words = String::new();
    for (unit, name) in UNITS {
        let figure = number / unit % 10;
        if figure > 1 || figure == 1 && unit == 1 {
            let index = usize::try_from(figure).unwrap_or_default();
            words += FIGURES.get(index).copied().unwrap_or_default();
        }
        if figure > 0 {
            words += name;
        }
    }
    words
}

/// Ordinals are written out but for times: `10:30` is `十時三十分`.
fn ordinal(ordinal: &Ordinal<'_>) -> String {
    let number = cardinal(ordinal.number);
    let Some(minutes) = ordinal.mark.strip_prefix(':') else {
        return number + "番目";
    };
    match minutes.parse() {
        Ok(0) | Err(_) => number + "時",
        Ok(minutes) => format!("{number}時{}分", cardinal(minutes)),
    }
}

#[cfg(test)]
mod tests {
    use super::{counters::reading, *};

    #[test]
    fn times_have_words() {
        for (number, mark, expected) in [
            (10, ":30", "十時三十分"),
            (8, ":00", "八時"),
            (3, "", "三番目"),
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
    fn cardinals_and_their_readings() {
        for (number, expected, kana) in [
            (0, "零", "ゼロ"),
            (4, "四", "ヨン"),
            (7, "七", "ナナ"),
            (10, "十", "ジュウ"),
            (11, "十一", "ジュウイチ"),
            (15, "十五", "ジュウゴ"),
            (20, "二十", "ニジュウ"),
            (21, "二十一", "ニジュウイチ"),
            (99, "九十九", "キュウジュウキュウ"),
            (100, "百", "ヒャク"),
            (101, "百一", "ヒャクイチ"),
            (110, "百十", "ヒャクジュウ"),
            (200, "二百", "ニヒャク"),
            (300, "三百", "サンビャク"),
            (600, "六百", "ロッピャク"),
            (800, "八百", "ハッピャク"),
            (999, "九百九十九", "キュウヒャクキュウジュウキュウ"),
            (1000, "千", "セン"),
            (1001, "千一", "センイチ"),
            (1984, "千九百八十四", "センキュウヒャクハチジュウヨン"),
            (3000, "三千", "サンゼン"),
            (8000, "八千", "ハッセン"),
            (10_000, "一万", "イチマン"),
            (10_001, "一万一", "イチマンイチ"),
            (100_000, "十万", "ジュウマン"),
            (1_000_000, "百万", "ヒャクマン"),
            (10_000_000, "一千万", "イッセンマン"),
            (100_000_000, "一億", "イチオク"),
            (10_000_000_000_000, "十兆", "ジュッチョウ"),
            (
                123_456_789,
                "一億二千三百四十五万六千七百八十九",
                "イチオクニセンサンビャクヨンジュウゴマンロクセンナナヒャクハチジュウキュウ",
            ),
        ] {
            assert_eq!(cardinal(number), expected);
            assert_eq!(reading(expected), kana, "{expected}");
        }
    }
}
