//! One text, or the best of several, at one temperature.

use candle_core::Tensor;
use rand_chacha::ChaCha8Rng;

use super::{Rules, choice::choose};
use crate::error::Result;
use crate::model::{Decoder, Heard, Said};

/// A decoder that has read everything that stands before the first word.
pub(crate) struct Prompted<'a> {
    decoder: &'a Decoder,
    heard: &'a Heard,
    said: Said,
    /// Of the first word, `[vocabulary]`.
    scores: Vec<f32>,
    /// How many tokens stand there.
    length: usize,
    /// The probability that nobody speaks.
    pub(crate) no_speech: f64,
}

/// How much may be said.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    /// Tokens of one answer.
    pub(crate) answer: usize,
    /// Tokens in all that the decoder has places for.
    pub(crate) all: usize,
}

/// What was said, without its end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) tokens: Vec<u32>,
    /// Of a token, the end among them.
    pub(crate) mean_log_probability: f64,
}

/// A text in the making.
#[derive(Clone, Default)]
struct Text {
    tokens: Vec<u32>,
    /// Of all log probabilities.
    sum: f64,
    has_ended: bool,
}

impl<'a> Prompted<'a> {
    /// `initial` has `sot` at that place, behind which the model is asked whether anybody speaks.
    pub(crate) fn new(
        decoder: &'a Decoder,
        heard: &'a Heard,
        initial: &[u32],
        (sot_place, no_speech): (usize, u32),
        room: Room,
    ) -> Result<Self> {
        let mut said = decoder.begin(1, initial.len() + room.answer)?;
        let states = decoder.forward(initial, heard, &mut said)?;
        let scores = |place| -> Result<Vec<f32>> {
            let scores = decoder.scores(&states.narrow(0, place, 1)?)?;
            Ok(scores.squeeze(0)?.to_vec1()?)
        };
        Ok(Self {
            decoder,
            heard,
            no_speech: probability(&scores(sot_place)?, no_speech),
            scores: scores(initial.len() - 1)?,
            length: initial.len(),
            said,
        })
    }

    /// The likeliest of `count` texts by their length; one where it is cold. `show` sees the scores of a single text before the rules
    /// and behind them.
    pub(crate) fn answer(
        &self,
        rules: &Rules<'_>,
        (temperature, count): (f32, usize),
        room: Room,
        rng: &mut ChaCha8Rng,
        show: &mut dyn FnMut(&[f32], &[f32]),
    ) -> Result<Answer> {
        let count = if temperature > 0.0 { count.max(1) } else { 1 };
        let mut said = self.said.repeated(count)?;
        let mut scores = self.scores.repeat(count);
        let mut texts = vec![Text::default(); count];
        for step in 1..=room.answer {
            let rows = scores.chunks_exact_mut(self.scores.len());
            let next: Vec<u32> = texts
                .iter_mut()
                .zip(rows)
                .map(|(text, scores)| {
                    let raw = (count == 1).then(|| scores.to_vec());
                    rules.apply(scores, &text.tokens);
                    if let Some(raw) = raw {
                        show(&raw, scores);
                    }
                    text.go_on(choose(scores, temperature, rng), rules.tokens.eot)
                })
                .collect();
            let is_full = self.length + step > room.all || step == room.answer;
            if is_full || texts.iter().all(|text| text.has_ended) {
                break;
            }
            let states = self.decoder.forward(&next, self.heard, &mut said)?;
            scores = flat(&self.decoder.scores(&states)?)?;
        }
        let best = texts
            .into_iter()
            .max_by(|a, b| a.rank().total_cmp(&b.rank()));
        Ok(best.unwrap_or_default().into_answer())
    }
}

impl Text {
    /// Takes a token with its log probability, and says what follows for the decoder.
    fn go_on(&mut self, (id, log_probability): (u32, f64), eot: u32) -> u32 {
        if self.has_ended {
            return eot;
        }
        self.sum += log_probability;
        self.has_ended = id == eot;
        if !self.has_ended {
            self.tokens.push(id);
        }
        id
    }

    fn rank(&self) -> f64 {
        self.sum / self.tokens.len().max(1) as f64
    }

    fn into_answer(self) -> Answer {
        Answer {
            mean_log_probability: self.sum / (self.tokens.len() + 1) as f64,
            tokens: self.tokens,
        }
    }
}

fn probability(scores: &[f32], id: u32) -> f64 {
    let score = scores.get(id as usize);
    score.map_or(0.0, |score| {
        (f64::from(*score) - super::choice::log_sum(scores)).exp()
    })
}

fn flat(scores: &Tensor) -> Result<Vec<f32>> {
    Ok(scores.flatten_all()?.to_vec1()?)
}
