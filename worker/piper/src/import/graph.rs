//! The layers of a voice's graph by name: what they are called, their attributes and the shapes of their tensors.

use std::collections::BTreeMap;

use crate::error::{PiperError, Result};

/// A convolution, transposed or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layer {
    pub(crate) transposed: bool,
    pub(crate) stride: usize,
    pub(crate) dilation: usize,
    /// Zeros in front and behind.
    pub(crate) padding: [usize; 2],
    pub(crate) groups: usize,
}

/// Layers and tensors by the names of their modules.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) layers: BTreeMap<String, Layer>,
    pub(crate) shapes: BTreeMap<String, Vec<usize>>,
}

impl Graph {
    pub(crate) fn has(&self, tensor: &str) -> bool {
        self.shapes.contains_key(tensor)
    }

    /// The shape of a tensor of so many axes.
    pub(crate) fn shape<const N: usize>(&self, tensor: &str) -> Result<[usize; N]> {
        let shape = self.shapes.get(tensor);
        let shape = shape.ok_or_else(|| PiperError::layer(tensor, "is missing"))?;
        shape.as_slice().try_into().map_err(|_| {
            PiperError::layer(tensor, format!("has the shape {shape:?}, not {N} axes"))
        })
    }

    /// A convolution and its weight's shape `[out, in, kernel]`, or `[in, out, kernel]` where it is transposed.
    pub(crate) fn layer(&self, name: &str) -> Result<(&Layer, [usize; 3])> {
        let layer = self.layers.get(name);
        let layer = layer.ok_or_else(|| PiperError::layer(name, "is missing"))?;
        Ok((layer, self.shape(&format!("{name}.weight"))?))
    }

    /// The numbers that stand between `prefix` and `suffix` in names of layers, from the smallest on.
    pub(crate) fn numbers(&self, prefix: &str, suffix: &str) -> Vec<usize> {
        let mut numbers: Vec<usize> = self
            .layers
            .keys()
            .filter_map(|name| {
                name.strip_prefix(prefix)?
                    .strip_suffix(suffix)?
                    .parse()
                    .ok()
            })
            .collect();
        numbers.sort_unstable();
        numbers
    }
}
