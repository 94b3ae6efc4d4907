//! What a writer wants to have read in one way only.

use kiskadee_markup::SayAs;

use super::{internet, number, phone};

/// In words, letters that are said by name in capitals.
pub(crate) fn said_as(kind: SayAs, text: &str) -> String {
    match kind {
        SayAs::Characters => {
            crate::reading::each_character(text, number::each, internet::sign_name)
        }
        SayAs::Digits => number::each(text),
        SayAs::Cardinal => signed(text),
        SayAs::Ordinal => number::ordinal(text),
        SayAs::Telephone => phone::spoken(text),
    }
}

fn signed(written: &str) -> String {
    let number = number::cardinal(written);
    if written.trim_start().starts_with('-') {
        format!("minus {number}")
    } else {
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_in_the_way_asked_for() {
        for (kind, written, spoken) in [
            (SayAs::Characters, "Ab-1é", "A B dash one É"),
            (SayAs::Digits, "4021", "four zero two one"),
            (SayAs::Cardinal, "2025", "two thousand twenty five"),
            (
                SayAs::Cardinal,
                "-1,234",
                "minus one thousand two hundred thirty four",
            ),
            (SayAs::Ordinal, "21", "twenty first"),
            (SayAs::Ordinal, "3rd", "third"),
            (
                SayAs::Telephone,
                "+1 555 0199",
                "plus one, five five five, zero one nine nine",
            ),
        ] {
            assert_eq!(said_as(kind, written), spoken);
        }
    }
}
