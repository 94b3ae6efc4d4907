//! The U-Net: blocks on ever smaller planes, and back up with what was seen on the way down.

use candle_core::{DType, Tensor};
use kiskadee_nn::{PlaneDoubling, halve_plane};

use super::block::{BatchNorm, Block};
use crate::error::{Result, RvcError};
use crate::tensors::Tensors;
use crate::trace::Trace;

/// Halvings that bands and padded frames allow.
const DEEPEST: usize = 5;

pub(super) struct Unet {
    norm: BatchNorm,
    down: Vec<Vec<Block>>,
    middle: Vec<Vec<Block>>,
    up: Vec<(PlaneDoubling, Vec<Block>)>,
}

impl Unet {
    pub(super) fn load(tensors: &Tensors) -> Result<Self> {
        let blocks = |name: &str| -> Result<Vec<Vec<Block>>> {
            let count = tensors.count(|number| format!("{name}.{number}.conv.0.conv.0.weight"));
            let list = |number| Block::list(&tensors.at(format!("{name}.{number}.conv")));
            (0..count).map(list).collect()
        };
        let (down, middle) = (blocks("encoder.layers")?, blocks("intermediate.layers")?);
        if down.is_empty() || down.len() > DEEPEST {
            let reason = format!("have {} stages", down.len());
            return Err(RvcError::tensor("unet.encoder.layers", reason));
        }
        let up =
            (0..down.len()).map(|number| stage(&tensors.at(format!("decoder.layers.{number}"))));
        Ok(Self {
            norm: BatchNorm::load(&tensors.at("encoder.bn"), 1)?,
            up: up.collect::<Result<_>>()?,
            down,
            middle,
        })
    }

    /// `[frame, band, 1]` to `[frame, band, channel]`.
    pub(super) fn forward(&self, plane: &Tensor, trace: &mut Trace<'_>) -> Result<Tensor> {
        let plane = plane.broadcast_mul(&self.norm.factors)?;
        let mut plane = plane.broadcast_add(&self.norm.summands)?;
        trace.show(|| "rmvpe.bn".to_owned(), || Ok(plane.clone()))?;
        let mut seen = Vec::with_capacity(self.down.len());
        for (number, blocks) in self.down.iter().enumerate() {
            plane = through(blocks, plane)?;
            seen.push(plane.clone());
            plane = halve_plane(&plane)?;
            trace.show(|| format!("rmvpe.enc{number}"), || Ok(plane.clone()))?;
        }
        for blocks in &self.middle {
            plane = through(blocks, plane)?;
        }
        trace.show(|| "rmvpe.mid".to_owned(), || Ok(plane.clone()))?;
        for (number, (doubling, blocks)) in self.up.iter().enumerate() {
            let raised = doubling.forward(&plane)?;
            let raised = match seen.pop() {
                Some(seen) => Tensor::cat(&[&raised, &seen], 2)?,
                None => raised,
            };
            plane = through(blocks, raised)?;
            trace.show(|| format!("rmvpe.dec{number}"), || Ok(plane.clone()))?;
        }
        Ok(plane)
    }
}

fn through(blocks: &[Block], plane: Tensor) -> Result<Tensor> {
    blocks
        .iter()
        .try_fold(plane, |plane, block| block.forward(&plane))
}

fn stage(tensors: &Tensors) -> Result<(PlaneDoubling, Vec<Block>)> {
    let name = "conv1.0.weight";
    let (input, output) = (tensors.size(name, 0)?, tensors.size(name, 1)?);
    let weight = tensors.get(name, &[input, output, 3, 3])?;
    let norm = BatchNorm::load(&tensors.at("conv1.1"), output)?;
    let weight = weight.broadcast_mul(&norm.factors.reshape((1, output, 1, 1))?)?;
    let doubling = PlaneDoubling::new(&weight, &norm.summands, true, DType::F32)?;
    Ok((doubling, Block::list(&tensors.at("conv2"))?))
}
