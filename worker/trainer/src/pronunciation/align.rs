//! Which letters of a word stand for which of its sounds, found by expectation and maximisation with the best alignment
//! standing for all (Viterbi training). A letter stands for none, one or two sounds.

use std::collections::HashMap;

use kiskadee_pronunciation::Sound;

/// Sounds of one letter at most.
const LONGEST: usize = 2;
const ROUNDS: usize = 6;
/// For what was never seen.
const FLOOR: f64 = 1e-7;

/// A word as indices of letters, with its sounds.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) letters: Vec<u8>,
    pub(super) sounds: Vec<Sound>,
}

/// What each letter of a word stands for.
pub(super) type Alignment = Vec<Vec<Sound>>;

type Counts = HashMap<(u8, Vec<Sound>), f64>;

/// Aligns all words; none for a word with more sounds than its letters can stand for.
pub(super) fn align(words: &[Word]) -> Vec<Option<Alignment>> {
    let mut costs = Costs::default();
    let mut alignments = Vec::new();
    for _ in 0..ROUNDS {
        alignments = words.iter().map(|word| best(word, &costs)).collect();
        costs = Costs::of(words, &alignments);
    }
    alignments
}

/// How surprising it is that a letter stands for a chunk of sounds.
#[derive(Default)]
struct Costs {
    chunks: Counts,
    letters: HashMap<u8, f64>,
}

impl Costs {
    fn of(words: &[Word], alignments: &[Option<Alignment>]) -> Self {
        let mut costs = Self::default();
        for (word, alignment) in words.iter().zip(alignments) {
            for (letter, chunk) in word.letters.iter().zip(alignment.iter().flatten()) {
                *costs.chunks.entry((*letter, plain(chunk))).or_default() += 1.0;
                *costs.letters.entry(*letter).or_default() += 1.0;
            }
        }
        costs
    }

    fn cost(&self, letter: u8, chunk: &[Sound]) -> f64 {
        let Some(all) = self.letters.get(&letter) else {
            // The first guess: one sound for each letter.
            return [3.0, 1.0, 4.0].get(chunk.len()).copied().unwrap_or(9.0);
        };
        let seen = self
            .chunks
            .get(&(letter, plain(chunk)))
            .copied()
            .unwrap_or_default();
        -((seen + FLOOR) / all).ln()
    }
}

/// Stress tells nothing about which letter it is.
fn plain(chunk: &[Sound]) -> Vec<Sound> {
    chunk
        .iter()
        .map(|sound| Sound::new(sound.phone(), false))
        .collect()
}

/// The cheapest way to share the sounds among the letters.
fn best(word: &Word, costs: &Costs) -> Option<Alignment> {
    let (letters, sounds) = (word.letters.len(), word.sounds.len());
    // [letters + 1][sounds + 1]: the cost of having shared so many sounds among so many letters, and the last share.
    let mut table = vec![vec![(f64::INFINITY, 0); sounds + 1]; letters + 1];
    table[0][0].0 = 0.0;
    for (place, letter) in word.letters.iter().enumerate() {
        for given in 0..=sounds {
            let before = table[place][given].0;
            if before.is_infinite() {
                continue;
            }
            for share in 0..=LONGEST.min(sounds - given) {
                let cost = before + costs.cost(*letter, &word.sounds[given..given + share]);
                let cell = &mut table[place + 1][given + share];
                if cost < cell.0 {
                    *cell = (cost, share);
                }
            }
        }
    }
    trace(&table, &word.sounds)
}

fn trace(table: &[Vec<(f64, usize)>], sounds: &[Sound]) -> Option<Alignment> {
    let mut end = sounds.len();
    if table.last()?[end].0.is_infinite() {
        return None;
    }
    let mut alignment = Vec::with_capacity(table.len() - 1);
    for row in table.iter().skip(1).rev() {
        let share = row[end].1;
        alignment.push(sounds[end - share..end].to_vec());
        end -= share;
    }
    alignment.reverse();
    Some(alignment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(letters: &[u8], sounds: &[u8]) -> Word {
        Word {
            letters: letters.to_vec(),
            sounds: sounds.iter().copied().map(Sound::from_byte).collect(),
        }
    }

    #[test]
    fn what_stands_together_often_belongs_together() {
        // Letter 3 stands for sounds 7 and 8 together.
        let words = [
            word(&[1, 2], &[5, 6]),
            word(&[1, 3], &[5, 7, 8]),
            word(&[2, 3, 1], &[6, 7, 8, 5]),
        ];
        let shares: Vec<Vec<usize>> = align(&words)
            .iter()
            .flatten()
            .map(|alignment| alignment.iter().map(Vec::len).collect())
            .collect();
        assert_eq!(shares, [vec![1, 1], vec![1, 2], vec![1, 2, 1]]);
    }

    #[test]
    fn too_many_sounds_cannot_be_shared() {
        assert!(align(&[word(&[1], &[5, 6, 7])])[0].is_none());
    }
}
