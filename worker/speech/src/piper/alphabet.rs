//! A voice's symbols: a line as the voice was trained to read it.

use std::ops::Range;

use kiskadee_piper::{VoiceConfig, text::Symbols};

use crate::openvoices::{Alphabet, Encoded};

/// A voice reads more, but attention takes memory for the square of it; half a minute or so.
const MOST_SYMBOLS: usize = 400;

pub(super) struct PiperAlphabet {
    symbols: Symbols,
    /// Samples of a frame.
    hop: usize,
}

/// What stands between two blanks: espeak-ng's idea of a word, which may be several of ours.
struct Run {
    bytes: Range<usize>,
    /// To the end of its last word of ours, without marks.
    sounding: usize,
}

impl PiperAlphabet {
    pub(super) fn new(config: &VoiceConfig) -> Self {
        Self {
            symbols: config.symbols.clone(),
            hop: config.sizes.hop(),
        }
    }
}

impl Alphabet for PiperAlphabet {
    fn encode(&self, line: &str, words: &[Range<usize>]) -> Encoded {
        let encoding = self.symbols.encode(line);
        let runs = runs(line, words);
        let places: Vec<Option<Share>> = words.iter().map(|word| share(word, &runs)).collect();
        let mut owners = vec![None; encoding.ids.len()];
        for (number, run) in encoding.words.iter().enumerate() {
            let of_run = |place: &Option<Share>| place.as_ref().is_some_and(|p| p.run == number);
            let owner = places.iter().position(of_run);
            let end = encoding.words.get(number + 1).map(|next| next.ids.start);
            let begin = if number == 0 { 0 } else { run.ids.start };
            if let Some(ids) = owners.get_mut(begin..end.unwrap_or(encoding.ids.len())) {
                ids.fill(owner);
            }
        }
        let hop = self.hop;
        Encoded {
            ids: encoding.ids.clone(),
            owners,
            sounds: encoding.words.iter().any(|run| !run.spoken.is_empty()),
            unknown: encoding.unknown.clone(),
            times: Box::new(move |frames| {
                let runs = encoding.times(frames, hop);
                let mut end = 0;
                let of_word = |place: &Option<Share>| {
                    let run = place
                        .as_ref()
                        .and_then(|place| Some((place, runs.get(place.run)?)));
                    let Some((place, run)) = run else {
                        return end..end;
                    };
                    let at = |share: f32| run.start + (run.len() as f32 * share) as usize;
                    end = at(place.end);
                    at(place.begin)..end
                };
                places.iter().map(of_word).collect()
            }),
        }
    }

    fn most(&self) -> usize {
        MOST_SYMBOLS
    }
}

/// A word of ours as a share of a run.
struct Share {
    run: usize,
    begin: f32,
    end: f32,
}

fn share(word: &Range<usize>, runs: &[Run]) -> Option<Share> {
    if word.is_empty() {
        return None;
    }
    let of_word = |run: &Run| run.bytes.contains(&word.start);
    let number = runs.iter().position(of_word)?;
    let run = runs.get(number)?;
    let length = (run.sounding - run.bytes.start).max(1) as f32;
    let at = |byte: usize| (byte.saturating_sub(run.bytes.start) as f32 / length).min(1.0);
    Some(Share {
        run: number,
        begin: at(word.start),
        end: at(word.end),
    })
}

fn runs(line: &str, words: &[Range<usize>]) -> Vec<Run> {
    let run = |text: &str| {
        let start = text.as_ptr() as usize - line.as_ptr() as usize;
        let bytes = start..start + text.len();
        let ends = words.iter().filter(|word| bytes.contains(&word.start));
        let sounding = ends.map(|word| word.end.min(bytes.end)).max();
        Run {
            sounding: sounding.unwrap_or(bytes.end),
            bytes,
        }
    };
    line.split_whitespace().map(run).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use kiskadee_piper::text::PhonemeType;

    use super::*;

    fn alphabet() -> PiperAlphabet {
        let ids = "_^$ ,.ʌvðəhn".chars().zip(0..);
        let ids = ids.map(|(symbol, id)| (symbol.to_string(), vec![id]));
        PiperAlphabet {
            symbols: Symbols {
                kind: PhonemeType::Espeak,
                ids: ids.collect::<BTreeMap<_, _>>(),
                replacements: BTreeMap::new(),
                clusters: Vec::new(),
            },
            hop: 10,
        }
    }

    #[test]
    fn words_that_were_joined_share_the_time_of_both() {
        // of the, no
        let line = "ʌvðə, n";
        let encoded = alphabet().encode(line, &[0..3, 3..7, 9..10]);
        let frames = vec![2; encoded.ids.len()];
        let times = (encoded.times)(&frames);
        assert_eq!(times.len(), 3);
        assert!(times[0].start < times[0].end && times[0].end == times[1].start);
        assert!(times[1].end < times[2].start && times[2].start < times[2].end);
        assert!(encoded.sounds && encoded.unknown.is_empty());
    }

    #[test]
    fn every_id_has_an_owner_and_silent_words_have_none() {
        let encoded = alphabet().encode("ʌ, n.", &[0..2, 0..0, 4..5]);
        assert_eq!(encoded.owners.first(), Some(&Some(0)));
        assert_eq!(encoded.owners.last(), Some(&Some(2)));
        assert!(encoded.owners.iter().all(Option::is_some));
        let times = (encoded.times)(&vec![1; encoded.ids.len()]);
        assert!(times[1].is_empty() && !times[2].is_empty());
        assert!(!alphabet().encode("..", &[]).sounds);
    }
}
