//! Russian numbers, money, abbreviations and signs.

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
    cardinal: |number| COUNTING.cardinal(number, Masculine),
    ordinal,
    ordinal_pattern: Some("([0-9]+)-(ый|ий|ой|й|ая|я|ое|е|ого|го|ому|му|ом|м|ых|х|ую|ю)"),
    thousands: &[' ', '.'],
    decimal: ',',
    fraction: Fraction::Own(decimal),
    minus: "минус",
    percent: |words, whole| match whole {
        Some(whole) => COUNTING.counted(whole, &PERCENT),
        None => format!("{words} процента"),
    },
    counted: |number, noun| COUNTING.counted(number, noun),
    currencies: &[
        Currency {
            sign: "₽",
            whole: ROUBLE,
            part: Some(KOPECK),
        },
        Currency {
            sign: "руб.",
            whole: ROUBLE,
            part: Some(KOPECK),
        },
        Currency {
            sign: "р.",
            whole: ROUBLE,
            part: Some(KOPECK),
        },
        Currency {
            sign: "$",
            whole: Noun::slavic("доллар", "доллара", "долларов", Masculine),
            part: Some(CENT),
        },
        Currency {
            sign: "€",
            whole: Noun::new("евро", "евро", Masculine),
            part: Some(CENT),
        },
        Currency {
            sign: "£",
            whole: Noun::slavic("фунт", "фунта", "фунтов", Masculine),
            part: Some(Noun::slavic("пенс", "пенса", "пенсов", Masculine)),
        },
    ],
    and: " ",
    symbols: &[
        ('&', "и"),
        ('@', "собака"),
        ('%', "процентов"),
        ('#', "решётка"),
        ('№', "номер"),
        ('$', "долларов"),
        ('£', "фунтов"),
        ('€', "евро"),
        ('₽', "рублей"),
        ('°', "градусов"),
        ('+', "плюс"),
        ('=', "равно"),
        ('×', "на"),
    ],
    abbreviations: &[
        ("г-н", "господин"),
        ("г-жа", "госпожа"),
        ("г.", "город"),
        ("д-р", "доктор"),
        ("проф.", "профессор"),
        ("акад.", "академик"),
        ("св.", "святой"),
        ("ул.", "улица"),
        ("пр.", "проспект"),
        ("стр.", "страница"),
        ("рис.", "рисунок"),
        ("тел.", "телефон"),
        ("им.", "имени"),
        ("руб.", "рублей"),
        ("коп.", "копеек"),
        ("тыс.", "тысяч"),
        ("млн", "миллионов"),
        ("млрд", "миллиардов"),
        ("т. е.", "то есть"),
        ("т.е.", "то есть"),
        ("т. к.", "так как"),
        ("т.к.", "так как"),
        ("т. д.", "так далее"),
        ("т.д.", "так далее"),
        ("т. п.", "тому подобное"),
        ("т.п.", "тому подобное"),
        ("др.", "другие"),
        ("н. э.", "нашей эры"),
        ("н.э.", "нашей эры"),
        ("км/ч", "километров в час"),
        ("ч", "часов"),
        ("°c", "градусов цельсия"),
        ("°f", "градусов фаренгейта"),
        ("°с", "градусов цельсия"),
        ("no", "номер"),
        ("км", "километров"),
        ("кг", "килограммов"),
        ("см", "сантиметров"),
    ],
};

const ROUBLE: Noun = Noun::slavic("рубль", "рубля", "рублей", Masculine);
const KOPECK: Noun = Noun::slavic("копейка", "копейки", "копеек", Feminine);
const CENT: Noun = Noun::slavic("цент", "цента", "центов", Masculine);
const PERCENT: Noun = Noun::slavic("процент", "процента", "процентов", Masculine);
/// What whole numbers before a fraction are, and what the figures behind it are by their count.
const WHOLE: Noun = Noun::new("целая", "целых", Feminine);
const PARTS: [Noun; 3] = [
    Noun::new("десятая", "десятых", Feminine),
    Noun::new("сотая", "сотых", Feminine),
    Noun::new("тысячная", "тысячных", Feminine),
];

