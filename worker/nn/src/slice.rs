//! What our kernels see of a tensor.

use candle_core::{CpuStorage, Error, Layout, Result};

/// The values of a contiguous tensor of f32.
pub fn f32_slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let values: &[f32] = storage.as_slice()?;
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&values[start..end]),
        None => Err(Error::RequiresContiguous { op: "kernel" }.bt()),
    }
}
