//! How the next code is drawn from its scores.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::config::Config;

/// The id that stands for the whole prompt in the reference's history, and is therefore penalized from the first step on.
const PROMPT_ID: u32 = 1;

/// Settings of the draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// Scores are divided by it; lower is more even.
    pub temperature: f32,
    /// Only so many of the best codes can be drawn; 1 takes the best one.
    pub top_k: usize,
    /// Only the best codes that have so much of the probability together can be drawn.
    pub top_p: f32,
    /// Scores of codes that were drawn before are divided by it where positive, multiplied where negative.
    pub repetition_penalty: f32,
    pub seed: u64,
    /// The most codes that are drawn; the model's own limit where it is lower.
    pub max_codes: usize,
    /// Never ends before the limit: for measurements.
    pub ignore_stop: bool,
}

impl Sampling {
    /// As the checkpoint's configuration says.
    pub fn of(config: &Config) -> Self {
        Self {
            temperature: config.temperature,
            top_k: config.top_k,
            top_p: config.top_p,
            repetition_penalty: config.repetition_penalty,
            seed: 0,
            max_codes: config.max_codes(),
            ignore_stop: false,
        }
    }
}

/// The draws of one utterance.
pub(crate) struct Sampler {
    sampling: Sampling,
    random: ChaCha8Rng,
    /// Whether a code was drawn before, or counts as if it were.
    seen: Vec<bool>,
}

impl Sampler {
    pub(crate) fn new(sampling: Sampling, codes: usize, start_code: u32) -> Self {
        let mut seen = vec![false; codes];
        for id in [PROMPT_ID, start_code] {
            mark(&mut seen, id);
        }
        Self {
            random: ChaCha8Rng::seed_from_u64(sampling.seed),
            sampling,
            seen,
        }
    }

    /// Draws a code and remembers it. `stop` is the code that ends the utterance.
    pub(crate) fn draw(&mut self, logits: &[f32], stop: u32) -> u32 {
        let mut scores = penalized(logits, &self.seen, self.sampling.repetition_penalty);
        if self.sampling.ignore_stop
            && let Some(score) = scores.get_mut(stop as usize)
        {
            *score = f32::NEG_INFINITY;
        }
        let code = if self.sampling.top_k == 1 {
            best(&scores)
        } else {
            let kept = self.sampling.kept(scores);
            pick(&kept, self.random.random())
        };
        mark(&mut self.seen, code);
        code
    }
}

fn mark(seen: &mut [bool], id: u32) {
    if let Some(seen) = seen.get_mut(id as usize) {
        *seen = true;
    }
}

/// Scores with those of seen codes lowered (Keskar et al., "CTRL", 2019).
pub(crate) fn penalized(logits: &[f32], seen: &[bool], penalty: f32) -> Vec<f32> {
    let scores = logits.iter().zip(seen);
    let lowered = scores.map(|(&score, &seen)| match seen {
        true if score < 0.0 => score * penalty,
        true => score / penalty,
        false => score,
    });
    lowered.collect()
}

fn best(scores: &[f32]) -> u32 {
    let best = scores.iter().enumerate().max_by(|a, b| {
        // Of equal ones the first, as argmax does.
        a.1.total_cmp(b.1).then(b.0.cmp(&a.0))
    });
    best.map_or(0, |(code, _)| code as u32)
}

impl Sampling {
    /// The codes that can be drawn with their probabilities, the best first.
    pub(crate) fn kept(&self, scores: Vec<f32>) -> Vec<(u32, f32)> {
        let temperature = self.temperature.max(1e-5);
        let scores = scores.into_iter().map(|score| score / temperature);
        let mut ranked: Vec<(u32, f32)> = (0..).zip(scores).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        self.cut_to_top_k(&mut ranked);
        let mut ranked = softmax(ranked);
        self.cut_to_top_p(&mut ranked);
        softmax_again(ranked)
    }

    /// Codes that score as much as the last one of the best stay, too.
    fn cut_to_top_k(&self, ranked: &mut Vec<(u32, f32)>) {
        let place = self.top_k.clamp(1, ranked.len().max(1)) - 1;
        let Some(&(_, least)) = ranked.get(place) else {
            return;
        };
        ranked.retain(|(_, score)| *score >= least && score.is_finite());
    }

