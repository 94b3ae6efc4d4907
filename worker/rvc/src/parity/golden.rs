//! A golden folder in memory.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use serde::Deserialize;

use crate::error::{Result, RvcError};
use crate::hubert::{Hubert, HubertOptions};

pub(super) struct Golden {
    pub(super) folder: PathBuf,
    pub(super) device: Device,
    pub(super) meta: Meta,
    /// Without the axes of length 1.
    pub(super) stages: HashMap<String, Tensor>,
}

/// What the files of the models do not tell.
#[derive(Deserialize)]
pub(super) struct Meta {
    /// Of the recording, that the listening networks were given.
    #[serde(default = "samples")]
    pub(super) samples: usize,
    pub(super) tiny: Tiny,
    pub(super) pipeline: BTreeMap<String, Run>,
}

#[derive(Deserialize)]
pub(super) struct Tiny {
    hubert: HubertSizes,
    layers: Layers,
    pub(super) pipeline: Cuts,
}

#[derive(Deserialize)]
struct HubertSizes {
    num_attention_heads: usize,
}

#[derive(Deserialize)]
struct Layers {
    v1: usize,
}

fn samples() -> usize {
    20_011
}

/// In seconds.
#[derive(Deserialize)]
pub(super) struct Cuts {
    #[serde(rename = "x_pad")]
    pub(super) pad: usize,
    #[serde(rename = "x_query")]
    pub(super) query: usize,
    #[serde(rename = "x_center")]
    pub(super) centre: usize,
    #[serde(rename = "x_max")]
    pub(super) longest: usize,
}

/// A whole conversion.
#[derive(Deserialize)]
pub(super) struct Run {
    pub(super) f0_up_key: f32,
    pub(super) index_rate: f32,
    pub(super) rms_mix_rate: f32,
    pub(super) protect: f32,
    pub(super) segments: usize,
}

impl Golden {
    pub(super) fn open(folder: &Path, device: &Device) -> Result<Self> {
        let failed = |reason: &dyn std::fmt::Display| RvcError::unreadable(folder, reason);
        let meta = std::fs::read(folder.join("meta.json")).map_err(|error| failed(&error))?;
        let meta = serde_json::from_slice(&meta).map_err(|error| failed(&error))?;
        let mut stages = HashMap::new();
        for name in ["golden.safetensors", "pipeline.safetensors"] {
            for (name, tensor) in candle_core::safetensors::load(folder.join(name), &Device::Cpu)? {
                stages.insert(name, compact(&tensor)?);
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
            device: device.clone(),
            meta,
            stages,
        })
    }

    /// The feature network in a file or folder.
    pub(super) fn hubert(&self, name: &str) -> Result<Hubert> {
        let options = HubertOptions {
            heads: Some(self.meta.tiny.hubert.num_attention_heads),
            first_version_layer: self.meta.tiny.layers.v1,
        };
        Hubert::open(&self.folder.join(name), options, &self.device)
    }

    pub(super) fn tensor(&self, name: &str) -> Result<&Tensor> {
        let tensor = self.stages.get(name);
        tensor.ok_or_else(|| RvcError::tensor(name, "is not in the golden folder"))
    }

    pub(super) fn values(&self, name: &str) -> Result<Vec<f32>> {
        let tensor = self.tensor(name)?.to_dtype(DType::F32)?;
        Ok(tensor.flatten_all()?.to_vec1()?)
    }

    pub(super) fn wide(&self, name: &str) -> Result<Vec<f64>> {
        let tensor = self.tensor(name)?.to_dtype(DType::F64)?;
        Ok(tensor.flatten_all()?.to_vec1()?)
    }

    /// Whole numbers; -1 is the largest of all.
    pub(super) fn whole(&self, name: &str) -> Result<Vec<u32>> {
        let values = self.wide(name)?.into_iter();
        Ok(values
            .map(|value| u32::try_from(value as i64).unwrap_or(u32::MAX))
            .collect())
    }

    /// Channels first, as the reference has them, to `[time, channel]`.
    pub(super) fn rows(&self, name: &str) -> Result<Vec<f32>> {
        let rows = self.tensor(name)?.t()?.contiguous()?;
        Ok(rows.flatten_all()?.to_vec1()?)
    }
}

/// Without the axes of length 1.
pub(super) fn compact(tensor: &Tensor) -> Result<Tensor> {
    let axes = tensor.dims().iter().copied();
    let axes: Vec<usize> = axes.filter(|length| *length != 1).collect();
    Ok(tensor.contiguous()?.reshape(axes)?)
}

/// The last axis first.
pub(super) fn channels_first(tensor: &Tensor) -> Result<Tensor> {
    let turned = match tensor.rank() {
        2 => tensor.t()?,
        3 => tensor.permute((2, 0, 1))?,
        _ => tensor.clone(),
    };
    compact(&turned)
}
