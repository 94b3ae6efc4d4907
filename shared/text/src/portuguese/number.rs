//! Writes out numbers in Brazilian Portuguese.

use super::gender::Gender;

const BELOW_TWENTY: [&str; 20] = [
    "zero",
    "um",
    "dois",
    "três",
    "quatro",
    "cinco",
    "seis",
    "sete",
    "oito",
    "nove",
    "dez",
    "onze",
    "doze",
    "treze",
    "quatorze",
    "quinze",
    "dezesseis",
    "dezessete",
    "dezoito",
    "dezenove",
];
const TENS: [&str; 10] = [
    "",
    "",
    "vinte",
    "trinta",
    "quarenta",
    "cinquenta",
    "sessenta",
    "setenta",
    "oitenta",
    "noventa",
];
const HUNDREDS: [&str; 10] = [
    "",
    "cento",
    "duzentos",
    "trezentos",
    "quatrocentos",
    "quinhentos",
    "seiscentos",
    "setecentos",
    "oitocentos",
    "novecentos",
];
const SCALES: [(&str, &str); 8] = [
    ("", ""),
    ("mil", "mil"),
    ("milhão", "milhões"),
    ("bilhão", "bilhões"),
    ("trilhão", "trilhões"),
    ("quatrilhão", "quatrilhões"),
    ("quintilhão", "quintilhões"),
    ("sextilhão", "sextilhões"),
];
const ORDINAL_ONES: [&str; 10] = [
    "", "primeiro", "segundo", "terceiro", "quarto", "quinto", "sexto", "sétimo", "oitavo", "nono",
];
const ORDINAL_TENS: [&str; 10] = [
    "",
    "décimo",
    "vigésimo",
    "trigésimo",
    "quadragésimo",
    "quinquagésimo",
    "sexagésimo",
    "septuagésimo",
    "octogésimo",
    "nonagésimo",
];
const ORDINAL_HUNDREDS: [&str; 10] = [
    "",
    "centésimo",
    "ducentésimo",
    "trecentésimo",
    "quadringentésimo",
    "quingentésimo",
    "sexcentésimo",
    "septingentésimo",
    "octingentésimo",
    "noningentésimo",
];
/// Longer numbers are said digit by digit.
const MOST_DIGITS: usize = 24;

/// `1.234` to `mil duzentos e trinta e quatro`. Digits and full stops only.
pub(super) fn cardinal(digits: &str, gender: Gender) -> String {
    let bare: String = digits.chars().filter(char::is_ascii_digit).collect();
    let leading_zero = bare.len() > 1 && bare.starts_with('0');
    match bare.parse::<u128>() {
        Ok(number) if bare.len() <= MOST_DIGITS && !leading_zero => of(number, gender),
        _ => each(&bare),
    }
}

/// The value of a few digits.
pub(super) fn value(digits: &str) -> u128 {
    digits.parse().unwrap_or_default()
}

/// A number below 10^24.
pub(super) fn of(number: u128, gender: Gender) -> String {
    if number == 0 {
        return "zero".to_owned();
    }
    // From the smallest: three digits, and what they count.
    let mut groups: Vec<(u128, usize)> = Vec::new();
    let mut rest = number;
    for scale in 0..SCALES.len() {
        if !rest.is_multiple_of(1000) {
            groups.push((rest % 1000, scale));
        }
        rest /= 1000;
    }
    let mut spoken = String::new();
    for (index, &(value, scale)) in groups.iter().enumerate().rev() {
        if !spoken.is_empty() {
            spoken.push_str(
                if index == 0 && (value < 100 || value.is_multiple_of(100)) {
                    " e "
                } else {
                    " "
                },
            );
        }
        spoken.push_str(&group(value, scale, gender));
    }
    spoken
}

fn group(value: u128, scale: usize, gender: Gender) -> String {
    let (one, many) = SCALES.get(scale).copied().unwrap_or_default();
    match (scale, value) {
        (0, _) => below_thousand(value, gender),
        (1, 1) => one.to_owned(),
        (1, _) => format!("{} {many}", below_thousand(value, gender)),
        (_, 1) => format!("um {one}"),
        _ => format!("{} {many}", below_thousand(value, Gender::Masculine)),
    }
}

