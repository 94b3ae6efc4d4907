//! Layers, each in two forms: composed of candle's operations, for GPUs, and as one operation of our kernels, for the CPU.

mod activation;
mod convolution;
mod linear;
mod slice;

pub(crate) use activation::gelu;
pub(crate) use convolution::{Convolution, Extras};
pub(crate) use linear::{Linear, Packed};
pub(crate) use slice::f32_slice;

#[cfg(test)]
pub(crate) mod tests {
    use candle_core::Tensor;

    /// Fails where an element is further away than `tolerance` of the largest one that is expected.
    #[track_caller]
    pub(crate) fn assert_near(found: &Tensor, expected: &Tensor, tolerance: f32) {
        assert_eq!(found.dims(), expected.dims());
        let values = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let (found, expected) = (values(found), values(expected));
        let largest = expected
            .iter()
            .fold(0.0_f32, |most, value| most.max(value.abs()));
        for (found, expected) in found.iter().zip(&expected) {
            let error = (found - expected).abs();
            assert!(
                error <= tolerance * largest,
                "{found} instead of {expected}"
            );
        }
    }
}
