//! A micro-batch: what the GPT reads, and what it is to predict.

use std::ops::Range;

use candle_core::Tensor;

use crate::error::{Result, TrainError};

/// Samples of one code.
pub const CODE_SAMPLES: usize = 1024;
/// Stops behind the codes of a clip that are read, one less than are predicted.
const STOPS: usize = 3;

/// The tokens of a model around texts and codes, and how many positions it has.
#[derive(Debug, Clone, Copy)]
pub struct Tokens {
    pub start_text: u32,
    pub stop_text: u32,
    pub start_code: u32,
    pub stop_code: u32,
    pub text_tokens: usize,
    pub codes: usize,
    pub text_positions: usize,
    pub code_positions: usize,
}

/// One clip of a micro-batch.
#[derive(Debug, Clone)]
pub struct Item {
    /// Text ids, without start and stop.
    pub tokens: Vec<u32>,
    /// Audio codes, one for [`CODE_SAMPLES`].
    pub codes: Vec<u32>,
    /// How many samples they were made of.
    pub samples: usize,
    /// Codes that are read and not asked for.
    pub hidden: Range<usize>,
}

/// Rows of one length, one for each clip.
pub struct Batch {
    /// Spectrograms of what the voice is taken from, `[clip, bands, time]`.
    pub(crate) mel: Tensor,
    pub(crate) text: Sequences,
    pub(crate) codes: Sequences,
}

/// Padded ids, and what stands behind each.
#[derive(Default)]
pub(crate) struct Sequences {
    /// `[clip][time]`
    pub(crate) inputs: Vec<Vec<u32>>,
    /// `[clip][time]`, nothing where nothing is asked for
    pub(crate) targets: Vec<Vec<Option<u32>>>,
    /// `[clip]`: positions that others may see
    pub(crate) seen: Vec<usize>,
}

impl Batch {
    /// `mel` is `[clip, bands, time]`.
    pub fn new(items: &[Item], mel: Tensor, tokens: &Tokens) -> Result<Self> {
        let longest = items.iter().map(|item| item.tokens.len()).max();
        let most_codes = items
            .iter()
            .map(|item| item.samples.div_ceil(CODE_SAMPLES))
            .max();
        let (Some(longest), Some(most_codes)) = (longest, most_codes) else {
            return Err(TrainError::Options("a batch of no clips".to_owned()));
        };
        let mut batch = Self {
            mel,
            text: Sequences::default(),
            codes: Sequences::default(),
        };
        for item in items {
            batch.text.add_text(&item.tokens, longest, tokens);
            batch.codes.add_codes(item, most_codes, tokens);
        }
        batch
            .text
            .check("text", tokens.text_tokens, tokens.text_positions)?;
        batch
            .codes
            .check("code", tokens.codes, tokens.code_positions)?;
        if batch.mel.dim(0)? != items.len() {
            return Err(TrainError::Options(
                "a batch needs a spectrogram for each clip".to_owned(),
            ));
        }
        if batch
            .codes
            .targets
            .iter()
            .flatten()
            .flatten()
            .next()
            .is_none()
        {
            return Err(TrainError::NothingToLearn);
        }
        Ok(batch)
    }

    pub fn clips(&self) -> usize {
        self.text.inputs.len()
    }
}

impl Sequences {
    /// Padding is stops, which nobody sees.
    fn add_text(&mut self, ids: &[u32], longest: usize, tokens: &Tokens) {
        let mut targets: Vec<Option<u32>> = ids.iter().copied().map(Some).collect();
        targets.push(Some(tokens.stop_text));
        targets.resize(longest + 2, None);
        let mut inputs = vec![tokens.start_text];
        inputs.extend(ids);
        inputs.resize(longest + 2, tokens.stop_text);
        self.inputs.push(inputs);
        self.targets.push(targets);
        self.seen.push(ids.len() + 1);
    }

    fn add_codes(&mut self, item: &Item, most: usize, tokens: &Tokens) {
        let count = item.samples.div_ceil(CODE_SAMPLES);
        let mut codes = item.codes.clone();
        codes.resize(count, 0);
        codes.resize(most + STOPS + 1, tokens.stop_code);
        let mut targets: Vec<Option<u32>> = codes.iter().copied().map(Some).collect();
        targets.truncate(count + STOPS + 1);
        targets.resize(most + STOPS + 2, None);
        for (place, target) in targets.iter_mut().enumerate() {
            if item.hidden.contains(&place) {
                *target = None;
            }
        }
        let mut inputs = vec![tokens.start_code];
        inputs.append(&mut codes);
        self.inputs.push(inputs);
        self.targets.push(targets);
        self.seen.push(count + STOPS + 1);
    }

