//! Whether an answer is good enough, and hotter ones where it is not.

use std::io::Write as _;

use flate2::{Compression, write::ZlibEncoder};

use super::Answer;
use crate::error::Result;

/// What an answer must be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judge {
    /// Above it a text repeats itself.
    pub(crate) most_compression: f64,
    /// Below it the model does not know.
    pub(crate) least_log_probability: f64,
    /// Above it nobody speaks, if the model does not know either.
    pub(crate) most_no_speech: f64,
}

/// The answer that was taken, and how it came about.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    pub(crate) answer: Answer,
    pub(crate) temperature: f32,
    pub(crate) compression_ratio: f64,
    /// Nobody speaks, whatever the text says.
    pub(crate) is_silent: bool,
}

impl Judge {
    /// Asks at one temperature after the other, until an answer is good enough or there are no more. `answer` gives tokens and text.
    pub(crate) fn choose(
        &self,
        temperatures: &[f32],
        no_speech: f64,
        mut answer: impl FnMut(f32) -> Result<(Answer, String)>,
    ) -> Result<Option<Chosen>> {
        let mut chosen = None;
        for temperature in temperatures {
            let (answer, text) = answer(*temperature)?;
            let known = answer.mean_log_probability >= self.least_log_probability;
            let compression_ratio = compression_ratio(&text);
            let is_silent = no_speech > self.most_no_speech;
            let is_good = known && compression_ratio <= self.most_compression;
            chosen = Some(Chosen {
                // A sure text stands against a doubt whether anybody speaks.
                is_silent: is_silent && answer.mean_log_probability <= self.least_log_probability,
                answer,
                temperature: *temperature,
                compression_ratio,
            });
            if is_good || (is_silent && !known) {
                break;
            }
        }
        Ok(chosen)
    }
}

/// How many bytes of a text go into one of zlib; 0 for no text.
pub(crate) fn compression_ratio(text: &str) -> f64 {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    // A vector takes everything.
    let packed = encoder
        .write_all(text.as_bytes())
        .and_then(|()| encoder.finish());
    match packed {
        Ok(packed) if !packed.is_empty() => text.len() as f64 / packed.len() as f64,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JUDGE: Judge = Judge {
        most_compression: 2.4,
        least_log_probability: -1.0,
        most_no_speech: 0.6,
    };
    const TEXT: &str = "The cat sat on the mat.";

    /// The temperature at which an answer is taken, and whether it is silence.
    fn taken(no_speech: f64, answers: &[(f64, &str)]) -> (f32, bool) {
        let mut answers = answers.iter();
        let chosen = JUDGE.choose(&[0.0, 0.2, 0.4], no_speech, |_| {
            let (mean_log_probability, text) = answers.next().unwrap();
            let answer = Answer {
                tokens: Vec::new(),
                mean_log_probability: *mean_log_probability,
            };
            Ok((answer, (*text).to_owned()))
        });
        let chosen = chosen.unwrap().unwrap();
        (chosen.temperature, chosen.is_silent)
    }

    #[test]
    fn a_good_answer_is_taken_at_once() {
        assert_eq!(taken(0.1, &[(-0.3, TEXT)]), (0.0, false));
        assert_eq!(taken(0.9, &[(-0.3, TEXT)]), (0.0, false));
    }

    #[test]
    fn what_repeats_itself_or_is_not_known_is_asked_again() {
        let again = "again and ".repeat(20);
        assert!(compression_ratio(&again) > 2.4);
        assert_eq!(taken(0.1, &[(-0.1, &again), (-0.5, TEXT)]), (0.2, false));
        let unsure = [(-1.5, TEXT), (-1.2, TEXT), (-1.1, TEXT)];
        assert_eq!(taken(0.1, &unsure), (0.4, false));
    }

    #[test]
    fn silence_is_not_asked_again() {
        assert_eq!(taken(0.7, &[(-1.5, TEXT)]), (0.0, true));
    }

    #[test]
    fn a_text_is_measured_by_zlib() {
        // len(zlib.compress(b"The cat sat on the mat.")) is 28 in Python.
        assert!((compression_ratio(TEXT) - 23.0 / 28.0).abs() < 1e-9);
        assert!(compression_ratio("").abs() < f64::EPSILON);
    }
}
