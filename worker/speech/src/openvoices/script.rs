//! From sentences to lines: phones, where to divide them, and the ids of a model.

use std::{ops::Range, sync::Arc, time::Duration};

use kiskadee_text::{Boundary, Sentence};

use super::{
    Factors, ModelPlace, Who,
    line::{Line, LineWord, divide, silence},
    phones::{FrontEnd, Phones},
    prosody::factors,
};
use crate::SpeechError;

/// The symbols of a model.
pub(crate) trait Alphabet: Send + Sync {
    /// The ids of a line of phones of at most [`Alphabet::most`] symbols, in which words stand at some bytes.
    fn encode(&self, line: &str, words: &[Range<usize>]) -> Encoded;

    /// Symbols that one line may have at the voice's own pace.
    fn most(&self) -> usize;

    /// What is said to measure a voice's loudness: some seconds, in any language, for how loud a voice is does not follow from it.
    fn sample(&self) -> &'static str {
        "ðə lˈɪtəl bˈoʊt wˈɛnt ˈoʊvɚ ðə wˈɔːtɚ ɪn ðə mˈɔːnɪŋ lˈaɪt."
    }
}

/// A line in ids.
pub(crate) struct Encoded {
    pub(crate) ids: Vec<u32>,
    /// The word of the line that each id belongs to, marks and blanks behind it too.
    pub(crate) owners: Vec<Option<usize>>,
    /// Whether any of the ids is a sound.
    pub(crate) sounds: bool,
    pub(crate) times: Times,
    /// Symbols that the model does not know and that were left out, each once.
    pub(crate) unknown: Vec<String>,
}

/// When each word is heard, in samples, where each id lasts so many frames.
pub(crate) type Times = Box<dyn Fn(&[u32]) -> Vec<Range<usize>> + Send + Sync>;

/// Who says a line of so many ids, with what belongs to it.
pub(crate) type Speaker = Box<dyn Fn(usize) -> (Who, Vec<u8>) + Send + Sync>;

/// However slow, a line has room for a long word.
const LEAST: usize = 24;

/// How the sentences of one request become lines.
pub(crate) struct Script {
    pub(crate) model: ModelPlace,
    pub(crate) front_end: Arc<dyn FrontEnd>,
    pub(crate) alphabet: Arc<dyn Alphabet>,
    pub(crate) speaker: Speaker,
    /// Of the whole request.
    pub(crate) speed: f32,
    /// The model makes whole lines, so a listener waits for a line.
    pub(crate) whole_lines: bool,
    /// The model can be told the pitch.
    pub(crate) has_pitch: bool,
}

impl Script {
    /// The lines of a sentence, which are none where nothing in it has a sound. `hasten` asks for a short first line.
    pub(super) async fn lines(
        &self,
        sentence: &Sentence,
        hasten: bool,
    ) -> Result<Vec<Line>, SpeechError> {
        let phones = self.front_end.phones(sentence).await?;
        let sizes = (0..).zip(&sentence.words);
        let sizes: Vec<(usize, Boundary)> = sizes
            .map(|(index, word)| (phones.size(index), word.boundary))
            .collect();
        let hasten = hasten && self.whole_lines;
        let most = self.most(sentence);
        let lines = divide(&sizes, most, hasten).into_iter();
        let lines = lines.flat_map(|range| self.encode(sentence, &phones, range, most));
        let mut lines: Vec<Line> = lines.collect();
        if let Some(first) = lines.first_mut() {
            first.lead += sentence.lead;
        }
        if let Some(last) = lines.last_mut() {
            last.trail += sentence.trail;
        }
        Ok(lines)
    }

    /// What the voice says to have its loudness measured.
    pub(super) fn sample(&self) -> Result<Line, SpeechError> {
        let encoded = self.alphabet.encode(self.alphabet.sample(), &[]);
        let line = encoded.sounds.then(|| self.line(encoded, Vec::new(), &[]));
        line.ok_or_else(|| {
            SpeechError::Unavailable("the voice knows no symbol of speech".to_owned())
        })
    }

