//! Roman numerals, whatever the language.

/// The value of a numeral in its one correct form, below 4,000.
pub(crate) fn value(numeral: &str) -> Option<u128> {
    const PARTS: [(&str, u128); 13] = [
        ("M", 1000),
        ("CM", 900),
        ("D", 500),
        ("CD", 400),
        ("C", 100),
        ("XC", 90),
        ("L", 50),
        ("XL", 40),
        ("X", 10),
        ("IX", 9),
        ("V", 5),
        ("IV", 4),
        ("I", 1),
    ];
    let (mut rest, mut value) = (numeral, 0);
    for (part, worth) in PARTS {
        let most = if part.len() == 1 && part != "V" && part != "L" && part != "D" {
            3
        } else {
            1
        };
        for _ in 0..most {
            if let Some(after) = rest.strip_prefix(part) {
                rest = after;
                value += worth;
            }
        }
    }
    rest.is_empty().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn only_correct_numerals_have_a_value() {
        assert_eq!(value("MCMXCIV"), Some(1994));
        assert_eq!(value("XXXIX"), Some(39));
        for wrong in ["IIII", "VV", "IC", "VX", "IIX"] {
            assert_eq!(value(wrong), None, "{wrong}");
        }
    }
}
