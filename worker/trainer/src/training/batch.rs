//! Batches: which recordings, in which disguise, and described by which other recording.
//!
//! Everything random follows from the seed and the number of the step, so a run that was stopped goes on as if it had
//! not been.

use candle_core::{Device, Tensor};
use kiskadee_voice::acoustic::{
    FRAME_FEATURES, FRAME_PARAMETERS, FRAMES_PER_ROW, PHONE_FEATURES, Segments, frame_features,
    phone_features,
};
use kiskadee_voice::speaker::{STATISTICS, Warp};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::normalization::{Normalization, frame_parameters};
use crate::TrainError;
use crate::corpus::{Recording, Speaker};

/// How often a recording is used with the vocal tract that it has.
const UNWARPED: f64 = 0.65;
/// How often a speaker is described by all its recordings instead of another one.
const POOLED: f64 = 0.5;

/// The tensors of one step.
pub struct Batch {
    pub sentences: Segments,
    pub phones: Tensor,
    pub statistics: Tensor,
    pub rows: Segments,
    pub phone_of_row: Tensor,
    pub places: Tensor,
    /// `[phones]`, in rows
    pub log_durations: Tensor,
    /// `[frames, FRAME_PARAMETERS]`, standardised
    pub targets: Tensor,
    /// `[frames, 1]`, 1 where voiced
    pub voiced: Tensor,
    /// `[frames - 1, 1]`, 0 where one sentence ends and the next begins
    pub inner: Tensor,
}

/// Draws the batches of a run.
pub struct Sampler<'a> {
    speakers: &'a [Speaker],
    normalization: &'a Normalization,
    seed: u64,
    /// Sentences in a step.
    batch: usize,
}

/// Some of the sentences of a step, before they are tensors.
pub struct Part<'a> {
    picks: Vec<Pick<'a>>,
    normalization: &'a Normalization,
}

struct Pick<'a> {
    speaker: &'a Speaker,
    recording: &'a Recording,
    warp: Warp,
    statistics: [f32; STATISTICS],
}

impl<'a> Sampler<'a> {
    pub fn new(
        speakers: &'a [Speaker],
        normalization: &'a Normalization,
        seed: u64,
        batch: usize,
    ) -> Self {
        Self {
            speakers,
            normalization,
            seed,
            batch,
        }
    }

    pub fn draw(&self, step: u64, device: &Device) -> Result<Batch, TrainError> {
        self.whole(step).assemble(device)
    }

    /// What [`Self::draw`] gives, in parts of so many sentences, or fewer in the last.
    pub fn parts(&self, step: u64, sentences: usize) -> Vec<Part<'a>> {
        let Part {
            mut picks,
            normalization,
        } = self.whole(step);
        let mut parts = Vec::new();
        while !picks.is_empty() {
            let rest = picks.split_off(sentences.clamp(1, picks.len()));
            parts.push(Part {
                picks,
                normalization,
            });
            picks = rest;
        }
        parts
    }

    fn whole(&self, step: u64) -> Part<'a> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(step.wrapping_mul(2).wrapping_add(1 << 32));
        let slots = 0..self.batch;
        Part {
            picks: slots
                .map(|slot| self.pick(step, slot, &mut random))
                .collect(),
            normalization: self.normalization,
        }
    }

    fn pick(&self, step: u64, slot: usize, random: &mut ChaCha8Rng) -> Pick<'a> {
        let (speaker, recording) = self.in_order(step * self.batch as u64 + slot as u64);
        let amount = if random.random_bool(UNWARPED) {
            0.0
        } else {
            random.random_range(speaker.warps.0..=speaker.warps.1)
        };
        let warp = Warp::new(amount);
        let other = &speaker.moments[random.random_range(0..speaker.moments.len())];
        let described = if random.random_bool(POOLED) {
            &speaker.pooled
        } else {
            other
        };
        let statistics = described.statistics(&warp);
        Pick {
            speaker,
            recording,
            warp,
            statistics,
        }
    }

    /// All recordings take turns, in another order each time.
    fn in_order(&self, turn: u64) -> (&'a Speaker, &'a Recording) {
        let speakers = self.speakers.iter();
        let mut all: Vec<_> = speakers
            .flat_map(|speaker| {
                speaker
                    .recordings
                    .iter()
                    .map(move |recording| (speaker, recording))
            })
            .collect();
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream((turn / all.len() as u64).wrapping_mul(2) + 2);
        all.shuffle(&mut random);
        all[(turn % all.len() as u64) as usize]
    }
}