    /// Of one row.
    pub(crate) fn time(&self) -> usize {
        self.inputs.first().map_or(0, Vec::len)
    }

    /// Where something is asked for, as `clip * stride + offset + time`, and what.
    pub(crate) fn wanted(&self, stride: usize, offset: usize) -> (Vec<u32>, Vec<u32>) {
        let mut wanted = (Vec::new(), Vec::new());
        for (clip, targets) in self.targets.iter().enumerate() {
            for (time, target) in targets.iter().enumerate() {
                if let Some(target) = target {
                    wanted.0.push((clip * stride + offset + time) as u32);
                    wanted.1.push(*target);
                }
            }
        }
        wanted
    }

    fn check(&self, kind: &str, known: usize, positions: usize) -> Result<()> {
        let refuse = |reason| Err(TrainError::Options(reason));
        if self.time() > positions {
            let time = self.time();
            return refuse(format!(
                "a row of {time} {kind} positions, and the model has {positions}: leave long clips out"
            ));
        }
        let mut ids = self.inputs.iter().flatten();
        match ids.find(|id| **id as usize >= known) {
            Some(id) => refuse(format!("{kind} {id} is none of the model's {known}")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};

    use super::*;

    const TOKENS: Tokens = Tokens {
        start_text: 9,
        stop_text: 0,
        start_code: 32,
        stop_code: 33,
        text_tokens: 10,
        codes: 34,
        text_positions: 12,
        code_positions: 14,
    };

    fn item(tokens: &[u32], codes: &[u32], hidden: Range<usize>) -> Item {
        Item {
            tokens: tokens.to_vec(),
            codes: codes.to_vec(),
            samples: codes.len() * CODE_SAMPLES - 7,
            hidden,
        }
    }

    fn batch(items: &[Item]) -> Result<Batch> {
        let mel = Tensor::zeros((items.len(), 80, 5), DType::F32, &Device::Cpu)?;
        Batch::new(items, mel, &TOKENS)
    }

    #[test]
    fn rows_are_padded_and_four_stops_are_asked_for() {
        let batch = batch(&[item(&[5], &[1, 2, 3], 0..0), item(&[6, 7], &[4], 0..0)]).unwrap();
        assert_eq!(batch.text.inputs, [[9, 5, 0, 0], [9, 6, 7, 0]]);
        assert_eq!(batch.text.targets[0], [Some(5), Some(0), None, None]);
        assert_eq!(batch.text.targets[1], [Some(6), Some(7), Some(0), None]);
        assert_eq!(batch.text.seen, [2, 3]);
        assert_eq!(batch.codes.inputs[1], [32, 4, 33, 33, 33, 33, 33, 33]);
        let stop = Some(33);
        assert_eq!(
            batch.codes.targets[1],
            [Some(4), stop, stop, stop, stop, None, None, None]
        );
        assert_eq!(batch.codes.targets[0][6..], [stop, None]);
        assert_eq!(batch.codes.seen, [7, 5]);
        let (places, ids) = batch.text.wanted(100, 32);
        assert_eq!(
            (places, ids),
            (vec![32, 33, 132, 133, 134], vec![5, 0, 6, 7, 0])
        );
    }

    #[test]
    fn hidden_codes_are_not_asked_for() {
        let first = batch(&[item(&[5], &[1, 2, 3], 1..3)]).unwrap();
        assert_eq!(first.codes.targets[0][..4], [Some(1), None, None, Some(33)]);
        assert!(matches!(
            batch(&[item(&[5], &[1], 0..99)]),
            Err(TrainError::NothingToLearn)
        ));
    }

    #[test]
    fn what_the_model_does_not_know_is_refused() {
        for (items, said) in [
            (vec![item(&[10], &[1], 0..0)], "text 10 is none"),
            (vec![item(&[1], &[34], 0..0)], "code 34 is none"),
            (vec![item(&[1; 11], &[1], 0..0)], "13 text positions"),
            (vec![item(&[1], &[1; 12], 0..0)], "17 code positions"),
            (Vec::new(), "no clips"),
        ] {
            let error = batch(&items).err().unwrap().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
