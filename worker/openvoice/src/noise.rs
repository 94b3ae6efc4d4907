//! Chance that depends on a seed and a frame's number alone, so that windows and second tries give the same samples.

use candle_core::{Device, Tensor};
use rand::{RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::error::Result;

/// Normal values `[frames, channels]` for the frames from `start` on.
pub(crate) fn normal(
    seed: u64,
    start: usize,
    (frames, channels): (usize, usize),
    device: &Device,
) -> Result<Tensor> {
    let mut values = Vec::with_capacity(frames * channels);
    for frame in start..start + frames {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(frame as u64);
        values.extend((0..channels).map(|_| draw(&mut random)));
    }
    Ok(Tensor::from_vec(values, (frames, channels), device)?)
}

/// By Box and Muller (1958).
fn draw(random: &mut ChaCha8Rng) -> f32 {
    let uniform = |bits: u32| (f64::from(bits) + 0.5) / 4_294_967_296.0;
    let (radius, turn) = (uniform(random.next_u32()), uniform(random.next_u32()));
    ((-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * turn).cos()) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_its_own_noise_wherever_a_window_begins() {
        let values = |start, frames| {
            let drawn = normal(7, start, (frames, 64), &Device::Cpu).unwrap();
            drawn.to_vec2::<f32>().unwrap()
        };
        let whole = values(0, 50);
        assert_eq!(whole[30..], values(30, 20));
        assert_ne!(whole[0], whole[1]);
        let all: Vec<f32> = whole.concat();
        let mean = all.iter().sum::<f32>() / all.len() as f32;
        let power = all.iter().map(|v| v * v).sum::<f32>() / all.len() as f32;
        assert!(
            mean.abs() < 0.05 && (power - 1.0).abs() < 0.1,
            "{mean} {power}"
        );
    }
}
