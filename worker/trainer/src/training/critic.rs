//! A second network that learns to tell the model's spectra from the teachers', and what it asks of the model.
//!
//! Least absolute errors alone favour the middle of all that might be said, which sounds muffled; this is what gives movement back
//! (Saito, Takamichi and Saruwatari, 2018; least squares after Mao et al., 2017; features after Kong et al., 2020). Nothing of it is shipped.

use candle_core::{Result, Tensor};
use kiskadee_voice::acoustic::{
    Convolution, ConvolutionShape, FRAME_PARAMETERS, ModelError, ParameterSource, Segments,
};
use serde::{Deserialize, Serialize};

/// What its parameters' names begin with.
pub const CRITIC: &str = "critic.";
/// Of a frame: mel-cepstrum and strengths.
pub const JUDGED: usize = FRAME_PARAMETERS - 2;

const TAPS: usize = 3;
/// Frames of 5 ms between what a layer sees.
const DILATIONS: [usize; 4] = [1, 2, 4, 8];
const LEAK: f64 = 0.2;

/// How much is asked of the model, and from when on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CriticRecipe {
    /// The first step that it takes part in.
    pub from: u64,
    /// Channels.
    pub width: usize,
    /// Weight of being taken for a teacher.
    pub realism: f32,
    /// Weight of looking like the teacher to each of its layers.
    pub likeness: f32,
}

pub struct Critic {
    layers: Vec<Convolution>,
    output: Convolution,
}

struct Opinion {
    /// 1 for a teacher, 0 for the model. `[frames, 1]`
    score: Tensor,
    /// Of each layer `[frames, width]`.
    features: Vec<Tensor>,
}

/// Scalars.
pub struct Judgement {
    /// What the critic minimises.
    pub critic: Tensor,
    /// What the model minimises.
    pub model: Tensor,
}

impl Critic {
    pub fn new(
        recipe: &CriticRecipe,
        source: &mut impl ParameterSource,
    ) -> std::result::Result<Self, ModelError> {
        let layer = |(index, dilation): (usize, &usize)| {
            let shape = ConvolutionShape {
                taps: TAPS,
                dilation: *dilation,
                inputs: if index == 0 { JUDGED } else { recipe.width },
                outputs: recipe.width,
                gain: 1.4,
            };
            shape.make(source, &format!("{CRITIC}{index}"))
        };
        let layers = DILATIONS
            .iter()
            .enumerate()
            .map(layer)
            .collect::<std::result::Result<_, _>>()?;
        let output = ConvolutionShape {
            taps: 1,
            dilation: 1,
            inputs: recipe.width,
            outputs: 1,
            gain: 1.0,
        };
        Ok(Self {
            layers,
            output: output.make(source, &format!("{CRITIC}output"))?,
        })
    }

    fn look(&self, frames: &Tensor, sentences: &Segments) -> Result<Opinion> {
        let mut features = Vec::with_capacity(self.layers.len());
        let mut rows = frames.clone();
        for layer in &self.layers {
            let plain = layer.forward(&rows, sentences)?;
            rows = ((plain.relu()? * (1.0 - LEAK))? + (plain * LEAK)?)?;
            features.push(rows.clone());
        }
        Ok(Opinion {
            score: self.output.forward(&rows, sentences)?,
            features,
        })
    }

    /// `[frames, JUDGED]` each: what the model made, and what the teachers said.
    pub fn judge(
        &self,
        made: &Tensor,
        said: &Tensor,
        sentences: &Segments,
        recipe: &CriticRecipe,
    ) -> Result<Judgement> {
        let original = self.look(said, sentences)?;
        let caught = self.look(&made.detach(), sentences)?;
        let critic =
            ((&original.score - 1.0)?.sqr()?.mean_all()? + caught.score.sqr()?.mean_all()?)?;
        let passed = self.look(made, sentences)?;
        let realism = (passed.score - 1.0)?.sqr()?.mean_all()?;
        let mut likeness = realism.zeros_like()?;
        for (ours, theirs) in passed.features.iter().zip(&original.features) {
            likeness = (likeness + (ours - theirs.detach())?.abs()?.mean_all()?)?;
        }
        let layers = self.layers.len() as f64;
        let model = ((realism * f64::from(recipe.realism))?
            + (likeness * (f64::from(recipe.likeness) / layers))?)?;
        Ok(Judgement { critic, model })
    }
}
