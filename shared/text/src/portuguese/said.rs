//! What a writer wants to have read in one way only.

use kiskadee_markup::SayAs;

use super::{
    gender::Gender::{Feminine, Masculine},
    internet, number, phone,
};

/// In words, letters that are said by name in capitals.
pub(crate) fn said_as(kind: SayAs, text: &str) -> String {
    match kind {
        SayAs::Characters => {
            crate::reading::each_character(text, number::each, internet::sign_name)
        }
        SayAs::Digits => number::each(text),
        SayAs::Cardinal => signed(text),
        SayAs::Ordinal if text.contains('ª') => number::ordinal(text, Feminine),
        SayAs::Ordinal => number::ordinal(text, Masculine),
        SayAs::Telephone => telephone(text),
    }
}

fn signed(written: &str) -> String {
    let number = number::cardinal(written, Masculine);
    if written.trim_start().starts_with('-') {
        format!("menos {number}")
    } else {
        number
    }
}

fn telephone(written: &str) -> String {
    let plus = if written.starts_with('+') {
        "mais "
    } else {
        ""
    };
    format!("{plus}{}", phone::groups(written))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_in_the_way_asked_for() {
        for (kind, written, spoken) in [
            (SayAs::Characters, "aç1", "A Ç um"),
            (SayAs::Digits, "46", "quatro seis"),
            (
                SayAs::Cardinal,
                "-1.234",
                "menos mil duzentos e trinta e quatro",
            ),
            (SayAs::Ordinal, "21ª", "vigésima primeira"),
            (SayAs::Ordinal, "2", "segundo"),
            (SayAs::Telephone, "+55 46", "mais cinco cinco, quatro meia"),
        ] {
            assert_eq!(said_as(kind, written), spoken);
        }
    }
}
