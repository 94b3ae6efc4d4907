//! Kokoro's symbols: one code point each, and one id for each.

use std::{collections::HashMap, ops::Range};

use kiskadee_kokoro::{Config, FRAMES_AHEAD};

use crate::openvoices::{Alphabet, Encoded, Times};

/// The model reads more, but a line should come soon; half a minute or less.
const MOST_SYMBOLS: usize = 360;

pub(super) struct KokoroAlphabet {
    ids: HashMap<char, u32>,
    most: usize,
    samples_per_frame: usize,
}

/// An id with the byte of the line that it stands for.
struct Symbol {
    id: u32,
    at: usize,
    sounds: bool,
}

impl KokoroAlphabet {
    pub(super) fn new(config: &Config) -> Self {
        let ids = config.vocab.iter();
        let ids = ids.filter_map(|(symbol, id)| Some((symbol.chars().next()?, *id)));
        Self {
            ids: ids.collect(),
            most: config.longest_utterance().min(MOST_SYMBOLS),
            samples_per_frame: config.samples_per_frame(),
        }
    }

    fn symbols(&self, line: &str) -> (Vec<Symbol>, Vec<String>) {
        let mut symbols = Vec::new();
        let mut unknown: Vec<String> = Vec::new();
        for (at, symbol) in line.char_indices() {
            match self.ids.get(&symbol) {
                Some(id) => symbols.push(Symbol {
                    id: *id,
                    at,
                    sounds: symbol.is_alphabetic() && !is_modifier(symbol),
                }),
                None if unknown.iter().any(|known| known.starts_with(symbol)) => {}
                None => unknown.push(symbol.to_string()),
            }
        }
        (symbols, unknown)
    }
}

impl Alphabet for KokoroAlphabet {
    fn encode(&self, line: &str, words: &[Range<usize>]) -> Encoded {
        let (symbols, unknown) = self.symbols(line);
        let owner = |symbol: &Symbol| {
            words
                .iter()
                .rposition(|word| !word.is_empty() && word.start <= symbol.at)
        };
        Encoded {
            ids: symbols.iter().map(|symbol| symbol.id).collect(),
            owners: symbols.iter().map(owner).collect(),
            sounds: symbols.iter().any(|symbol| symbol.sounds),
            times: times(&symbols, words, self.samples_per_frame),
            unknown,
        }
    }

    fn most(&self) -> usize {
        self.most
    }
}

fn is_modifier(symbol: char) -> bool {
    matches!(symbol, 'ˈ' | 'ˌ' | 'ː' | 'ʰ' | 'ʲ')
}

/// A word among the symbols of its line.
#[derive(Clone, Copy)]
struct Place {
    first: usize,
    last: usize,
}

impl Place {
    /// Nothing but a blank stands between the two.
    fn touches(self, next: Self) -> bool {
        next.first == self.last + 2
    }
}

/// When each word is heard. A blank between the sounds of two words belongs half to each; one that is not heard has no length.
fn times(symbols: &[Symbol], words: &[Range<usize>], samples_per_frame: usize) -> Times {
    let place = |word: &Range<usize>| {
        let within = |symbol: &Symbol| word.contains(&symbol.at);
        let first = symbols.iter().position(within)?;
        let last = symbols.iter().rposition(within)?;
        Some(Place { first, last })
    };
    let places: Vec<Option<Place>> = words.iter().map(place).collect();
    Box::new(move |frames| {
        let starts = starts(frames, samples_per_frame);
        // Frames begin with those of the zero before the line.
        let start = |symbol: usize| starts.get(symbol + 1).or(starts.last()).copied();
        let start = |symbol: usize| start(symbol).unwrap_or_default();
        let middle = |symbol: usize| usize::midpoint(start(symbol), start(symbol + 1));
        let mut times: Vec<Range<usize>> = Vec::with_capacity(places.len());
        let mut before: Option<(usize, Place)> = None;
        for (index, place) in places.iter().enumerate() {
            let Some(place) = *place else {
                let end = times.last().map_or(0, |time| time.end);
                times.push(end..end);
                continue;
            };
            let mut time = start(place.first)..start(place.last + 1);
            if let Some((index, before)) = before
                && before.touches(place)
                && let Some(earlier) = times.get_mut(index)
            {
                time.start = middle(before.last + 1);
                earlier.end = time.start;
            }
            times.push(time);
            before = Some((index, place));
        }
        times
    })
}

/// The first sample that is heard of each id, and the end of the last.
fn starts(frames: &[u32], samples_per_frame: usize) -> Vec<usize> {
    let ends = frames.iter().scan(0, |end, count| {
        *end += *count as usize;
        Some(*end)
    });
    let heard = |frame: usize| frame.saturating_sub(FRAMES_AHEAD) * samples_per_frame;
    std::iter::once(0).chain(ends).map(heard).collect()
}

#[cfg(test)]
#[expect(
    clippy::single_range_in_vec_init,
    reason = "single ranges are what is meant"
)]
mod tests {
    use super::*;

    fn alphabet() -> KokoroAlphabet {
        let symbols = " ,.?abdeItʧOAˈ".chars().zip(1..);
        KokoroAlphabet {
            ids: symbols.collect(),
            most: 100,
            samples_per_frame: 10,
        }
    }

    #[test]
    fn unknown_symbols_are_told_once_and_marks_are_no_sounds() {
        let encoded = alphabet().encode("a%b%.", &[0..3]);
        assert_eq!(encoded.unknown, ["%"]);
        assert_eq!(
            (encoded.ids.as_slice(), encoded.sounds),
            ([5, 6, 3].as_slice(), true)
        );
        assert!(!alphabet().encode(", ˈ?", &[]).sounds);
    }

    #[test]
    fn words_are_timed_to_the_middle_of_what_is_between_them() {
        // 0 a b ␣ ˈ d , ␣ e 0
        let encoded = alphabet().encode("ab ˈd, e", &[0..2, 3..6, 0..0, 8..9]);
        assert_eq!(encoded.owners, [0, 0, 0, 1, 1, 1, 1, 3].map(Some));
        let times = (encoded.times)(&[2, 1, 1, 4, 1, 3, 2, 2, 5, 9]);
        // What is heard is two frames ahead of those.
        assert_eq!(times, [0..40, 40..100, 100..100, 140..190]);
        assert_eq!((encoded.times)(&[]).len(), 4);
    }
}
