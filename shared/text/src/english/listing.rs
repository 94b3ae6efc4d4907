//! Lists and ranges of one kind, looked at backwards.

/// More is no list that anyone reads.
pub(super) const LONGEST: usize = 16;

/// What stands before a comma, a dash, an `and` or the like at the end of a text.
pub(super) fn before_joiner(text: &str) -> Option<&str> {
    let mut head = trimmed(text);
    for joiner in ["the", "and", "or", "to", "through", "versus", "vs"] {
        let parted = head.strip_suffix(joiner);
        if let Some(parted) = parted.filter(|parted| parted.ends_with([' ', ','])) {
            head = trimmed(parted);
        }
    }
    (head.len() < text.len()).then_some(head)
}

fn trimmed(text: &str) -> &str {
    text.trim_end_matches([' ', ',', '-', '–', '/', '&'])
}

#[cfg(test)]
mod tests {
    use super::before_joiner;

    #[test]
    fn joiners_are_taken_off() {
        for (text, head) in [
            ("Parts I, ", Some("Parts I")),
            ("Parts I and ", Some("Parts I")),
            ("the 60s and the ", Some("the 60s")),
            ("60s–", Some("60s")),
            ("band", None),
        ] {
            assert_eq!(before_joiner(text), head);
        }
    }
}
