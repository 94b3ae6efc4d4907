//! Which clips make a micro-batch, and from where in each the voice is taken. Everything random follows from the seed and the number of the
//! step, so a run that was stopped goes on as if it had not been.

use std::ops::Range;

use candle_core::Tensor;
use kiskadee_xtts::LogMel;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::Dataset;
use crate::batch::{Batch, CODE_SAMPLES, Item, Tokens};
use crate::error::{Result, TrainError};

/// Samples of the slice that the voice is taken from: 3 to 6 s.
const LEAST_SLICE: usize = 66_150;
const MOST_SLICE: usize = 132_300;
/// Samples of a unit of the reference's masks.
const REFERENCE_UNIT: usize = 256;

/// Whether the codes are asked for that the voice was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaskConditioning {
    #[default]
    None,
    /// They are not.
    Clips,
    /// As the reference's trainer does it: of the last clip of a batch alone, and in a unit that is a quarter of a code.
    Reference,
}

/// Draws the micro-batches of a run.
pub struct Sampler<'a> {
    pub dataset: &'a Dataset<'a>,
    pub log_mel: &'a LogMel,
    pub tokens: &'a Tokens,
    pub seed: u64,
    /// Clips in a micro-batch.
    pub clips: usize,
    pub masks: MaskConditioning,
}

/// A clip, and where its voice is taken from.
struct Pick {
    clip: usize,
    slice: Range<usize>,
}

impl Sampler<'_> {
    /// The micro-batch of that number, counted through the whole run.
    pub fn draw(&self, number: u64) -> Result<Batch> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(number.wrapping_mul(2).wrapping_add(1));
        let first = number * self.clips as u64;
        let picks = (0..self.clips as u64).map(|slot| {
            let clip = self.in_order(first + slot)?;
            let samples = self.length(clip)?;
            let drawn = random.random_range(LEAST_SLICE..=MOST_SLICE);
            let length = slice_length(samples, drawn);
            let start = random.random_range(0..=samples - length);
            Ok(Pick {
                clip,
                slice: start..start + length,
            })
        });
        let picks = picks.collect::<Result<Vec<_>>>()?;
        self.assemble(&picks, self.masks)
    }

    /// What is measured on, a micro-batch at a time; the voice is always taken from the same place.
    pub fn evaluation(&self) -> impl Iterator<Item = Result<Batch>> {
        let chunks = self.dataset.evaluation.chunks(self.clips.max(1));
        chunks.map(|chunk| {
            let picks = chunk.iter().map(|clip| {
                let length = slice_length(
                    self.length(*clip)?,
                    usize::midpoint(LEAST_SLICE, MOST_SLICE),
                );
                Ok(Pick {
                    clip: *clip,
                    slice: 0..length,
                })
            });
            self.assemble(&picks.collect::<Result<Vec<_>>>()?, MaskConditioning::None)
        })
    }

    /// All clips take turns, in another order each time.
    fn in_order(&self, turn: u64) -> Result<usize> {
        let mut clips = self.dataset.training.clone();
        let count = clips.len() as u64;
        if count == 0 {
            let reason = "there are no clips to train with".to_owned();
            return Err(TrainError::Options(reason));
        }
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream((turn / count).wrapping_mul(2));
        clips.shuffle(&mut random);
        Ok(clips[(turn % count) as usize])
    }

    fn length(&self, clip: usize) -> Result<usize> {
        let example = self.dataset.examples.get(clip);
        let missing = || TrainError::Options(format!("there is no clip {clip}"));
        example.map(|example| example.samples).ok_or_else(missing)
    }

    fn assemble(&self, picks: &[Pick], masks: MaskConditioning) -> Result<Batch> {
        let mut items = Vec::with_capacity(picks.len());
        let mut mels = Vec::with_capacity(picks.len());
        for (place, pick) in picks.iter().enumerate() {
            let example = &self.dataset.examples[pick.clip];
            items.push(Item {
                tokens: example.tokens.clone(),
                codes: example.codes.clone(),
                samples: example.samples,
                hidden: hidden(masks, &pick.slice, place + 1 == picks.len()),
            });
            let samples = self.dataset.recordings.samples(pick.clip)?;
            let slice = samples.get(pick.slice.clone()).ok_or_else(|| {
                TrainError::Options(format!("clip {} is shorter than it was", pick.clip))
            })?;
            let mut slice = slice.to_vec();
            slice.resize(MOST_SLICE, 0.0);
            mels.push(self.log_mel.compute(&slice)?);
        }
        Batch::new(&items, Tensor::stack(&mels, 0)?, self.tokens)
    }
}

/// Half of a clip that is shorter than what was drawn.
fn slice_length(samples: usize, drawn: usize) -> usize {
    if samples < drawn { samples / 2 } else { drawn }
}

fn hidden(masks: MaskConditioning, slice: &Range<usize>, is_last: bool) -> Range<usize> {
    match masks {
        MaskConditioning::Clips => slice.start.div_ceil(CODE_SAMPLES)..slice.end / CODE_SAMPLES,
        MaskConditioning::Reference if is_last => {
            slice.start / REFERENCE_UNIT..slice.end / REFERENCE_UNIT
        }
        _ => 0..0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Example;

    fn dataset(recordings: &Vec<Vec<f32>>) -> Dataset<'_> {
        let example = |samples: &Vec<f32>| Example {
            tokens: vec![3, 4],
            codes: vec![1; samples.len().div_ceil(CODE_SAMPLES)],
            samples: samples.len(),
        };
        Dataset {
            examples: recordings.iter().map(example).collect(),
            recordings,
            training: vec![0, 1, 2, 4],
            evaluation: vec![3],
        }
    }

    #[test]
    fn all_clips_take_turns_and_masks_are_where_the_voice_is() {
        let recordings: Vec<Vec<f32>> = (1..6).map(|i| vec![0.1; i * 30_000]).collect();
        let tokens = Tokens {
            start_text: 1,
            stop_text: 0,
            start_code: 2,
            stop_code: 3,
            text_tokens: 9,
            codes: 4,
            text_positions: 9,
            code_positions: 400,
        };
        let log_mel = LogMel::conditioning(&[1.0; 80]).unwrap();
        let dataset = dataset(&recordings);
        let sampler = Sampler {
            dataset: &dataset,
            log_mel: &log_mel,
            tokens: &tokens,
            seed: 5,
            clips: 1,
            masks: MaskConditioning::None,
        };
        for epoch in 0..3u64 {
            let turns = (0..4).map(|slot| sampler.in_order(4 * epoch + slot).unwrap());
            let mut turns: Vec<usize> = turns.collect();
            turns.sort_unstable();
            assert_eq!(turns, [0, 1, 2, 4]);
        }
        let shape = sampler.draw(7).unwrap().mel.dims3().unwrap();
        assert_eq!(shape, (1, 80, 517));
        let values = |number| -> Vec<f32> {
            let batch = sampler.draw(number).unwrap();
            batch.mel.flatten_all().unwrap().to_vec1().unwrap()
        };
        assert!(values(2) == values(2));
        assert_eq!(sampler.evaluation().count(), 1);
        assert_eq!(slice_length(60_000, 66_150), 30_000);
        let slice = 1_000..5_000;
        assert_eq!(hidden(MaskConditioning::Clips, &slice, false), 1..4);
        assert_eq!(hidden(MaskConditioning::Reference, &slice, true), 3..19);
        assert_eq!(hidden(MaskConditioning::Reference, &slice, false), 0..0);
    }
}