const COUNTING: Counting = Counting {
    below_thousand,
    scales: [
        Noun::slavic("тысяча", "тысячи", "тысяч", Feminine),
        Noun::slavic("миллион", "миллиона", "миллионов", Masculine),
        Noun::slavic("миллиард", "миллиарда", "миллиардов", Masculine),
        Noun::slavic("триллион", "триллиона", "триллионов", Masculine),
    ],
    silent_ones: 1,
    zero: "ноль",
    form,
};

const UNITS: [&str; 20] = [
    "",
    "один",
    "два",
    "три",
    "четыре",
    "пять",
    "шесть",
    "семь",
    "восемь",
    "девять",
    "десять",
    "одиннадцать",
    "двенадцать",
    "тринадцать",
    "четырнадцать",
    "пятнадцать",
    "шестнадцать",
    "семнадцать",
    "восемнадцать",
    "девятнадцать",
];
const TENS: [&str; 10] = [
    "",
    "",
    "двадцать",
    "тридцать",
    "сорок",
    "пятьдесят",
    "шестьдесят",
    "семьдесят",
    "восемьдесят",
    "девяносто",
];
const HUNDREDS: [&str; 10] = [
    "",
    "сто",
    "двести",
    "триста",
    "четыреста",
    "пятьсот",
    "шестьсот",
    "семьсот",
    "восемьсот",
    "девятьсот",
];
const NTH: [&str; 20] = [
    "нулевой",
    "первый",
    "второй",
    "третий",
    "четвёртый",
    "пятый",
    "шестой",
    "седьмой",
    "восьмой",
    "девятый",
    "десятый",
    "одиннадцатый",
    "двенадцатый",
    "тринадцатый",
    "четырнадцатый",
    "пятнадцатый",
    "шестнадцатый",
    "семнадцатый",
    "восемнадцатый",
    "девятнадцатый",
];
const NTH_TENS: [&str; 10] = [
    "",
    "",
    "двадцатый",
    "тридцатый",
    "сороковой",
    "пятидесятый",
    "шестидесятый",
    "семидесятый",
    "восьмидесятый",
    "девяностый",
];
const NTH_HUNDREDS: [&str; 10] = [
    "",
    "сотый",
    "двухсотый",
    "трёхсотый",
    "четырёхсотый",
    "пятисотый",
    "шестисотый",
    "семисотый",
    "восьмисотый",
    "девятисотый",
];

fn form(number: u64) -> Form {
    match (number % 10, number % 100) {
        (_, 11..=14) => Form::Many,
        (1, _) => Form::One,
        (2..=4, _) => Form::Few,
        _ => Form::Many,
    }
}

fn below_thousand(number: u64, gender: Gender) -> String {
    parted(number, &HUNDREDS, &TENS, |unit| match (unit, gender) {
        (1, Feminine) => "одна",
        (1, Neuter) => "одно",
        (2, Feminine) => "две",
        _ => UNITS[unit as usize],
    })
}

/// `две целых пять десятых`; longer fractions are figures behind a comma.
fn decimal(whole: u64, figures: &str) -> String {
    let part = PARTS.get(figures.len().saturating_sub(1));
    match (part, figures.parse()) {
        (Some(part), Ok(number)) => format!(
            "{} {}",
            COUNTING.counted(whole, &WHOLE),
            COUNTING.counted(number, part)
        ),
        _ => format!(
            "{} запятая {}",
            COUNTING.cardinal(whole, Masculine),
            as_number(figures, &SPELLING)
        ),
    }
}

