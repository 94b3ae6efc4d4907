//! A golden folder in memory.

use std::{collections::HashMap, path::Path};

use candle_core::{DType, Device, Tensor};

use crate::{
    config::Scales,
    error::{PiperError, Result},
    import::PublishedVoice,
    model::{Noise, Piper},
};

pub(super) struct Golden {
    tensors: HashMap<String, Tensor>,
    /// As [`compact`] has them, which stages are compared with.
    pub(super) stages: HashMap<String, Tensor>,
    pub(super) voice: Piper,
}

impl Golden {
    pub(super) fn open(folder: &Path, device: &Device) -> Result<Self> {
        let voice = PublishedVoice::open(&folder.join("voice.onnx"))?;
        let golden = folder.join("golden.safetensors");
        let tensors = candle_core::safetensors::load(golden, &Device::Cpu)?;
        let stages = tensors.iter();
        let stages = stages.map(|(name, tensor)| Ok((name.clone(), compact(tensor)?)));
        Ok(Self {
            stages: stages.collect::<Result<_>>()?,
            tensors,
            voice: voice.load(device)?,
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

/// Without the axes of length 1, in which exports of the same model differ.
pub(super) fn compact(tensor: &Tensor) -> Result<Tensor> {
    let axes = tensor.dims().iter().copied();
    let axes: Vec<usize> = axes.filter(|length| *length != 1).collect();
    Ok(tensor.reshape(axes)?)
}
