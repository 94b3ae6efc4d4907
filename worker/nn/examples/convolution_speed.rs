//! Prints how fast the convolutions of neural vocoders are on one thread, beside the most that its vector units can do.
//!
//! `cargo run --release -p kiskadee-nn --example convolution_speed`
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into a function for certain vector units is not compiled for them"
)]

use std::{hint::black_box, sync::OnceLock, time::Instant};

use candle_core::{DType, Device, Result, Tensor};
use kiskadee_nn::{Activation, Convolution, Extras, SameConvolution};
use pulp::{Arch, Simd, WithSimd};

/// Channels, frames, taps, dilation.
const SHAPES: [(usize, usize, usize, usize); 8] = [
    (128, 24_000, 3, 1),
    (128, 24_000, 3, 5),
    (128, 24_000, 7, 1),
    (128, 24_000, 7, 3),
    (128, 24_000, 11, 1),
    (128, 24_000, 11, 5),
    (256, 4_000, 7, 1),
    (256, 4_000, 11, 5),
];

fn main() -> Result<()> {
    let threads = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let threads = threads.map_err(candle_core::Error::wrap)?;
    let peak = (0..5).map(|_| peak()).fold(0.0, f64::max);
    println!("peak of one thread: {peak:.1} GFLOP/s");
    println!(
        "| channels | frames | taps | dilation | plain, GFLOP/s | of the peak | fast, GFLOP/s | of the peak |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|");
    for shape in SHAPES {
        let (plain, fast) = threads.install(|| speed(shape))?;
        let (channels, frames, taps, dilation) = shape;
        println!(
            "| {channels} | {frames} | {taps} | {dilation} | {plain:.0} | {:.0} % | {fast:.0} | {:.0} % |",
            100.0 * plain / peak,
            100.0 * fast / peak
        );
    }
    Ok(())
}

/// Operations that a plain convolution needs, in billions per second; the best of some runs.
fn speed((channels, frames, taps, dilation): (usize, usize, usize, usize)) -> Result<(f64, f64)> {
    let random = |shape: &[usize]| Tensor::randn(0.0_f32, 1.0, shape, &Device::Cpu);
    let weight = random(&[taps, channels, channels])?;
    let bias = random(&[channels])?;
    let convolution = Convolution::new(&weight, dilation, DType::F32)?;
    let input = random(&[frames + convolution.reach(), channels])?;
    let operations = 2.0 * (frames * taps * channels * channels) as f64;
    let plain = best(operations, || {
        black_box(convolution.forward(&input, &bias, Extras::default())?);
        Ok(())
    })?;
    let convolution = SameConvolution::new(
        &weight.permute((2, 1, 0))?.contiguous()?,
        &bias,
        dilation,
        DType::F32,
    )?;
    let input = random(&[frames, channels])?;
    let fast = best(operations, || {
        black_box(convolution.forward(&input, Activation::IDENTITY, None)?);
        Ok(())
    })?;
    Ok((plain, fast))
}

fn best(operations: f64, mut run: impl FnMut() -> Result<()>) -> Result<f64> {
    let mut best = 0.0_f64;
    for _ in 0..8 {
        let start = seconds();
        run()?;
        best = best.max(operations / (seconds() - start) / 1e9);
    }
    Ok(best)
}

/// Fused multiply-adds on registers alone, in billions of operations per second.
fn peak() -> f64 {
    let start = seconds();
    let lanes = Arch::new().dispatch(Peak);
    2.0 * (Peak::ROUNDS * Peak::SUMS * lanes) as f64 / (seconds() - start) / 1e9
}

/// What this thread has had of a processor where Linux tells, so that others on the machine count less; else the time that has passed.
fn seconds() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat");
    let nanoseconds = told
        .ok()
        .and_then(|told| told.split(' ').next()?.parse::<f64>().ok());
    let passed = || START.get_or_init(Instant::now).elapsed().as_secs_f64();
    nanoseconds.map_or_else(passed, |nanoseconds| nanoseconds / 1e9)
}

struct Peak;

impl Peak {
    const ROUNDS: usize = 20_000_000;
    const SUMS: usize = 12;
}

impl WithSimd for Peak {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> usize {
        let (factor, summand) = (
            simd.splat_f32s(black_box(0.5)),
            simd.splat_f32s(black_box(1.0)),
        );
        let mut sums = [simd.splat_f32s(0.0); Self::SUMS];
        for _ in 0..Self::ROUNDS {
            for sum in &mut sums {
                *sum = simd.mul_add_f32s(*sum, factor, summand);
            }
        }
        for sum in sums {
            black_box(simd.reduce_sum_f32s(sum));
        }
        S::F32_LANES
    }
}