impl Part<'_> {
    /// Of frames, two in each.
    pub fn rows(&self) -> usize {
        let of = |pick: &Pick<'_>| pick.recording.row_durations().iter().sum::<u32>() as usize;
        self.picks.iter().map(of).sum()
    }

    pub fn phones(&self) -> usize {
        let of = |pick: &Pick<'_>| pick.recording.tokens.len();
        self.picks.iter().map(of).sum()
    }

    pub fn assemble(&self, device: &Device) -> Result<Batch, TrainError> {
        let mut draft = Draft::default();
        for pick in &self.picks {
            draft.add(pick, self.normalization);
        }
        draft.finish(device)
    }
}

#[derive(Default)]
struct Draft {
    phone_counts: Vec<usize>,
    row_counts: Vec<usize>,
    phones: Vec<f32>,
    statistics: Vec<f32>,
    phone_of_row: Vec<u32>,
    places: Vec<f32>,
    log_durations: Vec<f32>,
    targets: Vec<f32>,
    voiced: Vec<f32>,
    inner: Vec<f32>,
}

impl Draft {
    fn add(&mut self, pick: &Pick<'_>, normalization: &Normalization) {
        let Pick {
            speaker,
            recording,
            warp,
            statistics,
        } = pick;
        let durations = recording.row_durations();
        let first: u32 = self.phone_counts.iter().sum::<usize>() as u32;
        self.phones.extend(phone_features(
            &recording.tokens,
            speaker.language,
            recording.kind,
        ));
        self.statistics.extend(normalization.statistics(statistics));
        self.places.extend(frame_features(&durations));
        self.log_durations
            .extend(durations.iter().map(|rows| (*rows as f32).ln()));
        for (phone, rows) in (first..).zip(&durations) {
            self.phone_of_row
                .extend(std::iter::repeat_n(phone, *rows as usize));
        }
        let rows: usize = durations.iter().sum::<u32>() as usize;
        for index in 0..rows * FRAMES_PER_ROW {
            let index = index.min(recording.frames.len() - 1);
            self.add_target(pick, index, warp, normalization);
        }
        if let Some(last) = self.inner.last_mut() {
            *last = 0.0;
        }
        self.phone_counts.push(recording.tokens.len());
        self.row_counts.push(rows);
    }

    fn add_target(
        &mut self,
        pick: &Pick<'_>,
        index: usize,
        warp: &Warp,
        normalization: &Normalization,
    ) {
        let frames = &pick.recording.frames;
        let mut values = frame_parameters(frames, index, pick.speaker.pooled.log_pitch);
        values[2..2 + kiskadee_voice::MEL_CEPSTRUM]
            .copy_from_slice(&warp.apply(&frames.mel_cepstrum[index]));
        self.voiced.push(values[1]);
        let scale = normalization
            .frame_mean
            .iter()
            .zip(&normalization.frame_deviation);
        self.targets.extend(
            values
                .iter()
                .zip(scale)
                .map(|(value, (mean, deviation))| (value - mean) / deviation),
        );
        self.inner.push(1.0);
    }

    fn finish(mut self, device: &Device) -> Result<Batch, TrainError> {
        self.inner.pop();
        let (phones, rows) = (self.log_durations.len(), self.phone_of_row.len());
        let frames = rows * FRAMES_PER_ROW;
        let sentences = self.phone_counts.len();
        Ok(Batch {
            sentences: Segments::from_lengths(self.phone_counts),
            phones: Tensor::from_vec(self.phones, (phones, PHONE_FEATURES), device)?,
            statistics: Tensor::from_vec(self.statistics, (sentences, STATISTICS), device)?,
            rows: Segments::from_lengths(self.row_counts),
            phone_of_row: Tensor::from_vec(self.phone_of_row, rows, device)?,
            places: Tensor::from_vec(self.places, (rows, FRAME_FEATURES), device)?,
            log_durations: Tensor::from_vec(self.log_durations, phones, device)?,
            targets: Tensor::from_vec(self.targets, (frames, FRAME_PARAMETERS), device)?,
            voiced: Tensor::from_vec(self.voiced, (frames, 1), device)?,
            inner: Tensor::from_vec(self.inner, (frames - 1, 1), device)?,
        })
    }
}
