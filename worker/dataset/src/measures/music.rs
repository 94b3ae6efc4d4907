//! Whether something plays along: tones that stand still. A voice never holds one pitch for long, and an instrument does.

use kiskadee_dsp::{DspError, PowerSpectrum, Window};

/// Hz, of the samples that are looked at.
const SAMPLE_RATE: u32 = 16_000;
/// 256 ms: a bin is 3.9 Hz wide.
const SIZE: usize = 4096;
/// 32 ms.
const HOP: usize = 512;
/// Below lies the hum of the mains, above little of what is played.
const LOWEST_HZ: usize = 140;
const HIGHEST_HZ: usize = 4000;
/// How far a tone stands above the middle of its surroundings.
const ABOVE: f32 = 30.0;
/// Bins to both sides that are its surroundings.
const AROUND: usize = 24;
/// Bins next to a tone that its window fills.
const OWN: usize = 3;
/// A tone that is so far below the loudest one is not heard (−45 dB).
const HEARD: f32 = 3e-5;
/// Frames for which a tone stands still at least: half a second beyond the window.
const FRAMES: usize = 16;

/// The share of the time, in percent, in which a tone stands still. 0 of what is shorter than a tone must be.
pub(super) fn steady_percent(samples: &[f32]) -> Result<f64, DspError> {
    if samples.len() < SIZE {
        return Ok(0.0);
    }
    let bin = |hertz: usize| hertz * SIZE / SAMPLE_RATE as usize;
    let (lowest, highest) = (bin(LOWEST_HZ), bin(HIGHEST_HZ));
    // Of each bin with a tone: in which bin it began, and for how many frames it has stood.
    let mut held = vec![None; highest + 1];
    let mut steady: Vec<bool> = Vec::new();
    let mut loudest = 0.0_f32;
    PowerSpectrum::new(SIZE, Window::Hann, SIZE, HOP).each_frame(samples, |frame, power| {
        loudest = power.iter().copied().fold(loudest, f32::max);
        steady.push(false);
        let mut now: Vec<Option<(usize, usize)>> = vec![None; highest + 1];
        for bin in lowest..highest {
            if !is_tone(power, bin, loudest * HEARD) {
                continue;
            }
            // The top may lie between two bins; what wanders on is a voice.
            let before = held[bin - 1..=bin + 1].iter().flatten();
            let before = before.filter(|(start, _)| bin.abs_diff(*start) <= 1);
            let (start, frames) = before
                .max_by_key(|(_, frames)| *frames)
                .copied()
                .unwrap_or((bin, 0));
            now[bin] = Some((start, frames + 1));
            if frames + 1 >= FRAMES {
                steady[frame + 1 - FRAMES..].fill(true);
            }
        }
        held = now;
    })?;
    let count = steady.iter().filter(|is_steady| **is_steady).count();
    Ok(100.0 * count as f64 / steady.len().max(1) as f64)
}

fn is_tone(power: &[f32], bin: usize, least: f32) -> bool {
    let here = power[bin];
    if here < least || here < power[bin - 1] || here <= power[bin + 1] {
        return false;
    }
    let below = power[bin.saturating_sub(AROUND)..bin - OWN].iter();
    let above = power[bin + OWN + 1..=bin + AROUND].iter();
    let mut around: Vec<f32> = below.chain(above).copied().collect();
    let middle = around.len() / 2;
    let (_, middle, _) = around.select_nth_unstable_by(middle, f32::total_cmp);
    here > ABOVE * *middle
}
