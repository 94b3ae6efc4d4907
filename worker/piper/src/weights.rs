use crate::error::{PiperError, Result};
use candle_core::{Device, Tensor};
use std::{collections::HashMap, path::Path};

pub struct Weights {
    tensors: HashMap<String, Tensor>,
    device: Device,
}
impl Weights {
    pub fn open(path: &Path, device: &Device) -> Result<Self> {
        Ok(Self {
            tensors: candle_core::safetensors::load(path, device)?,
            device: device.clone(),
        })
    }
    pub fn device(&self) -> &Device {
        &self.device
    }
    pub fn names(&self) -> Vec<String> {
        self.tensors.keys().cloned().collect()
    }
    pub fn shape(&self, name: &str) -> Result<Vec<usize>> {
        Ok(self
            .tensors
            .get(name)
            .ok_or_else(|| PiperError::layer(name, "is missing"))?
            .dims()
            .to_vec())
    }
    pub fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let tensor = self
            .tensors
            .get(name)
            .ok_or_else(|| PiperError::layer(name, "is missing"))?;
        if tensor.dims() != shape {
            return Err(PiperError::layer(
                name,
                format!(
                    "has the shape {:?} where {shape:?} is needed",
                    tensor.dims()
                ),
            ));
        }
        Ok(tensor.clone())
    }
}
