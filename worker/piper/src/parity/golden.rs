//! A golden folder in memory.

use std::{collections::HashMap, path::Path};

use candle_core::{DType, Device, Tensor};
use kiskadee_checkpoint::Weights;
use serde::Deserialize;

use crate::{
    config::{Scales, VoiceConfig},
    error::{PiperError, Result},
    import::{Graph, Layer, sizes},
    model::{Noise, Piper},
};

pub(super) struct Golden {
    pub(super) tensors: HashMap<String, Tensor>,
    pub(super) voice: Piper,
}

/// Attributes of the layers by module name, as ONNX has them.
#[derive(Deserialize)]
struct Facts {
    convs: HashMap<String, Attributes>,
}

#[derive(Deserialize)]
struct Attributes {
    op: String,
    strides: [usize; 1],
    dilations: [usize; 1],
    pads: [usize; 2],
    group: usize,
}

impl Golden {
    pub(super) fn open(folder: &Path, device: &Device) -> Result<Self> {
        let path = folder.join("meta.json");
        let text = std::fs::read(&path).map_err(|error| PiperError::file(&path, error))?;
        let facts: Facts =
            serde_json::from_slice(&text).map_err(|error| PiperError::file(&path, error))?;
        let weights = Weights::open(&folder.join("weights.safetensors"), device)?;
        let config = VoiceConfig::of_sizes(sizes(&graph(facts, &weights)?)?);
        let golden = folder.join("golden.safetensors");
        Ok(Self {
            tensors: candle_core::safetensors::load(golden, &Device::Cpu)?,
            voice: Piper::assemble(&weights, config)?,
        })
    }

    pub(super) fn tensor(&self, name: &str) -> Result<&Tensor> {
        let tensor = self.tensors.get(name);
        tensor.ok_or_else(|| PiperError::layer(name, "is not in the golden folder"))
    }

    /// Whole numbers, whatever they are kept as.
    pub(super) fn whole(&self, name: &str) -> Result<Vec<u32>> {
        let values: Vec<f32> = self
            .tensor(name)?
            .to_dtype(DType::F32)?
            .flatten_all()?
            .to_vec1()?;
        Ok(values.into_iter().map(|value| value as u32).collect())
    }

    pub(super) fn scales(&self) -> Result<Scales> {
        let scales: Vec<f32> = self.tensor("scales")?.to_vec1()?;
        match scales.as_slice() {
            [noise_scale, length_scale, noise_w] => Ok(Scales {
                noise_scale: *noise_scale,
                length_scale: *length_scale,
                noise_w: *noise_w,
            }),
            _ => Err(PiperError::layer("scales", "are not three")),
        }
    }

    pub(super) fn noise(&self) -> Result<Noise> {
        let frames = self.tensor("noise_z")?.squeeze(0)?.t()?.contiguous()?;
        Ok(Noise::given(self.tensor("noise_dp")?.squeeze(0)?, frames))
    }
}

fn graph(facts: Facts, weights: &Weights) -> Result<Graph> {
    let shape = |name: String| {
        let shape = weights.shape(&name)?;
        Ok((name, shape))
    };
    let layer = |(name, attributes): (String, Attributes)| {
        let layer = Layer {
            transposed: attributes.op == "ConvTranspose",
            stride: attributes.strides[0],
            dilation: attributes.dilations[0],
            padding: attributes.pads,
            groups: attributes.group,
        };
        (name, layer)
    };
    Ok(Graph {
        layers: facts.convs.into_iter().map(layer).collect(),
        shapes: weights
            .names()
            .into_iter()
            .map(shape)
            .collect::<Result<_>>()?,
    })
}
