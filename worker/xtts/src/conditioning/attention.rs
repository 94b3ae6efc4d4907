//! Attention of many heads without a mask.

use candle_core::{D, Result, Tensor};

/// What the queries gather of the values: `[batch, heads, queries, size]` out of queries of that shape, and of keys and values
/// `[batch, heads, keys, size]`. All are contiguous.
pub(super) fn attend(queries: &Tensor, keys: &Tensor, values: &Tensor) -> Result<Tensor> {
    let scale = 1.0 / (queries.dim(D::Minus1)? as f64).sqrt();
    let scores = (queries * scale)?.matmul(&keys.t()?)?;
    softmax(&scores)?.matmul(values)
}

/// Over the last dimension. The fused kernel cuts the gradient off, so it is only taken where there is none.
fn softmax(scores: &Tensor) -> Result<Tensor> {
    if scores.track_op() {
        candle_nn::ops::softmax(scores, D::Minus1)
    } else {
        candle_nn::ops::softmax_last_dim(scores)
    }
}
