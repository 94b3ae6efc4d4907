//! Tensors of a checkpoint by the names that the networks know them by, read when they are asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use candle_core::{DType, Device, Tensor};
use kiskadee_checkpoint::{Checkpoint, Found, Number, Stored};

use crate::error::{Result, RvcError};

/// Tensors by name. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Tensors {
    checkpoint: Arc<Checkpoint>,
    places: Arc<BTreeMap<String, Found>>,
    prefix: String,
    device: Device,
}

impl Tensors {
    /// Takes the tensors under `key` of a checkpoint, or those that lie under none, by the name that `rename` gives, if it gives one.
    pub(crate) fn new(
        checkpoint: Arc<Checkpoint>,
        key: Option<&str>,
        rename: impl Fn(&str) -> Option<String>,
        device: &Device,
    ) -> Self {
        let entries = checkpoint.entries().iter();
        let places = entries.filter_map(|entry| {
            let name = match (&entry.path[..], key) {
                ([name], None) => name,
                ([outer, name], Some(key)) if outer == key => name,
                _ => return None,
            };
            Some((rename(name)?, entry.found.clone()))
        });
        Self {
            places: Arc::new(places.collect()),
            prefix: String::new(),
            device: device.clone(),
            checkpoint,
        }
    }

    /// Those under a name.
    pub(crate) fn at(&self, name: impl std::fmt::Display) -> Self {
        Self {
            prefix: format!("{}{name}.", self.prefix),
            ..self.clone()
        }
    }

    pub(crate) fn device(&self) -> &Device {
        &self.device
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.places.contains_key(&self.full(name))
    }

    pub(crate) fn shape(&self, name: &str) -> Result<&[usize]> {
        Ok(&self.stored(name)?.shape)
    }

    /// The length of an axis.
    pub(crate) fn size(&self, name: &str, axis: usize) -> Result<usize> {
        let shape = self.shape(name)?;
        let size = shape.get(axis).copied();
        size.ok_or_else(|| RvcError::tensor(self.full(name), format!("has the shape {shape:?}")))
    }

    /// How many parts there are of which a name with a growing number is there.
    pub(crate) fn count(&self, name: impl Fn(usize) -> String) -> usize {
        // A file holds fewer than this.
        const MOST: usize = 100_000;
        let there = (0..MOST).take_while(|number| self.contains(&name(*number)));
        there.count()
    }

    /// Names with their places, as they are stored.
    pub(crate) fn stored_tensors(&self) -> impl Iterator<Item = (&String, &Found)> {
        self.places.iter()
    }

