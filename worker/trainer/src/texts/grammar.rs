//! Sentences from a context-free grammar, drawn at random but always the same for the same seed.

use std::collections::HashMap;

use rand::Rng;
use rand::seq::IndexedRandom;

use crate::TrainError;

const START: &str = "text";
/// The category that stands for a word of the lexicon.
const WORD: &str = "word";
/// How deep categories may lie in one another.
const MOST_DEPTH: usize = 24;

/// Categories and what may stand for each.
#[derive(Debug)]
pub(super) struct Grammar(HashMap<String, Vec<Vec<Part>>>);

#[derive(Debug)]
enum Part {
    Literal(String),
    Category(String),
}

impl Grammar {
    /// Lines of `category = alternative | alternative`; an alternative is text with `<category>` in it.
    pub(super) fn parse(text: &str) -> Result<Self, TrainError> {
        let mut rules: HashMap<String, Vec<Vec<Part>>> = HashMap::new();
        let lines = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
        for (number, line) in lines {
            let refuse = || {
                TrainError::Options(format!(
                    "line {} of the grammar is not \"category = …\"",
                    number + 1
                ))
            };
            let (category, alternatives) = line.split_once('=').ok_or_else(refuse)?;
            let parts = alternatives
                .split('|')
                .map(|alternative| parts(alternative.trim()));
            rules
                .entry(category.trim().to_owned())
                .or_default()
                .extend(parts);
        }
        let grammar = Self(rules);
        grammar.check()?;
        Ok(grammar)
    }

    fn check(&self) -> Result<(), TrainError> {
        let used = self
            .0
            .values()
            .flatten()
            .flatten()
            .filter_map(|part| match part {
                Part::Category(name) => Some(name.as_str()),
                Part::Literal(_) => None,
            });
        match used
            .chain([START])
            .find(|name| *name != WORD && !self.0.contains_key(*name))
        {
            Some(name) => Err(TrainError::Options(format!(
                "the grammar lacks the category {name}"
            ))),
            None => Ok(()),
        }
    }

    /// One sentence, its first letter a capital.
    pub(super) fn draw(&self, words: &[String], random: &mut impl Rng) -> String {
        let mut sentence = String::new();
        self.expand(START, words, random, 0, &mut sentence);
        let mut letters = sentence.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_uppercase().chain(letters).collect()
        })
    }

    fn expand(
        &self,
        category: &str,
        words: &[String],
        random: &mut impl Rng,
        depth: usize,
        into: &mut String,
    ) {
        if category == WORD {
            into.extend(words.choose(random).map(String::as_str));
            return;
        }
        let Some(alternative) = self
            .0
            .get(category)
            .and_then(|alternatives| alternatives.choose(random))
        else {
            return;
        };
        for part in alternative {
            match part {
                Part::Literal(text) => into.push_str(text),
                Part::Category(name) if depth < MOST_DEPTH => {
                    self.expand(name, words, random, depth + 1, into);
                }
                Part::Category(_) => {}
            }
        }
    }
}

fn parts(alternative: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = alternative;
    while let Some((literal, after)) = rest.split_once('<') {
        let (category, after) = after.split_once('>').unwrap_or((after, ""));
        parts.extend([
            Part::Literal(literal.to_owned()),
            Part::Category(category.to_owned()),
        ]);
        rest = after;
    }
    parts.push(Part::Literal(rest.to_owned()));
    parts
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn expands_categories_and_draws_the_same_for_the_same_seed() {
        let grammar =
            Grammar::parse("# a comment\ntext = the <noun> <word>.\nnoun = cat\n").unwrap();
        let words = ["sleeps".to_owned()];
        assert_eq!(
            grammar.draw(&words, &mut ChaCha8Rng::seed_from_u64(1)),
            "The cat sleeps."
        );
    }

    #[test]
    fn refuses_what_is_no_grammar() {
        let refused = |text: &str| Grammar::parse(text).unwrap_err().to_string();
        assert!(refused("text = <missing>").contains("missing"));
        assert!(refused("noun = cat").contains("text"));
        assert!(refused("text").contains("line 1"));
    }

    #[test]
    fn a_grammar_without_end_is_cut_off() {
        let grammar = Grammar::parse("text = a<text>").unwrap();
        assert!(grammar.draw(&[], &mut ChaCha8Rng::seed_from_u64(1)).len() < 100);
    }
}