/// The letters behind the figures are the ending: `5-го` is `пятого`.
fn ordinal(ordinal: &Ordinal<'_>) -> String {
    let masculine = nth(ordinal.number);
    let ending = ending(ordinal.mark);
    if let Some(stem) = masculine.strip_suffix("третий") {
        return match ending {
            "" => masculine,
            "ая" => format!("{stem}третья"),
            "ое" => format!("{stem}третье"),
            "ую" => format!("{stem}третью"),
            "ых" => format!("{stem}третьих"),
            _ => format!("{stem}треть{}", ending.replacen('о', "е", 1)),
        };
    }
    let stem = ["ый", "ой"]
        .into_iter()
        .find_map(|nominative| masculine.strip_suffix(nominative));
    match stem {
        Some(stem) if !ending.is_empty() => format!("{stem}{ending}"),
        _ => masculine,
    }
}

/// Empty for the nominative of the masculine.
fn ending(mark: &str) -> &'static str {
    match mark {
        "я" | "ая" => "ая",
        "е" | "ое" => "ое",
        "го" | "ого" => "ого",
        "му" | "ому" => "ому",
        "м" | "ом" => "ом",
        "х" | "ых" => "ых",
        "ю" | "ую" => "ую",
        _ => "",
    }
}

/// Only the last word is an ordinal; whole thousands beyond the first have none here.
fn nth(number: u64) -> String {
    let (unit, last) = match number {
        0 => return NTH[0].to_owned(),
        1000 => return "тысячный".to_owned(),
        _ if number.is_multiple_of(1000) => return COUNTING.cardinal(number, Masculine),
        _ if number.is_multiple_of(100) => (1000, NTH_HUNDREDS[(number % 1000 / 100) as usize]),
        _ if number % 100 < 20 => (100, NTH[(number % 100) as usize]),
        _ if number.is_multiple_of(10) => (100, NTH_TENS[(number % 100 / 10) as usize]),
        _ => (10, NTH[(number % 10) as usize]),
    };
    match number - number % unit {
        0 => last.to_owned(),
        above => format!("{} {last}", COUNTING.cardinal(above, Masculine)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_words() {
        for (number, words) in [
            (0, "ноль"),
            (7, "семь"),
            (16, "шестнадцать"),
            (21, "двадцать один"),
            (71, "семьдесят один"),
            (99, "девяносто девять"),
            (100, "сто"),
            (101, "сто один"),
            (200, "двести"),
            (999, "девятьсот девяносто девять"),
            (1000, "тысяча"),
            (1001, "тысяча один"),
            (1984, "тысяча девятьсот восемьдесят четыре"),
            (2000, "две тысячи"),
            (21_000, "двадцать одна тысяча"),
            (1_000_000, "один миллион"),
            (2_500_000, "два миллиона пятьсот тысяч"),
        ] {
            assert_eq!(COUNTING.cardinal(number, Masculine), words);
        }
    }

    #[test]
    fn ordinals_take_their_ending() {
        for (number, mark, words) in [
            (1, "й", "первый"),
            (3, "я", "третья"),
            (3, "го", "третьего"),
            (5, "го", "пятого"),
            (21, "е", "двадцать первое"),
            (40, "й", "сороковой"),
            (100, "й", "сотый"),
            (1984, "м", "тысяча девятьсот восемьдесят четвёртом"),
            (90, "х", "девяностых"),
        ] {
            let said = ordinal(&Ordinal {
                number,
                mark,
                before: "",
            });
            assert_eq!(said, words);
        }
    }

    #[test]
    fn fractions_and_nouns_agree() {
        assert_eq!(decimal(0, "5"), "ноль целых пять десятых");
        assert_eq!(decimal(1, "01"), "одна целая одна сотая");
        assert_eq!(decimal(2, "25"), "две целых двадцать пять сотых");
        assert_eq!(COUNTING.counted(21, &ROUBLE), "двадцать один рубль");
        assert_eq!(COUNTING.counted(12, &ROUBLE), "двенадцать рублей");
        assert_eq!(COUNTING.counted(42, &KOPECK), "сорок две копейки");
    }
}
