//! What a word is, and which is the commonest.

use kiskadee_toy_jobs::counts::{Counts, words};
use serde_json::json;

fn counts(text: &str) -> Counts {
    let mut counts = Counts::default();
    for word in words(text) {
        counts.add(word);
    }
    counts
}

#[test]
fn words_are_runs_of_letters_and_figures_whatever_their_case() {
    assert_eq!(
        words("Ärger um 5 Uhr: ärger-lich!"),
        ["ärger", "um", "5", "uhr", "ärger", "lich"]
    );
    assert_eq!(words(" … "), [""; 0]);
    assert_eq!(json!(counts("b a B")), json!({"a": 1, "b": 2}));
}

#[test]
fn the_commonest_is_the_first_of_several() {
    assert_eq!(counts("b a c b a").commonest(), Some(("a", 2)));
    assert_eq!(counts("b a c b a").distinct(), 3);
    assert_eq!(counts("").commonest(), None);
}
