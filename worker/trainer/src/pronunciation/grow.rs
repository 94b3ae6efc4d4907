//! Grows the decision trees of letter-to-sound rules from aligned words, by information gain.

use std::collections::HashMap;

use kiskadee_pronunciation::{Letters, Node, REACH, Sound, neighbour};

use super::align::{Alignment, Word, align};

/// What fewer letters have in common is chance.
const FEWEST: usize = 2;
const LEAST_GAIN: f64 = 1e-9;

/// A letter in its place, and what it stands for there.
struct Sample {
    neighbours: Vec<u8>,
    chunk: u16,
}

/// Rules that were learned from pairs of a word and its sounds.
pub(super) fn grow(alphabet: Vec<char>, lexicon: &[(String, Vec<Sound>)]) -> Letters {
    let mut rules = Letters {
        alphabet,
        chunks: Vec::new(),
        roots: Vec::new(),
        nodes: Vec::new(),
    };
    let words: Vec<Word> = lexicon
        .iter()
        .map(|(word, sounds)| Word {
            letters: rules.indices(word),
            sounds: sounds.clone(),
        })
        .collect();
    let samples = samples(&words, &align(&words), &mut rules);
    for letter in samples {
        rules.roots.push(rules.nodes.len() as u32);
        branch(&mut rules.nodes, letter);
    }
    rules
}

/// For each letter of the alphabet all its places.
fn samples(
    words: &[Word],
    alignments: &[Option<Alignment>],
    rules: &mut Letters,
) -> Vec<Vec<Sample>> {
    let mut known: HashMap<Vec<Sound>, u16> = HashMap::new();
    let mut samples: Vec<Vec<Sample>> = rules.alphabet.iter().map(|_| Vec::new()).collect();
    for (word, alignment) in words.iter().zip(alignments) {
        for (place, chunk) in alignment.iter().flatten().enumerate() {
            let next = known.len() as u16;
            let chunk_index = *known.entry(chunk.clone()).or_insert_with(|| {
                rules.chunks.push(chunk.clone());
                next
            });
            let neighbours = offsets()
                .map(|offset| neighbour(&word.letters, place, offset))
                .collect();
            let letter = usize::from(word.letters[place]) - 1;
            samples[letter].push(Sample {
                neighbours,
                chunk: chunk_index,
            });
        }
    }
    samples
}

fn offsets() -> impl Iterator<Item = i8> {
    (-REACH..=REACH).filter(|offset| *offset != 0)
}

fn branch(nodes: &mut Vec<Node>, samples: Vec<Sample>) {
    let Some((question, letter)) = best_question(&samples) else {
        nodes.push(Node::Leaf(most_common(&samples)));
        return;
    };
    let at = nodes.len();
    let offset = offsets().nth(question).unwrap_or_default();
    nodes.push(Node::Question {
        offset,
        letter,
        no: 0,
    });
    let (yes, no): (Vec<_>, Vec<_>) = samples
        .into_iter()
        .partition(|sample| sample.neighbours[question] == letter);
    branch(nodes, yes);
    let no_at = nodes.len() as u32;
    nodes[at] = Node::Question {
        offset,
        letter,
        no: no_at,
    };
    branch(nodes, no);
}

/// The question whose answer tells most, as (place among the neighbours, letter); none when nothing more can be told.
fn best_question(samples: &[Sample]) -> Option<(usize, u8)> {
    let total = histogram(samples.iter().map(|sample| sample.chunk));
    if total.len() < 2 || samples.len() < 2 * FEWEST {
        return None;
    }
    let whole = surprise(total.values());
    let mut best = (LEAST_GAIN, None);
    for question in 0..2 * REACH as usize {
        let mut by_letter: HashMap<u8, HashMap<u16, usize>> = HashMap::new();
        for sample in samples {
            let letter = by_letter.entry(sample.neighbours[question]).or_default();
            *letter.entry(sample.chunk).or_default() += 1;
        }
        let mut letters: Vec<_> = by_letter.into_iter().collect();
        // The same trees at every run.
        letters.sort_by_key(|(letter, _)| *letter);
        for (letter, yes) in letters {
            let count: usize = yes.values().sum();
            if count < FEWEST || samples.len() - count < FEWEST {
                continue;
            }
            let no: Vec<usize> = total
                .iter()
                .map(|(chunk, all)| all - yes.get(chunk).unwrap_or(&0))
                .collect();
            let gain = whole - surprise(yes.values()) - surprise(no.iter());
            if gain > best.0 + LEAST_GAIN {
                best = (gain, Some((question, letter)));
            }
        }
    }
    best.1
}

fn histogram(chunks: impl Iterator<Item = u16>) -> HashMap<u16, usize> {
    let mut counts = HashMap::new();
    for chunk in chunks {
        *counts.entry(chunk).or_default() += 1;
    }
    counts
}

/// The entropy of counts times their sum, in nats.
fn surprise<'a>(counts: impl Iterator<Item = &'a usize> + Clone) -> f64 {
    let sum: usize = counts.clone().sum();
    // Sorted, for the sum of floating point numbers depends on their order.
    let mut counts: Vec<usize> = counts.copied().filter(|count| *count > 0).collect();
    counts.sort_unstable();
    counts
        .iter()
        .map(|count| *count as f64 * (sum as f64 / *count as f64).ln())
        .sum()
}

/// Of equally common ones the first, so that the choice is always the same.
fn most_common(samples: &[Sample]) -> u16 {
    let counts = histogram(samples.iter().map(|sample| sample.chunk));
    let best = counts
        .into_iter()
        .max_by_key(|(chunk, count)| (*count, std::cmp::Reverse(*chunk)));
    best.map_or(0, |(chunk, _)| chunk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_found_and_holds_for_new_words() {
        let sound = Sound::from_byte;
        // `c` is 9 before `e` and 8 elsewhere; vowels are themselves.
        let say = |word: &str| -> Vec<Sound> {
            let letters: Vec<char> = word.chars().collect();
            let say_one = |(place, letter): (usize, &char)| match letter {
                'c' if letters.get(place + 1) == Some(&'e') => sound(9),
                'c' => sound(8),
                letter => sound(*letter as u8 - b'a' + 20),
            };
            letters.iter().enumerate().map(say_one).collect()
        };
        let words = [
            "ace", "cab", "ca", "ece", "bac", "ceb", "acab", "cecb", "abca", "eceb", "cc", "ecc",
        ];
        let lexicon: Vec<_> = words
            .iter()
            .map(|word| ((*word).to_owned(), say(word)))
            .collect();
        let rules = grow(vec!['a', 'b', 'c', 'e'], &lexicon);
        for word in ["ace", "acce", "bece", "caca", "ecca"] {
            assert_eq!(rules.sounds(word), say(word), "{word}");
        }
    }
}