    /// Symbols that a line may have: the slower it is, the fewer.
    fn most(&self, sentence: &Sentence) -> usize {
        let speeds = sentence
            .words
            .iter()
            .map(|word| factors(word.prosody).0.speed);
        let slowest = speeds.fold(1.0, f32::min) * self.speed.min(1.0);
        ((self.alphabet.most() as f32 * slowest) as usize).max(LEAST)
    }

    /// The lines of some words: one, or several where a single word is longer than a line.
    fn encode(
        &self,
        sentence: &Sentence,
        phones: &Phones,
        range: Range<usize>,
        most: usize,
    ) -> Vec<Line> {
        let (line, places) = phones.part(range.clone());
        let words = sentence.words.get(range).unwrap_or_default();
        let boundary = words.last().map_or(Boundary::None, |word| word.boundary);
        let asked = words.iter().map(|word| (factors(word.prosody), word));
        let (words, asked): (Vec<LineWord>, Vec<Factors>) = asked
            .map(|((factors, volume), word)| {
                let word = LineWord {
                    source: word.source.clone(),
                    volume,
                };
                (word, factors)
            })
            .unzip();
        if !self.has_pitch && asked.iter().any(|factors| factors.changes_pitch()) {
            tracing::warn!("the voice cannot be told a pitch, which is left as it is");
        }
        let mut lines: Vec<Line> = Vec::new();
        let mut words = Some(words);
        for (piece, places) in pieces(line, places, most) {
            let encoded = self.alphabet.encode(piece, &places);
            if !encoded.unknown.is_empty() {
                let symbols = encoded.unknown.join(" ");
                tracing::warn!(symbols, "symbols that the voice does not know are left out");
            }
            if encoded.sounds {
                let words = words.take().unwrap_or_default();
                lines.push(self.line(encoded, words, &asked));
            }
        }
        if let Some(last) = lines.last_mut() {
            match boundary {
                Boundary::Pause(length) => last.trail = length,
                boundary => last.pause = silence(boundary),
            }
        }
        lines
    }

    fn line(&self, encoded: Encoded, words: Vec<LineWord>, asked: &[Factors]) -> Line {
        let plain = asked.iter().all(|factors| *factors == Factors::PLAIN);
        let of_owner = |owner: &Option<usize>| {
            let factors = owner.and_then(|word| asked.get(word));
            factors.copied().unwrap_or(Factors::PLAIN)
        };
        let factors = if plain {
            Vec::new()
        } else {
            encoded.owners.iter().map(of_owner).collect()
        };
        let (who, body) = (self.speaker)(encoded.ids.len());
        Line {
            model: self.model.clone(),
            who,
            body,
            ids: encoded.ids,
            factors,
            words,
            times: encoded.times,
            lead: Duration::ZERO,
            trail: Duration::ZERO,
            pause: Duration::ZERO,
        }
    }
}

/// A line as it is or, where it is one giant word, cut anywhere: of such a word the first piece alone is timed.
fn pieces(line: &str, places: Vec<Range<usize>>, most: usize) -> Vec<(&str, Vec<Range<usize>>)> {
    if line.chars().count() <= most {
        return vec![(line, places)];
    }
    let ends = line.char_indices().map(|(at, _)| at).step_by(most).skip(1);
    let mut begin = 0;
    let mut pieces = Vec::new();
    for end in ends.chain([line.len()]) {
        let within = |place: &Range<usize>| place.start.min(end)..place.end.min(end);
        let places = if begin == 0 {
            places.iter().map(within).collect()
        } else {
            Vec::new()
        };
        pieces.push((line.get(begin..end).unwrap_or_default(), places));
        begin = end;
    }
    pieces
}

#[cfg(test)]
#[expect(
    clippy::single_range_in_vec_init,
    reason = "single ranges are what is meant"
)]
mod tests {
    use super::*;

    #[test]
    fn a_giant_word_is_cut_between_letters() {
        assert_eq!(pieces("ab", vec![0..2], 2), [("ab", vec![0..2])]);
        let cut = pieces("ˈaˈbˈc", vec![0..9], 4);
        assert_eq!(cut, [("ˈaˈb", vec![0..6]), ("ˈc", vec![])]);
    }
}
