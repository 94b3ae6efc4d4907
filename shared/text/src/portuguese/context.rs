//! What stands before a place, as far as a rule looks back.

use crate::reading::Pattern;

/// More than the words that tell what a number is.
const FAR: usize = 80;

/// The end of `before` is what `pattern` ends with. A pattern of this kind begins with `.*` and ends with `$`.
pub(super) fn follows(before: &str, pattern: &Pattern) -> bool {
    pattern.is_match(tail(before))
}

/// The last bytes of `before`.
pub(super) fn tail(before: &str) -> &str {
    let mut start = before.len().saturating_sub(FAR);
    while !before.is_char_boundary(start) {
        start += 1;
    }
    before.get(start..).unwrap_or_default()
}
