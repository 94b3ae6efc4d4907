//! The feature network: `HuBERT` (Hsu et al., 2021), or `ContentVec` (Qian et al., 2022), which is the same network trained otherwise.

mod front;
mod layer;
mod names;

use std::path::Path;
use std::sync::Arc;

use candle_core::{Device, Tensor};
use kiskadee_checkpoint::Checkpoint;
use kiskadee_nn::{Convolution, Extras, Linear, gelu_erf};

use self::front::Front;
use self::layer::Layer;
use crate::error::{Result, RvcError};
use crate::layers::Norm;
use crate::tensors::Tensors;
use crate::trace::Trace;
use crate::voice::Version;

/// Samples at 16 kHz that the first frame needs.
pub(crate) const LEAST_SAMPLES: usize = 400;
/// Channels of a head where nothing else is told.
const HEAD: usize = 64;

/// What files do not tell.
#[derive(Debug, Clone, Copy)]
pub struct HubertOptions {
    /// Heads of attention; told by the `config.json` of a folder, otherwise one for each 64 channels.
    pub heads: Option<usize>,
    /// The layer whose output voices of version 1 take, counted from 1. Those of version 2 take the last.
    pub first_version_layer: usize,
}

impl Default for HubertOptions {
    fn default() -> Self {
        Self {
            heads: None,
            first_version_layer: 9,
        }
    }
}

/// The network.
pub struct Hubert {
    front: Front,
    position: Position,
    norm: Norm,
    layers: Vec<Layer>,
    projection: Option<Linear>,
    first_version_layer: usize,
    width: usize,
    projected: usize,
    device: Device,
}

/// What tells frames where they stand: a grouped convolution of many taps.
struct Position {
    groups: Vec<(Convolution, Tensor)>,
    taps: usize,
}

impl Hubert {
    /// Reads a file of fairseq or of Hugging Face, or a folder of the latter.
    pub fn open(path: &Path, options: HubertOptions, device: &Device) -> Result<Self> {
        let (file, told) = names::file(path)?;
        let checkpoint = Arc::new(Checkpoint::open(&file)?);
        let tensors = names::tensors(&checkpoint, device);
        let width = tensors.size("encoder.layer_norm.weight", 0)?;
        let heads = options.heads.or(told).unwrap_or((width / HEAD).max(1));
        if heads == 0 || !width.is_multiple_of(heads) || width > 4096 {
            return Err(RvcError::Config(format!(
                "{width} channels and {heads} heads"
            )));
        }
        let count =
            tensors.count(|number| format!("encoder.layers.{number}.final_layer_norm.weight"));
        let layer = |number| {
            Layer::load(
                &tensors.at(format!("encoder.layers.{number}")),
                width,
                heads,
            )
        };
        let projected = if tensors.contains("final_proj.weight") {
            tensors.size("final_proj.weight", 0)?
        } else {
            0
        };
        let projection = (projected > 0).then(|| tensors.linear("final_proj", (width, projected)));
        Ok(Self {
            front: Front::load(&tensors, width)?,
            position: Position::load(&tensors.at("encoder"), width)?,
            norm: tensors.norm("encoder.layer_norm", ["weight", "bias"], width)?,
            layers: (0..count).map(layer).collect::<Result<_>>()?,
            projection: projection.transpose()?,
            first_version_layer: options.first_version_layer.min(count),
            width,
            projected,
            device: device.clone(),
        })
    }

    /// Values of a frame for voices of this version.
    pub fn features(&self, version: Version) -> Result<usize> {
        match version {
            Version::V2 => Ok(self.width),
            Version::V1 if self.projection.is_some() => Ok(self.projected),
            Version::V1 => Err(RvcError::NoFinalProjection),
        }
    }

    /// Samples at 16 kHz to frames of 20 ms, `[frame, feature]`.
    pub fn forward(&self, samples: &[f32], version: Version) -> Result<Tensor> {
        self.forward_traced(samples, version, &mut Trace::none())
    }

    pub(crate) fn forward_traced(
        &self,
        samples: &[f32],
        version: Version,
        trace: &mut Trace<'_>,
    ) -> Result<Tensor> {
        if samples.len() < LEAST_SAMPLES {
            return Err(RvcError::AudioTooShort {
                samples: samples.len(),
                least: LEAST_SAMPLES,
            });
        }
        let samples = Tensor::from_slice(samples, (samples.len(), 1), &self.device)?;
        let rows = self.front.forward(&samples, trace)?;
        let position = self.position.forward(&rows)?;
        trace.show(|| "hub.pos_conv".to_owned(), || Ok(position.clone()))?;
        let mut rows = self.norm.forward(&(rows + position)?)?;
        trace.show(|| "hub.hidden0".to_owned(), || Ok(rows.clone()))?;
        let depth = match version {
            Version::V1 => self.first_version_layer,
            Version::V2 => self.layers.len(),
        };
        for (number, layer) in self.layers.iter().take(depth).enumerate() {
            rows = layer.forward(&rows)?;
            trace.show(|| format!("hub.hidden{}", number + 1), || Ok(rows.clone()))?;
        }
        match (version, &self.projection) {
            (Version::V2, _) => Ok(rows),
            (Version::V1, Some(projection)) => Ok(projection.forward(&rows)?),
            (Version::V1, None) => Err(RvcError::NoFinalProjection),
        }
    }
}

impl Position {
    fn load(tensors: &Tensors, width: usize) -> Result<Self> {
        let name = "pos_conv_embed.conv";
        let shape = tensors.weight_shape(name)?.to_vec();
        let &[output, per_group, taps] = &shape[..] else {
            return Err(RvcError::tensor(name, format!("has the shape {shape:?}")));
        };
        if output != width || per_group == 0 || !width.is_multiple_of(per_group) || taps < 2 {
            return Err(RvcError::tensor(name, format!("has the shape {shape:?}")));
        }
        // Unlike all others, this norm has a magnitude for each tap.
        let weight = tensors.folded(name, &shape, 2)?.permute((2, 1, 0))?;
        let bias = tensors.get(&format!("{name}.bias"), &[width])?;
        let group = |number: usize| -> Result<_> {
            let first = number * per_group;
            let weight = weight.narrow(2, first, per_group)?.contiguous()?;
            let convolution = Convolution::new(&weight, 1, candle_core::DType::F32)?;
            Ok((convolution, bias.narrow(0, first, per_group)?.contiguous()?))
        };
        Ok(Self {
            groups: (0..width / per_group).map(group).collect::<Result<_>>()?,
            taps,
        })
    }

    /// As long as the input: with an even number of taps, one more looks back than ahead.
    fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        let before = self.taps / 2;
        let padded = rows.pad_with_zeros(0, before, self.taps - 1 - before)?;
        let width = rows.dim(1)? / self.groups.len();
        let groups = self.groups.iter().enumerate();
        let parts = groups.map(|(number, (convolution, bias))| {
            let part = padded.narrow(1, number * width, width)?.contiguous()?;
            convolution.forward(&part, bias, Extras::default())
        });
        let parts = parts.collect::<candle_core::Result<Vec<_>>>()?;
        Ok(gelu_erf(&Tensor::cat(&parts, 1)?)?)
    }
}
