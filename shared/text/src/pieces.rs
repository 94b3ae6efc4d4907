//! Takes apart what is written as one: `iPhone15`, `JavaScript`, `MP3`.

/// Cuts where letters meet figures and where a capital begins a word.
pub(crate) fn pieces(run: &str) -> Vec<&str> {
    let chars: Vec<(usize, char)> = run.char_indices().collect();
    let mut pieces = Vec::new();
    let mut start = 0;
    for window in chars.windows(3).map(<[_]>::to_vec).chain(last_two(&chars)) {
        let [(_, before), (at, here), ..] = window[..] else {
            continue;
        };
        let next = window.get(2).map(|&(_, next)| next);
        let prefix = run.get(start..at).unwrap_or_default();
        if begins(before, here, next) && !is_name_prefix(prefix) {
            pieces.push(prefix);
            start = at;
        }
    }
    pieces.push(run.get(start..).unwrap_or_default());
    pieces
}

fn last_two(chars: &[(usize, char)]) -> Option<Vec<(usize, char)>> {
    chars
        .len()
        .checked_sub(2)
        .and_then(|from| chars.get(from..))
        .map(<[_]>::to_vec)
}

/// A new piece begins at `here`.
fn begins(before: char, here: char, next: Option<char>) -> bool {
    let figures =
        before.is_ascii_digit() != here.is_ascii_digit() && before != '\'' && here != '\'';
    let hump = before.is_lowercase() && here.is_uppercase();
    let after_capitals =
        before.is_uppercase() && here.is_uppercase() && next.is_some_and(char::is_lowercase);
    figures || hump || after_capitals
}

/// `McDonald` and `DeShawn` are one word.
fn is_name_prefix(piece: &str) -> bool {
    [
        "Mc", "Mac", "De", "Di", "La", "Le", "Du", "Fitz", "Van", "O'",
    ]
    .contains(&piece)
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn cuts_are_at_humps_and_figures() {
        for (run, expected) in [
            ("word", vec!["word"]),
            ("iPhone15", vec!["i", "Phone", "15"]),
            ("XMLParser", vec!["XML", "Parser"]),
            ("McDonald", vec!["McDonald"]),
            ("R2D2", vec!["R", "2", "D", "2"]),
            ("O'Brien", vec!["O'Brien"]),
            ("élanVital", vec!["élan", "Vital"]),
            ("a", vec!["a"]),
        ] {
            assert_eq!(pieces(run), expected, "{run}");
        }
    }
}
