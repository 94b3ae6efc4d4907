//! English, with the units, dates and money as said in the United States.

use crate::{
    Word,
    reading::{Place, Reading, Rule, read},
};

const RULES: &[Rule] = &[plain_word];

/// The words of a sentence that begins at `offset` in the input.
pub(crate) fn words(sentence: &str, offset: usize) -> Vec<Word> {
    read(sentence, offset, RULES)
}

fn plain_word(place: &Place<'_>) -> Option<Reading> {
    let rest = place.rest();
    let length = rest.len()
        - rest
            .trim_start_matches(|c: char| c.is_alphabetic() || c == '\'')
            .len();
    let word = rest.get(..length)?.to_lowercase();
    (length > 0).then(|| Reading::new(length, word))
}
