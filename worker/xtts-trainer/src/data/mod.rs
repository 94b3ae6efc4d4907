//! Clips of a speaker, brought to what the GPT learns from.

mod prepare;
mod sampler;
mod split;

use sha2::{Digest as _, Sha256};

pub use prepare::{Preparer, Rejection};
pub use sampler::{MaskConditioning, Sampler};
pub use split::split;

use crate::error::Result;

/// A clip that was prepared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Text ids, that of the language in front.
    pub tokens: Vec<u32>,
    /// Audio codes, one for 1,024 samples.
    pub codes: Vec<u32>,
    /// Its length at 22,050 Hz.
    pub samples: usize,
}

/// The sound of clips, which is asked for again in each step: the voice is taken from other parts of it.
pub trait Recordings: Sync {
    /// Mono samples at 22,050 Hz of the clip of that number.
    fn samples(&self, clip: usize) -> Result<Vec<f32>>;
}

/// Sound in memory.
impl Recordings for Vec<Vec<f32>> {
    fn samples(&self, clip: usize) -> Result<Vec<f32>> {
        let missing = || crate::TrainError::Options(format!("there is no clip {clip}"));
        self.get(clip).cloned().ok_or_else(missing)
    }
}

/// What a run learns from, and what it is measured on.
pub struct Dataset<'a> {
    pub examples: Vec<Example>,
    /// In the order of the examples.
    pub recordings: &'a dyn Recordings,
    /// Numbers of examples.
    pub training: Vec<usize>,
    pub evaluation: Vec<usize>,
}

impl Dataset<'_> {
    /// A hash of what a run depends on: a run goes on only with the same.
    pub fn version(&self) -> String {
        let mut hash = Sha256::new();
        let mut add = |numbers: &mut dyn Iterator<Item = u64>| {
            let mut count = 0u64;
            for number in numbers {
                hash.update(number.to_le_bytes());
                count += 1;
            }
            hash.update(count.to_le_bytes());
        };
        for example in &self.examples {
            add(&mut example.tokens.iter().map(|id| u64::from(*id)));
            add(&mut example.codes.iter().map(|id| u64::from(*id)));
            add(&mut std::iter::once(example.samples as u64));
        }
        add(&mut self.training.iter().map(|clip| *clip as u64));
        add(&mut self.evaluation.iter().map(|clip| *clip as u64));
        format!("{:x}", hash.finalize())
    }

    /// Samples, and text ids, of the longest example.
    pub fn longest(&self) -> (usize, usize) {
        let most = |of: fn(&Example) -> usize| self.examples.iter().map(of).max().unwrap_or(0);
        (most(|one| one.samples), most(|one| one.tokens.len()))
    }
}
