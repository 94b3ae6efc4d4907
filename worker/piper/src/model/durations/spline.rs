//! Monotonic rational-quadratic splines, backwards (Durkan et al., "Neural Spline Flows", 2019).

/// Beyond it the function is the identity.
const BOUND: f32 = 5.0;
/// Least width and height of a bin, as a share of all, and least slope at a knot.
const LEAST: f32 = 1e-3;

/// Where the spline of `parameters` has the value `y`: for n bins n widths and n heights before their softmax, and n - 1 slopes before
/// their softplus, of which the outer two are 1. Widths and heights are multiplied by `scale`.
pub(super) fn inverse(y: f32, parameters: &[f32], scale: f32) -> f32 {
    if !(-BOUND..=BOUND).contains(&y) {
        return y;
    }
    let bins = parameters.len().div_ceil(3);
    let (widths, rest) = parameters.split_at(bins);
    let (heights, slopes) = rest.split_at(bins);
    let (left, bottom) = (knots(widths, scale), knots(heights, scale));
    let bin = bottom[1..bins].iter().filter(|knot| y >= **knot).count();
    let slope = |knot: usize| match knot.checked_sub(1).and_then(|place| slopes.get(place)) {
        Some(raw) => LEAST + softplus(*raw),
        None => 1.0,
    };
    let (width, height) = (left[bin + 1] - left[bin], bottom[bin + 1] - bottom[bin]);
    let (mean, first, second) = (height / width, slope(bin), slope(bin + 1));
    let above = y - bottom[bin];
    let bend = above * (first + second - 2.0 * mean);
    let a = bend + height * (mean - first);
    let b = height * first - bend;
    let c = -mean * above;
    let root = (b * b - 4.0 * a * c).max(0.0).sqrt();
    2.0 * c / (-b - root) * width + left[bin]
}

/// The edges of bins from `-BOUND` to `BOUND`.
fn knots(raw: &[f32], scale: f32) -> Vec<f32> {
    let most = raw
        .iter()
        .fold(f32::NEG_INFINITY, |most, x| most.max(x * scale));
    let powers: Vec<f32> = raw.iter().map(|x| (x * scale - most).exp()).collect();
    let total: f32 = powers.iter().sum();
    let rest = 1.0 - LEAST * raw.len() as f32;
    let mut sum = 0.0;
    let mut knots = vec![-BOUND];
    for power in powers {
        sum += LEAST + rest * power / total;
        knots.push(sum * 2.0 * BOUND - BOUND);
    }
    if let Some(last) = knots.last_mut() {
        *last = BOUND;
    }
    knots
}

fn softplus(x: f32) -> f32 {
    if x > 20.0 { x } else { x.exp().ln_1p() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The spline itself, in f64, at `x`.
    fn forward(x: f64, parameters: &[f32], scale: f32) -> f64 {
        let bins = parameters.len().div_ceil(3);
        let knots =
            |raw: &[f32]| -> Vec<f64> { knots(raw, scale).iter().map(|k| f64::from(*k)).collect() };
        let (left, bottom) = (
            knots(&parameters[..bins]),
            knots(&parameters[bins..2 * bins]),
        );
        let slope = |knot: usize| {
            if knot == 0 || knot == bins {
                1.0
            } else {
                f64::from(LEAST) + f64::from(parameters[2 * bins + knot - 1]).exp().ln_1p()
            }
        };
        let bin = (0..bins).find(|bin| x < left[bin + 1]).unwrap_or(bins - 1);
        let (width, height) = (left[bin + 1] - left[bin], bottom[bin + 1] - bottom[bin]);
        let (mean, t) = (height / width, (x - left[bin]) / width);
        let (first, second) = (slope(bin), slope(bin + 1));
        let numerator = height * (mean * t * t + first * t * (1.0 - t));
        bottom[bin] + numerator / (mean + (first + second - 2.0 * mean) * t * (1.0 - t))
    }

    #[test]
    fn the_inverse_undoes_the_spline() {
        let parameters: Vec<f32> = (0..29)
            .map(|i| ((i * 37 % 23) as f32 - 11.0) / 4.0)
            .collect();
        for step in -49..=49 {
            let x = f64::from(step) / 10.0;
            let y = forward(x, &parameters, 0.4) as f32;
            let back = f64::from(inverse(y, &parameters, 0.4));
            assert!((back - x).abs() < 1e-3, "{x} came back as {back}");
        }
    }

    #[test]
    fn what_lies_beyond_the_bounds_stays() {
        let parameters = [0.3; 29];
        for y in [-7.5, -5.01, 5.01, 100.0] {
            assert!((inverse(y, &parameters, 1.0) - y).abs() < f32::EPSILON);
        }
        assert!((inverse(5.0, &parameters, 1.0) - 5.0).abs() < 1e-4);
        assert!((inverse(-5.0, &parameters, 1.0) + 5.0).abs() < 1e-4);
        assert!(inverse(f32::NAN, &parameters, 1.0).is_nan());
    }
}
