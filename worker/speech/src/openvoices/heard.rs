//! The line that is being heard: its samples on their way to the request's audio, and when its words are heard there.

use std::ops::Range;

use super::{edges::Edges, line::Line, volume::Volume};
use crate::WordTiming;

pub(super) struct Heard {
    volume: Volume,
    edges: Option<Edges>,
    /// When each word is heard, in samples of the model.
    times: Vec<Range<usize>>,
    told: usize,
    /// Samples of the model that were cut off at the beginning.
    cut: usize,
    /// The sample of the request's audio with which the line begins.
    place: Option<usize>,
    sample_rate: u32,
}

impl Heard {
    pub(super) fn begin(line: &Line, frames: &[u32], gain: f32, sample_rate: u32) -> Self {
        let times = (line.times)(frames);
        Self {
            volume: Volume::new(gain, &line.words, &times, sample_rate),
            edges: Some(Edges::new(sample_rate)),
            times,
            told: 0,
            cut: 0,
            place: None,
            sample_rate,
        }
    }

    /// Samples of the model in, those of the request out.
    pub(super) fn push(&mut self, mut samples: Vec<f32>) -> Vec<f32> {
        self.volume.apply(&mut samples);
        let Some(edges) = self.edges.as_mut() else {
            return Vec::new();
        };
        let settled = edges.push(&samples);
        self.cut = edges.cut().unwrap_or_default();
        settled
    }

    /// The last samples.
    pub(super) fn finish(&mut self) -> Vec<f32> {
        self.edges.take().map(Edges::finish).unwrap_or_default()
    }

    pub(super) fn is_placed(&self) -> bool {
        self.place.is_some()
    }

    pub(super) fn place(&mut self, begin: usize) {
        self.place = Some(begin);
    }

    /// The words that begin before this sample of the request's audio and were not told yet.
    pub(super) fn words(&mut self, line: &Line, before: usize) -> Vec<WordTiming> {
        let Some(place) = self.place else {
            return Vec::new();
        };
        let at = |sample: usize| place + sample.saturating_sub(self.cut);
        let further = self.times.iter().zip(&line.words).skip(self.told);
        let begun = further.take_while(|(time, _)| at(time.start) < before);
        let seconds = |sample: usize| at(sample) as f64 / f64::from(self.sample_rate);
        let words: Vec<WordTiming> = begun
            .map(|(time, word)| WordTiming {
                source: word.source.clone(),
                start: seconds(time.start),
                end: seconds(time.end.max(time.start)),
            })
            .collect();
        self.told += words.len();
        words
    }
}
