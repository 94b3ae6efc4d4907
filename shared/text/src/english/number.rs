//! Writes out numbers in American English: no "and" after hundreds.

const BELOW_TWENTY: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] = [
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
const SCALES: [&str; 8] = [
    "",
    "thousand",
    "million",
    "billion",
    "trillion",
    "quadrillion",
    "quintillion",
    "sextillion",
];
/// Longer numbers are said digit by digit.
const MOST_DIGITS: usize = 24;

/// `1,234` to `one thousand two hundred thirty four`. Digits and commas only.
pub(super) fn cardinal(digits: &str) -> String {
    let bare: String = digits.chars().filter(char::is_ascii_digit).collect();
    let leading_zero = bare.len() > 1 && bare.starts_with('0');
    match bare.parse::<u128>() {
        Ok(number) if bare.len() <= MOST_DIGITS && !leading_zero => of(number),
        _ => each(&bare),
    }
}

/// A number below 10^24.
pub(super) fn of(number: u128) -> String {
    if number == 0 {
        return "zero".to_owned();
    }
    let mut words = Vec::new();
    let mut rest = number;
    for scale in SCALES {
        if !rest.is_multiple_of(1000) {
            words.push(scale.to_owned());
            words.push(below_thousand(rest % 1000));
        }
        rest /= 1000;
    }
    words.reverse();
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

fn below_thousand(number: u128) -> String {
    let (hundreds, rest) = (number / 100, number % 100);
    match (hundreds, rest) {
        (0, _) => below_hundred(rest),
        (_, 0) => format!("{} hundred", below_hundred(hundreds)),
        _ => format!(
            "{} hundred {}",
            below_hundred(hundreds),
            below_hundred(rest)
        ),
    }
}

fn below_hundred(number: u128) -> String {
    let number = usize::try_from(number).unwrap_or_default();
    if let Some(word) = BELOW_TWENTY.get(number) {
        return (*word).to_owned();
    }
    let tens = TENS.get(number / 10).copied().unwrap_or_default();
    match number % 10 {
        0 => tens.to_owned(),
        ones => format!(
            "{tens} {}",
            BELOW_TWENTY.get(ones).copied().unwrap_or_default()
        ),
    }
}

/// `21` to `twenty first`.
pub(super) fn ordinal(digits: &str) -> String {
    let cardinal = cardinal(digits);
    let (head, last) = cardinal
        .rsplit_once(' ')
        .map_or(("", cardinal.as_str()), |(head, last)| (head, last));
    let last = match last {
        "one" => "first".to_owned(),
        "two" => "second".to_owned(),
        "three" => "third".to_owned(),
        "five" => "fifth".to_owned(),
        "eight" => "eighth".to_owned(),
        "nine" => "ninth".to_owned(),
        "twelve" => "twelfth".to_owned(),
        tens if tens.ends_with('y') => format!("{}ieth", tens.trim_end_matches('y')),
        other => format!("{other}th"),
    };
    if head.is_empty() {
        last
    } else {
        format!("{head} {last}")
    }
}

/// Digit by digit.
pub(super) fn each(digits: &str) -> String {
    let words: Vec<_> = digits
        .chars()
        .filter_map(|c| c.to_digit(10))
        .filter_map(|digit| BELOW_TWENTY.get(digit as usize).copied())
        .collect();
    words.join(" ")
}

/// `1905` to `nineteen oh five`; other than four digits as a cardinal.
pub(super) fn year(digits: &str) -> String {
    let (Ok(number), 4) = (digits.parse::<u128>(), digits.len()) else {
        return cardinal(digits);
    };
    if number % 1000 < 10 {
        return cardinal(digits);
    }
    in_pairs(number)
}

/// How three and four digits are said in names: `747` to `seven forty seven`, `1080` to `ten eighty`.
pub(super) fn in_pairs(number: u128) -> String {
    let (head, rest) = (number / 100, number % 100);
    match rest {
        _ if head == 0 || head > 99 => of(number),
        0 if head % 10 == 0 => of(number),
        0 => format!("{} hundred", below_hundred(head)),
        1..=9 => format!("{} oh {}", below_hundred(head), below_hundred(rest)),
        _ => format!("{} {}", below_hundred(head), below_hundred(rest)),
    }
}

/// Four digits from 1100 to 2099 in pairs, as in years and `1920 by 1080`; others as amounts.
pub(super) fn compact(written: &str) -> String {
    match written.parse() {
        Ok(1100..2100u128) if written.len() == 4 => year(written),
        _ => amount(written),
    }
}

/// A number with an optional decimal part: `1,234.05` to `... point zero five`, `.5` to `point five`.
pub(super) fn amount(written: &str) -> String {
    match written.split_once('.') {
        None => cardinal(written),
        Some(("", decimals)) => format!("point {}", each(decimals)),
        Some((whole, decimals)) => format!("{} point {}", cardinal(whole), each(decimals)),
    }
}

/// The plural of a number word or of a unit's name: `ninety` to `nineties`, `six` to `sixes`.
pub(super) fn plural(word: &str) -> String {
    if let Some(stem) = word
        .strip_suffix('y')
        .filter(|stem| !stem.ends_with(['a', 'e', 'o']))
    {
        format!("{stem}ies")
    } else if ["x", "s", "ch", "sh"].iter().any(|end| word.ends_with(end)) {
        format!("{word}es")
    } else {
        format!("{word}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cardinals_of_every_size() {
        for (written, spoken) in [
            ("0", "zero"),
            ("13", "thirteen"),
            ("40", "forty"),
            ("101", "one hundred one"),
            ("1,000,000", "one million"),
            ("1000000000000000001", "one quintillion one"),
            ("007", "zero zero seven"),
        ] {
            assert_eq!(cardinal(written), spoken);
        }
        assert_eq!(cardinal(&"9".repeat(25)).split(' ').count(), 25);
    }

    #[test]
    fn ordinals_and_years() {
        assert_eq!(ordinal("112"), "one hundred twelfth");
        assert_eq!(ordinal("30"), "thirtieth");
        assert_eq!(year("1900"), "nineteen hundred");
        assert_eq!(year("1066"), "ten sixty six");
        assert_eq!(year("2005"), "two thousand five");
        assert_eq!(year("476"), "four hundred seventy six");
    }
}
