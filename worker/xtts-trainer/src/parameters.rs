//! The parameters while they are trained, by their names in a checkpoint.

use std::cell::RefCell;
use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor, Var};
use kiskadee_checkpoint::Weights;
use kiskadee_xtts::{Config, ParameterSource, XttsError, layout};

use crate::error::Result;

/// What the names of all trained parameters begin with.
pub const PREFIX: &str = "gpt.";

/// A parameter, in f32.
pub struct Parameter {
    pub name: String,
    pub var: Var,
    /// Weight decay pulls at it.
    pub is_decayed: bool,
}

/// All parameters of a GPT, in the order of their names. Layers share their storage and so follow every update.
pub struct Parameters {
    all: Vec<Parameter>,
    places: BTreeMap<String, usize>,
    device: Device,
}

impl Parameters {
    /// Reads the parameters of a model's file.
    pub fn load(weights: &Weights, config: &Config, text_tokens: usize) -> Result<Self> {
        Self::create(config, text_tokens, weights.device(), |name, shape| {
            Ok(weights.get(name, shape)?)
        })
    }

    /// Parameters with values of the caller's choice.
    pub fn create(
        config: &Config,
        text_tokens: usize,
        device: &Device,
        mut value: impl FnMut(&str, &[usize]) -> Result<Tensor>,
    ) -> Result<Self> {
        let mut all = Vec::new();
        for (name, shape) in shapes(config, text_tokens) {
            let var = Var::zeros(shape.as_slice(), DType::F32, device)?;
            var.set(&value(&name, &shape)?.to_device(device)?)?;
            all.push(Parameter {
                is_decayed: is_decayed(&name),
                name,
                var,
            });
        }
        let names = all.iter().map(|parameter| parameter.name.clone());
        Ok(Self {
            places: names.zip(0..).collect(),
            all,
            device: device.clone(),
        })
    }

    pub fn device(&self) -> &Device {
        &self.device
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Parameter> {
        self.all.iter()
    }

    pub fn get(&self, name: &str) -> Option<&Parameter> {
        self.places.get(name).and_then(|place| self.all.get(*place))
    }

    /// How many numbers they are together.
    pub fn count(&self) -> usize {
        self.all.iter().map(|one| one.var.elem_count()).sum()
    }

    /// The place of a parameter, and its values without a record of what is done with them.
    pub(crate) fn untracked(&self, name: &str) -> Result<(usize, Tensor)> {
        let missing = || XttsError::Tensor {
            name: name.to_owned(),
            reason: "is no parameter of this GPT".to_owned(),
        };
        let place = *self.places.get(name).ok_or_else(missing)?;
        let parameter = self.all.get(place).ok_or_else(missing)?;
        Ok((place, parameter.var.as_detached_tensor()))
    }
}

/// Hands out the variables themselves, so that candle records what is done with them, and keeps their places.
pub(crate) struct Tracked<'a> {
    parameters: &'a Parameters,
    pub(crate) places: RefCell<Vec<usize>>,
}

impl<'a> Tracked<'a> {
    pub(crate) fn new(parameters: &'a Parameters) -> Self {
        Self {
            parameters,
            places: RefCell::default(),
        }
    }
}

impl ParameterSource for Tracked<'_> {
    fn parameter(&self, name: &str, _shape: &[usize]) -> kiskadee_xtts::Result<Tensor> {
        let missing = || XttsError::Tensor {
            name: name.to_owned(),
            reason: "is no parameter of this GPT".to_owned(),
        };
        let place = *self.parameters.places.get(name).ok_or_else(missing)?;
        let parameter = self.parameters.all.get(place).ok_or_else(missing)?;
        self.places.borrow_mut().push(place);
        Ok(parameter.var.as_tensor().clone())
    }
}

/// Names and shapes of what is trained: the GPT with its conditioning encoder and its perceiver.
pub fn shapes(config: &Config, text_tokens: usize) -> BTreeMap<String, Vec<usize>> {
    let all = layout::model(config, text_tokens).into_iter();
    all.filter(|(name, _)| name.starts_with(PREFIX)).collect()
}

/// Weights are decayed; biases, norms and tables of embeddings are not. The perceiver's latents and the scale of its last norm count as weights.
fn is_decayed(name: &str) -> bool {
    let is_norm = [".norm.weight", ".ln_1.", ".ln_2.", ".ln_f.", ".final_norm."]
        .iter()
        .any(|part| name.contains(part));
    let is_table = name.contains("_embedding.");
    let is_bias = name.rsplit('.').next() == Some("bias");
    !(is_bias || is_norm || is_table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_decayed_and_nothing_else() {
        for name in [
            "gpt.conditioning_encoder.attn.3.qkv.weight",
            "gpt.conditioning_perceiver.latents",
            "gpt.conditioning_perceiver.norm.gamma",
            "gpt.gpt.h.0.mlp.c_proj.weight",
            "gpt.text_head.weight",
        ] {
            assert!(is_decayed(name), "{name}");
        }
        for name in [
            "gpt.conditioning_encoder.attn.3.norm.weight",
            "gpt.conditioning_encoder.attn.3.qkv.bias",
            "gpt.gpt.h.0.ln_2.weight",
            "gpt.gpt.ln_f.weight",
            "gpt.final_norm.weight",
            "gpt.text_embedding.weight",
            "gpt.mel_pos_embedding.emb.weight",
        ] {
            assert!(!is_decayed(name), "{name}");
        }
    }
}