    pub(crate) fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The tensor as f32, which must have this shape and only finite values.
    pub(crate) fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let stored = self.stored(name)?;
        if stored.shape != shape {
            let reason = format!("has the shape {:?} where {shape:?} is needed", stored.shape);
            return Err(RvcError::tensor(self.full(name), reason));
        }
        self.read(name, stored)
    }

    fn read(&self, name: &str, stored: &Stored) -> Result<Tensor> {
        // The place of the tensor was found to lie within the file, so this is no longer than that.
        let mut bytes = Vec::with_capacity(stored.bytes() as usize);
        let copied = self.checkpoint.copy(stored, &mut bytes);
        copied.map_err(|error| RvcError::tensor(self.full(name), error))?;
        let dtype = match stored.number {
            Number::F32 => DType::F32,
            Number::F16 => DType::F16,
            Number::BF16 => DType::BF16,
        };
        let tensor = Tensor::from_raw_buffer(&bytes, dtype, &stored.shape, &Device::Cpu)?;
        let tensor = tensor.to_dtype(DType::F32)?;
        let values = tensor.flatten_all()?.to_vec1::<f32>()?;
        if values.iter().all(|value| value.is_finite()) {
            Ok(tensor.to_device(&self.device)?)
        } else {
            Err(RvcError::NotFinite {
                name: self.full(name),
            })
        }
    }

    /// A weight as it is, or put together from its direction and its magnitude in one of both spellings of weight norm. The norm is taken over
    /// all axes but `axis`.
    pub(crate) fn folded(&self, name: &str, shape: &[usize], axis: usize) -> Result<Tensor> {
        let spellings = [
            ("weight_v", "weight_g"),
            (
                "parametrizations.weight.original1",
                "parametrizations.weight.original0",
            ),
        ];
        for (direction, magnitude) in spellings {
            let direction = format!("{name}.{direction}");
            if self.contains(&direction) {
                let direction = self.get(&direction, shape)?;
                let mut sizes = vec![1; shape.len()];
                if let Some(size) = sizes.get_mut(axis) {
                    *size = shape[axis];
                }
                let magnitude = self.get(&format!("{name}.{magnitude}"), &sizes)?;
                let others: Vec<usize> = (0..shape.len()).filter(|other| *other != axis).collect();
                let norm = direction.sqr()?.sum_keepdim(others)?.sqrt()?;
                let scale = (magnitude / norm)?;
                return self.finite(name, direction.broadcast_mul(&scale)?);
            }
        }
        self.get(&format!("{name}.weight"), shape)
    }

    /// A direction of no length has no weight.
    fn finite(&self, name: &str, folded: Tensor) -> Result<Tensor> {
        let sum = folded.abs()?.sum_all()?.to_vec0::<f32>()?;
        if sum.is_finite() {
            Ok(folded)
        } else {
            Err(RvcError::NotFinite {
                name: self.full(name),
            })
        }
    }

    /// The shape of a weight in whichever spelling it is there.
    pub(crate) fn weight_shape(&self, name: &str) -> Result<&[usize]> {
        let spellings = ["weight_v", "parametrizations.weight.original1", "weight"];
        let names = spellings.map(|spelling| format!("{name}.{spelling}"));
        let found = names.iter().find(|name| self.contains(name));
        self.shape(found.map_or(&names[2], |name| name))
    }

    fn stored(&self, name: &str) -> Result<&Stored> {
        let name = self.full(name);
        match self.places.get(&name) {
            Some(Ok(stored)) => Ok(stored),
            Some(Err(reason)) => Err(RvcError::tensor(name, reason)),
            None => Err(RvcError::tensor(name, "is missing")),
        }
    }

    fn full(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn all_three_spellings_give_one_weight() {
        let random = |shape: &[usize]| Tensor::rand(0.1_f32, 1.0, shape, &Device::Cpu).unwrap();
        let (direction, magnitude) = (random(&[3, 2, 5]), random(&[3, 1, 1]));
        let norm = direction.sqr().unwrap().sum_keepdim((1, 2)).unwrap();
        let unit = direction.broadcast_div(&norm.sqrt().unwrap()).unwrap();
        let weight = unit.broadcast_mul(&magnitude).unwrap();
        let named = [
            ("old.weight_v", &direction),
            ("old.weight_g", &magnitude),
            ("new.parametrizations.weight.original1", &direction),
            ("new.parametrizations.weight.original0", &magnitude),
            ("plain.weight", &weight),
        ];
        let named = named.map(|(name, tensor)| (name.to_owned(), tensor.clone()));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spellings");
        let named: HashMap<String, Tensor> = named.into_iter().collect();
        candle_core::safetensors::save(&named, &path).unwrap();
        let checkpoint = Arc::new(Checkpoint::open(&path).unwrap());
        let all = |name: &str| Some(name.to_owned());
        let tensors = Tensors::new(checkpoint, None, all, &Device::Cpu);
        for name in ["old", "new", "plain"] {
            let found = tensors.folded(name, &[3, 2, 5], 0).unwrap();
            let apart = kiskadee_nn::relative_difference(&found, &weight).unwrap();
            assert!(apart < 1e-6, "{name}: {apart}");
            assert_eq!(tensors.weight_shape(name).unwrap(), [3, 2, 5]);
        }
        let missing = tensors.folded("other", &[3, 2, 5], 0).unwrap_err();
        assert_eq!(missing.code(), "tensor_unusable");
    }
}