fn below_thousand(number: u128, gender: Gender) -> String {
    if number == 100 {
        return "cem".to_owned();
    }
    let number = usize::try_from(number).unwrap_or_default();
    let hundreds = HUNDREDS.get(number / 100).copied().unwrap_or_default();
    let hundreds = if number < 200 {
        hundreds.to_owned()
    } else {
        gender.of_adjective(hundreds)
    };
    let rest = number % 100;
    let mut words = vec![hundreds];
    if rest < 20 && rest > 0 {
        words.push(below_twenty(rest, gender).to_owned());
    } else if rest > 0 {
        words.push(TENS.get(rest / 10).copied().unwrap_or_default().to_owned());
        if rest % 10 > 0 {
            words.push(below_twenty(rest % 10, gender).to_owned());
        }
    }
    words.retain(|word| !word.is_empty());
    words.join(" e ")
}

fn below_twenty(number: usize, gender: Gender) -> &'static str {
    match (number, gender) {
        (1, Gender::Feminine) => "uma",
        (2, Gender::Feminine) => "duas",
        _ => BELOW_TWENTY.get(number).copied().unwrap_or_default(),
    }
}

/// `21` to `vigésimo primeiro`; as a cardinal from 1,000 on, but for 1,000 itself.
pub(super) fn ordinal(digits: &str, gender: Gender) -> String {
    let bare: String = digits.chars().filter(char::is_ascii_digit).collect();
    let number: usize = match bare.parse() {
        Ok(1000) => return gender.of_adjective("milésimo"),
        Ok(number @ 1..1000) => number,
        _ => return cardinal(&bare, gender),
    };
    let words = [
        ORDINAL_HUNDREDS.get(number / 100),
        ORDINAL_TENS.get(number / 10 % 10),
        ORDINAL_ONES.get(number % 10),
    ];
    let words: Vec<String> = words
        .into_iter()
        .flatten()
        .filter(|word| !word.is_empty())
        .map(|word| gender.of_adjective(word))
        .collect();
    words.join(" ")
}

/// Digit by digit.
pub(super) fn each(digits: &str) -> String {
    let digits = digits.chars().filter_map(|c| c.to_digit(10));
    let words: Vec<_> = digits
        .filter_map(|digit| BELOW_TWENTY.get(digit as usize).copied())
        .collect();
    words.join(" ")
}

/// `1.234,5` to `mil duzentos e trinta e quatro vírgula cinco`; a full stop that parts no thousands is `ponto`.
pub(super) fn amount(written: &str, gender: Gender) -> String {
    let (whole, sign, decimals) = parts(written);
    if decimals.is_empty() {
        return cardinal(&whole, gender);
    }
    let whole = if whole.is_empty() {
        "zero".to_owned()
    } else {
        cardinal(&whole, gender)
    };
    format!("{whole} {sign} {}", decimal_places(decimals))
}

/// The whole part, how the mark is called, and the decimals.
fn parts(written: &str) -> (String, &'static str, &str) {
    if let Some((whole, decimals)) = written.split_once(',') {
        return (whole.replace('.', ""), "vírgula", decimals);
    }
    match written.rsplit_once('.') {
        Some((whole, decimals)) if decimals.len() != 3 => {
            (whole.replace('.', ""), "ponto", decimals)
        }
        _ => (written.replace('.', ""), "vírgula", ""),
    }
}

/// Two places as a number, more of them one by one.
fn decimal_places(decimals: &str) -> String {
    if decimals.len() > 2 || decimals.starts_with('0') {
        return each(decimals);
    }
    cardinal(decimals, Gender::Masculine)
}

/// One thing and less than two things are singular.
pub(super) fn is_singular(written: &str) -> bool {
    let (whole, _, decimals) = parts(written);
    match whole.parse::<u128>() {
        Ok(0) => !decimals.is_empty(),
        Ok(1) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Gender::{Feminine, Masculine};

    #[test]
    fn an_e_joins_tens_and_the_last_group() {
        for (number, expected) in [
            (100, "cem"),
            (101, "cento e um"),
            (1100, "mil e cem"),
            (1234, "mil duzentos e trinta e quatro"),
            (2_000_001, "dois milhões e um"),
            (1_200_000, "um milhão e duzentos mil"),
        ] {
            assert_eq!(of(number, Masculine), expected);
        }
        assert_eq!(
            of(222_222, Feminine),
            "duzentas e vinte e duas mil duzentas e vinte e duas"
        );
        assert_eq!(of(2_000_000, Feminine), "dois milhões");
    }

    #[test]
    fn amounts_are_singular_below_two() {
        for (written, singular) in [
            ("1", true),
            ("1,9", true),
            ("0,5", true),
            ("2", false),
            ("0", false),
            ("1.000", false),
        ] {
            assert_eq!(is_singular(written), singular, "{written}");
        }
    }
}
