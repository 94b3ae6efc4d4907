//! What names, addresses and passwords must look like.

use kiskadee_edge_kit::Violations;
use kiskadee_shared::limits::{EMAIL_BYTES, FULL_NAME_CHARS, PASSWORD_CHARS, USERNAME_CHARS};

const LOCAL_PART_BYTES: usize = 64;
const LABEL_BYTES: usize = 63;

pub(crate) fn username(text: &str, violations: &mut Violations) {
    violations.length("username", text, &USERNAME_CHARS);
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
    violations.require(
        is_plain,
        "username",
        "may have letters, digits, `_`, `.` and `-` only",
    );
}

pub(crate) fn email(text: &str, violations: &mut Violations) {
    violations.require(is_email(text), "email", "is not an e-mail address");
}

pub(crate) fn full_name(text: &str, violations: &mut Violations) {
    violations.length("full_name", text, &FULL_NAME_CHARS);
    violations.require(
        !text.chars().any(char::is_control),
        "full_name",
        "must not have control characters",
    );
}

pub(crate) fn password(text: &str, violations: &mut Violations) {
    violations.length("password", text, &PASSWORD_CHARS);
}

/// The addresses of RFC 5321 that are in use: an unquoted local part and a domain name with a dot. Letters beyond ASCII are
/// allowed (RFC 6531). Whether the address exists only a message to it can tell.
fn is_email(text: &str) -> bool {
    EMAIL_BYTES.contains(&text.len())
        && text
            .rsplit_once('@')
            .is_some_and(|(local, domain)| is_local_part(local) && is_domain(domain))
}

fn is_local_part(text: &str) -> bool {
    text.len() <= LOCAL_PART_BYTES
        && text
            .split('.')
            .all(|atom| !atom.is_empty() && atom.chars().all(is_atom_character))
}

fn is_atom_character(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || "!#$%&'*+/=?^_`{|}~-".contains(character)
        || is_letter_beyond_ascii(character)
}

fn is_domain(text: &str) -> bool {
    text.contains('.') && text.split('.').all(is_label)
}

fn is_label(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LABEL_BYTES
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.chars().all(|character| {
            character.is_ascii_alphanumeric()
                || character == '-'
                || is_letter_beyond_ascii(character)
        })
}

fn is_letter_beyond_ascii(character: char) -> bool {
    !character.is_ascii() && character.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_use_pass() {
        for text in [
            "a@b.co",
            "ada.lovelace+tts@mail.example.org",
            "o'hara@example.com",
            "jürgen@müller.example",
            "x_y-z@1und1.de",
        ] {
            assert!(is_email(text), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        let long = format!("{}@example.com", "x".repeat(65));
        let bad = [
            "",
            "a",
            "@",
            "a@",
            "@b.co",
            "a@b",
            "a b@c.de",
            "a@b..co",
            ".a@b.co",
            "a.@b.co",
            "a@-b.co",
            "a@b.co ",
            "a@b@c.de",
            "a\u{0}@b.co",
            "<a@b.co>",
            &long,
        ];
        for text in bad {
            assert!(!is_email(text), "{text}");
        }
    }

    #[test]
    fn usernames_are_plain() {
        let violations = |text: &str| {
            let mut violations = Violations::default();
            username(text, &mut violations);
            violations.errors().len()
        };
        for good in ["ada", "ada.l-2_x", &"x".repeat(64)] {
            assert_eq!(violations(good), 0, "{good}");
        }
        for (bad, count) in [
            ("ab", 1),
            ("a b", 1),
            ("ä", 2),
            ("ada@x", 1),
            (&*"x".repeat(65), 1),
        ] {
            assert_eq!(violations(bad), count, "{bad}");
        }
    }

    #[test]
    fn passwords_have_a_length_and_no_other_rule() {
        let violations = |text: &str| {
            let mut violations = Violations::default();
            password(text, &mut violations);
            violations.errors().len()
        };
        assert_eq!(violations("pässwört"), 0);
        assert_eq!(violations("1234567"), 1);
        assert_eq!(violations(&"x".repeat(257)), 1);
    }
}