    /// From the least on, drops codes as long as those dropped have at most `1 - top_p` together.
    fn cut_to_top_p(&self, ranked: &mut Vec<(u32, f32)>) {
        let mut dropped = 0.0;
        while let Some(&(_, least)) = ranked.last() {
            dropped += least;
            if dropped > 1.0 - self.top_p || ranked.len() == 1 {
                return;
            }
            ranked.pop();
        }
    }
}

fn softmax(mut ranked: Vec<(u32, f32)>) -> Vec<(u32, f32)> {
    let most = ranked.first().map_or(0.0, |(_, score)| *score);
    for (_, score) in &mut ranked {
        *score = (*score - most).exp();
    }
    softmax_again(ranked)
}

/// Brings shares to a sum of 1.
fn softmax_again(mut ranked: Vec<(u32, f32)>) -> Vec<(u32, f32)> {
    let total: f32 = ranked.iter().map(|(_, share)| share).sum();
    for (_, share) in &mut ranked {
        *share /= total;
    }
    ranked
}

/// The code at a place between 0 and 1 on the line of all shares.
fn pick(kept: &[(u32, f32)], place: f32) -> u32 {
    let mut passed = 0.0;
    for &(code, share) in kept {
        passed += share;
        if place < passed {
            return code;
        }
    }
    kept.last().map_or(0, |(code, _)| *code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampling() -> Sampling {
        Sampling {
            temperature: 1.0,
            top_k: 50,
            top_p: 1.0,
            repetition_penalty: 1.0,
            seed: 1,
            max_codes: 10,
            ignore_stop: false,
        }
    }

    #[test]
    fn what_was_seen_is_penalized_by_its_sign() {
        let scores = penalized(&[2.0, -2.0, 2.0], &[true, true, false], 2.0);
        assert_eq!(scores, [1.0, -4.0, 2.0]);
    }

    #[test]
    fn only_the_best_are_kept() {
        let scores = vec![1.0, 3.0, 2.0, 3.0];
        let best = Sampling {
            top_k: 2,
            ..sampling()
        }
        .kept(scores.clone());
        assert_eq!(
            best.iter().map(|(code, _)| *code).collect::<Vec<_>>(),
            [1, 3]
        );
        let ties = Sampling {
            top_k: 1,
            ..sampling()
        }
        .kept(scores);
        assert_eq!(ties, [(1, 0.5), (3, 0.5)]);
    }

    #[test]
    fn the_tail_is_cut_by_its_share() {
        let scores: Vec<f32> = [0.5_f32, 0.3, 0.2].iter().map(|share| share.ln()).collect();
        let kept = |top_p| {
            Sampling {
                top_p,
                ..sampling()
            }
            .kept(scores.clone())
            .len()
        };
        assert_eq!([kept(1.0), kept(0.75), kept(0.55), kept(0.0)], [3, 2, 2, 1]);
    }

    #[test]
    fn draws_follow_the_shares_and_the_seed() {
        let logits = [0.7_f32.ln(), 0.3_f32.ln(), f32::NEG_INFINITY];
        let draws = |seed| {
            let sampling = Sampling { seed, ..sampling() };
            let mut sampler = Sampler::new(sampling, 3, 2);
            (0..1000)
                .map(|_| sampler.draw(&logits, 2))
                .collect::<Vec<_>>()
        };
        let zeros = draws(1).iter().filter(|code| **code == 0).count();
        assert!((650..750).contains(&zeros), "{zeros}");
        assert!(draws(1) == draws(1) && draws(1) != draws(2));
        assert!(draws(1).iter().all(|code| *code < 2));
    }

    #[test]
    fn the_best_is_taken_without_chance() {
        let mut sampler = Sampler::new(
            Sampling {
                top_k: 1,
                ..sampling()
            },
            4,
            3,
        );
        assert_eq!(sampler.draw(&[0.0, 1.0, 5.0, 5.0], 3), 2);
    }

    #[test]
    fn the_stop_can_be_ignored() {
        let sampling = Sampling {
            ignore_stop: true,
            top_k: 1,
            ..sampling()
        };
        assert_eq!(Sampler::new(sampling, 3, 2).draw(&[0.0, 1.0, 9.0], 2), 1);
    }
}
