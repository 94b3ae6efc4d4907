//! How far two tensors are apart.

use candle_core::{Result, Tensor, bail};

/// The largest difference between elements of two tensors of one shape, in parts of the largest value that is expected.
/// Infinite where an element is not a number.
pub fn relative_difference(found: &Tensor, expected: &Tensor) -> Result<f32> {
    if found.dims() != expected.dims() {
        bail!("{:?} instead of {:?}", found.dims(), expected.dims());
    }
    let values = |tensor: &Tensor| tensor.flatten_all()?.to_vec1::<f32>();
    let (found, expected) = (values(found)?, values(expected)?);
    let largest = expected.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    let pairs = found.iter().zip(&expected);
    let difference = pairs.fold(0.0_f32, |most, (found, expected)| {
        let difference = (found - expected).abs();
        if difference.is_nan() {
            f32::INFINITY
        } else {
            most.max(difference)
        }
    });
    Ok(if difference > 0.0 {
        difference / largest
    } else {
        0.0
    })
}

/// Fails where the difference is larger than `tolerance`.
#[cfg(test)]
#[track_caller]
pub(crate) fn assert_near(found: &Tensor, expected: &Tensor, tolerance: f32) {
    let difference = relative_difference(found, expected).unwrap();
    assert!(difference <= tolerance, "{difference} is above {tolerance}");
}
