//! How often each word stands in a text. A word is a run of letters and figures, whatever their case.

use std::collections::BTreeMap;

use serde::Serialize;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Counts(BTreeMap<String, usize>);

/// The words of a text, in their order.
pub fn words(text: &str) -> Vec<String> {
    let runs = text.split(|letter: char| !letter.is_alphanumeric());
    let words = runs.filter(|run| !run.is_empty());
    words.map(str::to_lowercase).collect()
}

impl Counts {
    pub fn add(&mut self, word: String) {
        *self.0.entry(word).or_default() += 1;
    }

    pub fn distinct(&self) -> usize {
        self.0.len()
    }

    /// The word that was added most often, the first by the alphabet of several; none of nothing.
    pub fn commonest(&self) -> Option<(&str, usize)> {
        let backwards = self.0.iter().rev();
        let commonest = backwards.max_by_key(|(_, times)| **times);
        commonest.map(|(word, times)| (word.as_str(), *times))
    }
}
