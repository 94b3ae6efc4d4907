//! Which part of a voice's recordings is listened to.

use crate::config::Config;
use crate::error::{Result, XttsError};
use crate::mel::INPUT_RATE;

/// The least of a recording, or of a chunk, that tells something: 0.33 s.
const LEAST_SAMPLES: usize = (INPUT_RATE as usize * 33).div_ceil(100);
/// A recording without a louder sample is silent (-80 dB).
const SILENCE: f32 = 1e-4;

/// How much is listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConditioningOptions {
    /// Seconds of each recording.
    pub max_ref_seconds: usize,
    /// Seconds of all recordings together that the GPT's latents are made of; 0 for all of them.
    pub gpt_cond_seconds: usize,
    /// Seconds of each of the chunks whose latents are averaged.
    pub gpt_cond_chunk_seconds: usize,
}

impl ConditioningOptions {
    pub fn of(config: &Config) -> Self {
        Self {
            max_ref_seconds: config.max_ref_len,
            gpt_cond_seconds: config.gpt_cond_len,
            gpt_cond_chunk_seconds: config.gpt_cond_chunk_len,
        }
    }

    /// The beginning of every recording, which must be sound.
    pub(super) fn cut<'a>(&self, recordings: &'a [Vec<f32>]) -> Result<Vec<&'a [f32]>> {
        if recordings.is_empty() {
            return Err(XttsError::Input("no recordings of the voice".to_owned()));
        }
        let most = samples(self.max_ref_seconds);
        let cut = |(number, recording): (usize, &'a Vec<f32>)| {
            let part = &recording[..recording.len().min(most)];
            let reason = unusable(part);
            reason.map_or(Ok(part), |reason| {
                let number = number + 1;
                Err(XttsError::Input(format!("recording {number}: {reason}")))
            })
        };
        recordings.iter().enumerate().map(cut).collect()
    }

    /// The chunks whose latents are averaged: all of one length but the last, which is left out where it is too short.
    pub(super) fn chunks<'a>(&self, sound: &'a [f32]) -> Result<Vec<&'a [f32]>> {
        let most = match self.gpt_cond_seconds {
            0 => sound.len(),
            seconds => sound.len().min(samples(seconds)),
        };
        let size = samples(self.gpt_cond_chunk_seconds).max(1);
        let chunks = sound[..most].chunks(size);
        let chunks: Vec<&[f32]> = chunks
            .filter(|chunk| chunk.len() >= LEAST_SAMPLES)
            .collect();
        if chunks.is_empty() {
            let reason = "a chunk of the recordings must last at least 0.33 s".to_owned();
            return Err(XttsError::Input(reason));
        }
        Ok(chunks)
    }
}

fn samples(seconds: usize) -> usize {
    seconds.saturating_mul(INPUT_RATE as usize)
}

fn unusable(samples: &[f32]) -> Option<String> {
    if samples.len() < LEAST_SAMPLES {
        let seconds = samples.len() as f32 / INPUT_RATE as f32;
        return Some(format!(
            "{seconds:.2} s are too short, give at least 0.33 s"
        ));
    }
    if !samples.iter().all(|sample| sample.is_finite()) {
        return Some("holds samples that are not finite".to_owned());
    }
    let silent = samples.iter().all(|sample| sample.abs() < SILENCE);
    silent.then(|| "is silent".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: ConditioningOptions = ConditioningOptions {
        max_ref_seconds: 3,
        gpt_cond_seconds: 5,
        gpt_cond_chunk_seconds: 2,
    };

    fn lengths(parts: &[&[f32]]) -> Vec<usize> {
        parts.iter().map(|part| part.len()).collect()
    }

    #[test]
    fn recordings_are_cut_at_their_ends() {
        let recordings = [vec![0.1; samples(4)], vec![0.1; samples(1)]];
        let cut = OPTIONS.cut(&recordings).unwrap();
        assert_eq!(lengths(&cut), [samples(3), samples(1)]);
    }

    #[test]
    fn what_is_left_of_the_chunks_is_used_if_it_is_long_enough() {
        let lengths = |count| lengths(&OPTIONS.chunks(&vec![0.1; count]).unwrap());
        assert_eq!(lengths(samples(9)), [samples(2), samples(2), samples(1)]);
        assert_eq!(lengths(samples(2) + 7_276), [samples(2)]);
        assert_eq!(lengths(samples(2) + 7_277), [samples(2), 7_277]);
        let all = ConditioningOptions {
            gpt_cond_seconds: 0,
            ..OPTIONS
        };
        assert_eq!(all.chunks(&vec![0.1; samples(9)]).unwrap().len(), 5);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let sound = vec![0.1; samples(1)];
        let refused = |second: Vec<f32>| {
            let error = OPTIONS.cut(&[sound.clone(), second]).unwrap_err();
            error.to_string()
        };
        assert_eq!(refused(vec![0.0; samples(1)]), "recording 2: is silent");
        let short = refused(vec![0.1; 2_205]);
        assert_eq!(
            short,
            "recording 2: 0.10 s are too short, give at least 0.33 s"
        );
        let mut broken = sound.clone();
        broken[7] = f32::NAN;
        assert!(refused(broken).contains("not finite"));
        assert!(OPTIONS.cut(&[]).is_err());
        let none = ConditioningOptions {
            gpt_cond_chunk_seconds: 0,
            ..OPTIONS
        };
        assert!(none.chunks(&sound).is_err());
    }
}
