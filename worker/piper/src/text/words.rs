//! Words and the ids that they became: their times, and a pace for each. Behind each id but the last stands one of padding.

use std::ops::Range;

use super::Encoding;

/// A word among the ids of its sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// All of its ids with the padding behind the last, marks too.
    pub ids: Range<usize>,
    /// From its first to its last sound, without marks around it and without the padding behind it; empty where nothing sounds.
    pub spoken: Range<usize>,
}

impl Word {
    pub(super) fn at(place: usize) -> Self {
        Self {
            ids: place..place,
            spoken: place..place,
        }
    }

    /// A symbol, whose ids and their padding are these.
    pub(super) fn extend(&mut self, ids: Range<usize>, sounds: bool) {
        self.ids.end = ids.end;
        if sounds {
            if self.spoken.is_empty() {
                self.spoken.start = ids.start;
            }
            self.spoken.end = ids.end - 1;
        }
    }

    /// Nothing but a blank stands between the sounds of the two.
    fn touches(&self, next: &Self) -> bool {
        self.spoken.end + 1 == self.ids.end && next.spoken.start == next.ids.start
    }
}

impl Encoding {
    /// When each word sounds, in samples from the beginning of the sentence, where each id lasts so many frames of `hop` samples.
    /// Padding and blanks belong half to each neighbour; a word without sounds has an empty span.
    pub fn times(&self, frames: &[u32], hop: usize) -> Vec<Range<usize>> {
        let starts = starts(frames, hop);
        let at = |id: usize| starts[id.min(starts.len() - 1)];
        let mut times: Vec<Range<usize>> = Vec::with_capacity(self.words.len());
        let mut before: Option<&Word> = None;
        for word in &self.words {
            let Range { start, end } = word.spoken.clone();
            if start == end {
                let place = at(word.ids.start);
                times.push(place..place);
                continue;
            }
            let half = |padding: usize| (at(padding + 1) - at(padding)) / 2;
            let mut begin = at(start) - half(start - 1);
            if let (Some(before), Some(last)) = (before, times.last_mut())
                && before.touches(word)
            {
                begin = usize::midpoint(at(before.spoken.end), at(start));
                last.end = begin;
            }
            times.push(begin..at(end) + half(end));
            before = Some(word);
        }
        times
    }

    /// A pace for each id of a pace for each word, 2.0 being twice as fast: blanks go with the word before them.
    pub fn paces(&self, words: &[f32]) -> Vec<f32> {
        let mut paces = vec![1.0; self.ids.len()];
        for (number, (word, pace)) in self.words.iter().zip(words).enumerate() {
            let begin = if number == 0 { 0 } else { word.ids.start };
            let next = self.words.get(number + 1).map(|next| next.ids.start);
            let end = next.unwrap_or(paces.len());
            if let Some(paces) = paces.get_mut(begin..end) {
                paces.fill(*pace);
            }
        }
        paces
    }
}

/// The first sample of each id, and the end of the last.
fn starts(frames: &[u32], hop: usize) -> Vec<usize> {
    let mut at = 0;
    let ends = frames.iter().map(|count| {
        at += *count as usize * hop;
        at
    });
    std::iter::once(0).chain(ends).collect()
}
