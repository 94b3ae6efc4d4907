//! When each phone of a recording is heard, found by a hidden Markov model of our own.
//!
//! Three states a phone, left to right, a diagonal Gaussian each, trained by the best path (Viterbi training, Juang and Rabiner, 1990). The
//! first Gaussians are those of a built-in voice that says the same sentences, whose times are known, so few rounds suffice, in every
//! language that it speaks. A silence may stand after every word, and none need be where the text has one.

mod chain;
mod features;
mod gaussians;

use kiskadee_pronunciation::PhoneToken;
use kiskadee_text::Language;
use kiskadee_voice::VocoderFrames;
use kiskadee_voice::acoustic::{AcousticModel, SentenceKind};
use kiskadee_voice::speaker::{Moments, Warp};

use self::{
    chain::Chain,
    features::{Features, features},
    gaussians::{Gaussians, Sums},
};
use crate::TrainError;
use crate::corpus::Recording;
use crate::evaluation::speak;

/// Paths are found and Gaussians made of them this often.
const ROUNDS: usize = 8;
/// An utterance is an outlier when its score lies this many times the usual distance below the median.
const OUTLIER: f32 = 6.0;
/// The usual distance is at least this, so that a set in which all scores are alike has no outliers.
const LEAST_DISTANCE: f32 = 0.25;

/// A recording and what is said in it.
#[derive(Debug, Clone, Copy)]
pub struct Utterance<'a> {
    /// With a silence at either end.
    pub tokens: &'a [PhoneToken],
    pub frames: &'a VocoderFrames,
}

/// Where the phones of an utterance lie.
#[derive(Debug, Clone, PartialEq)]
pub struct Alignment {
    /// Those of the utterance, with silences where they were heard and no others, but for one at either end.
    pub tokens: Vec<PhoneToken>,
    /// Frames of 5 ms for each token; together all frames. A silence at an end may have none.
    pub durations: Vec<u32>,
    /// How well the words fit the sound: the mean over frames of speech of how much likelier the likeliest phone is there, in nepers below 0.
    pub score: f32,
    /// Whether the score is far below those of the other utterances: the words are probably others.
    pub is_outlier: bool,
}

/// The built-in voice that is nearest to `moments`, saying these sentences: what [`align`] begins with.
pub fn examples(
    model: &AcousticModel,
    moments: &Moments,
    language: Language,
    sentences: &[(&[PhoneToken], SentenceKind)],
) -> Result<Vec<Recording>, TrainError> {
    let voice = model.match_moments(moments, &Warp::new(0.0))?;
    let say = |(tokens, kind): &(&[PhoneToken], SentenceKind)| {
        let spoken = speak(model, tokens, *kind, language, voice)?;
        Ok(Recording {
            tokens: tokens.to_vec(),
            durations: spoken.durations,
            kind: *kind,
            frames: spoken.frames,
        })
    };
    sentences.iter().map(say).collect()
}

/// Aligns utterances of one speaker. `examples` are recordings with known durations, of any voice, that have most of the phones.
///
/// None for an utterance that has fewer frames than its phones need.
pub fn align(examples: &[Recording], utterances: &[Utterance<'_>]) -> Vec<Option<Alignment>> {
    let heard: Vec<Features> = utterances.iter().map(|u| features(u.frames)).collect();
    let chains: Vec<Chain> = utterances.iter().map(|u| Chain::of(u.tokens)).collect();
    let mut model = learn_examples(examples);
    for _ in 1..ROUNDS {
        let mut sums = Sums::default();
        for (chain, features) in chains.iter().zip(&heard) {
            if let Some(path) = chain.best_path(features, &model) {
                sums.add(chain, &path, features);
            }
        }
        model = sums.gaussians();
    }
    let aligned = utterances.iter().zip(chains.iter().zip(&heard));
    let mut alignments: Vec<Option<Alignment>> = aligned
        .map(|(utterance, (chain, features))| {
            let path = chain.best_path(features, &model)?;
            Some(alignment(utterance, chain, &path, features, &model))
        })
        .collect();
    mark_outliers(&mut alignments);
    alignments
}

fn learn_examples(examples: &[Recording]) -> Gaussians {
    let mut sums = Sums::default();
    for example in examples {
        let (chain, features) = (Chain::of(&example.tokens), features(&example.frames));
        sums.add(&chain, &chain.path_of(&example.durations), &features);
    }
    sums.gaussians()
}

fn alignment(
    utterance: &Utterance<'_>,
    chain: &Chain,
    path: &[u32],
    features: &Features,
    model: &Gaussians,
) -> Alignment {
    let (tokens, durations) = chain.durations(utterance.tokens, path);
    Alignment {
        tokens,
        durations,
        score: chain.score(path, features, model),
        is_outlier: false,
    }
}

fn mark_outliers(alignments: &mut [Option<Alignment>]) {
    let found = alignments.iter().flatten();
    let scores: Vec<f32> = found.map(|alignment| alignment.score).collect();
    let middle = median(scores.clone());
    let distance = median(scores.iter().map(|score| (score - middle).abs()).collect());
    let least = middle - OUTLIER * distance.max(LEAST_DISTANCE);
    for alignment in alignments.iter_mut().flatten() {
        alignment.is_outlier = alignment.score < least;
    }
}

fn median(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
