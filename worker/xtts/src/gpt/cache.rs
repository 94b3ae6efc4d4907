//! Keys and values of rows that are decoded side by side.
//!
//! All rows end at the same time, so that one copy for a layer writes the next position of them all; they begin where their length says.

use candle_core::{DType, Device, Tensor};

use crate::error::Result;

/// Keys and values of all layers, each `[row, head, time, dim]`.
pub(crate) struct KvCache {
    layers: Vec<(Tensor, Tensor)>,
}

/// Where in a cache rows are written, and since when each row has been there.
#[derive(Debug, Clone)]
pub(crate) struct Placement {
    /// The first row.
    pub(crate) row: usize,
    /// Times that are written for each row.
    pub(crate) times: usize,
    /// The first of these times.
    pub(crate) at: usize,
    /// Where each row begins.
    pub(crate) starts: Vec<usize>,
}

impl KvCache {
    pub(crate) fn new(
        layers: usize,
        shape: [usize; 4],
        dtype: DType,
        device: &Device,
    ) -> Result<Self> {
        let zeros = || Tensor::zeros(&shape, dtype, device);
        let layers = (0..layers).map(|_| Ok((zeros()?, zeros()?)));
        Ok(Self {
            layers: layers.collect::<Result<_>>()?,
        })
    }

    /// Keys and values of a layer.
    pub(crate) fn layer(&self, layer: usize) -> (&Tensor, &Tensor) {
        let (keys, values) = &self.layers[layer];
        (keys, values)
    }

    pub(crate) fn capacity(&self) -> usize {
        self.layers.first().map_or(0, |(keys, _)| keys.dims()[2])
    }

    /// Writes keys and values `[row, head, time, dim]` of a layer.
    pub(super) fn write(
        &self,
        layer: usize,
        keys: &Tensor,
        values: &Tensor,
        placement: &Placement,
    ) -> Result<()> {
        let (all_keys, all_values) = self.layer(layer);
        for (all, part) in [(all_keys, keys), (all_values, values)] {
            let rows = all.narrow(0, placement.row, part.dim(0)?)?;
            rows.slice_set(&part.contiguous()?, 2, placement.at)?;
        }
        Ok(())
    }

    /// Writes all that another cache of one row holds into a row, from `at` on.
    pub(crate) fn write_row(&self, row: usize, at: usize, other: &Self) -> Result<()> {
        for (layer, (keys, values)) in other.layers.iter().enumerate() {
            let placement = Placement {
                row,
                times: keys.dim(2)?,
                at,
                starts: Vec::new(),
            };
            self.write(layer, keys, values, &placement)?;
        }
        Ok(())
    }

    /// Copies `times` of one row over another row.
    pub(crate) fn copy_row(
        &self,
        from: usize,
        to: usize,
        times: std::ops::Range<usize>,
    ) -> Result<()> {
        for (keys, values) in &self.layers {
            for all in [keys, values] {
                let part = all
                    .narrow(0, from, 1)?
                    .narrow(2, times.start, times.len())?;
                let part = part.copy()?.contiguous()?;
                all.narrow(0, to, 1)?.slice_set(&part, 2, times.start)?;
            }
        }
        Ok(())
    }

    /// A cache of another capacity in which `times` of all rows stand from `at` on.
    pub(crate) fn moved(
        &self,
        times: std::ops::Range<usize>,
        at: usize,
        capacity: usize,
    ) -> Result<Self> {
        let moved = |all: &Tensor| -> Result<Tensor> {
            let (rows, heads, _, dim) = all.dims4()?;
            let wider = Tensor::zeros((rows, heads, capacity, dim), all.dtype(), all.device())?;
            if !times.is_empty() {
                let part = all.narrow(2, times.start, times.len())?.contiguous()?;
                wider.slice_set(&part, 2, at)?;
            }
            Ok(wider)
        };
        let layers = self.layers.iter();
        let layers = layers.map(|(keys, values)| Ok((moved(keys)?, moved(values)?)));
        Ok(Self {
            layers: layers.collect::<Result<_>>()?,
        })
    }
}
