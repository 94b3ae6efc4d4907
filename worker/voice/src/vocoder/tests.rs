use super::*;
use crate::STRENGTHS;

/// Speech-like frames: a moving formant, voiced in the middle.
fn frames(count: usize) -> VocoderFrames {
    let mut frames = VocoderFrames::default();
    for index in 0..count {
        let voiced = index >= count / 4 && index < count * 3 / 4;
        let turn = index as f32 * 0.05;
        let mut cepstrum = [0.0; MEL_CEPSTRUM];
        (cepstrum[0], cepstrum[1], cepstrum[2]) = (6.0, 1.0 + 0.3 * turn.sin(), 0.5 * turn.cos());
        frames.f0.push(if voiced {
            120.0 + 20.0 * turn.sin()
        } else {
            0.0
        });
        frames.mel_cepstrum.push(cepstrum);
        frames.strengths.push(if voiced {
            [0.9, 0.8, 0.6, 0.4, 0.2]
        } else {
            [0.0; STRENGTHS]
        });
    }
    frames
}

fn part(frames: &VocoderFrames, range: std::ops::Range<usize>) -> VocoderFrames {
    VocoderFrames {
        f0: frames.f0[range.clone()].to_vec(),
        mel_cepstrum: frames.mel_cepstrum[range.clone()].to_vec(),
        strengths: frames.strengths[range].to_vec(),
    }
}

#[test]
fn blocks_give_the_samples_of_the_whole() {
    let frames = frames(120);
    let whole = Vocoder::new().synthesize(&frames);
    let mut vocoder = Vocoder::new();
    let blocks: Vec<f32> = [0..1, 1..1, 1..48, 48..120]
        .into_iter()
        .flat_map(|range| vocoder.synthesize(&part(&frames, range)))
        .collect();
    assert_eq!(whole.len(), 120 * HOP);
    assert_eq!(whole, blocks);
}

#[test]
fn the_level_is_that_of_the_cepstrum() {
    let mut frames = frames(200);
    frames.mel_cepstrum.fill({
        let mut flat = [0.0; MEL_CEPSTRUM];
        flat[0] = 7.0;
        flat
    });
    let samples = Vocoder::new().synthesize(&frames);
    let power = samples.iter().map(|v| v * v).sum::<f32>() / samples.len() as f32;
    let wanted = 7f32.exp() * SCALE;
    // Half of each, pulses and noise, has half of the power.
    assert!((0.6..1.1).contains(&(power.sqrt() / wanted)), "{power}");
}

#[test]
fn silence_is_silent_though_it_be_voiced() {
    let mut frames = frames(100);
    frames.f0.fill(100.0);
    frames.strengths.fill([1.0; STRENGTHS]);
    frames.mel_cepstrum.iter_mut().for_each(|c| c[0] = -5.0);
    let samples = Vocoder::new().synthesize(&frames);
    assert!(samples.iter().all(|v| v.abs() < 1e-5));
}

#[test]
fn any_values_give_finite_samples() {
    let values = [
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::MAX,
        -40.0,
        19.0,
        0.0,
    ];
    let mut frames = VocoderFrames::default();
    for index in 0..300 {
        let value = |step: usize| values[(index * 7 + step * 3 + index * step) % values.len()];
        frames.f0.push(value(1) * 30.0);
        frames.mel_cepstrum.push(std::array::from_fn(value));
        frames.strengths.push(std::array::from_fn(value));
    }
    let samples = Vocoder::new().synthesize(&frames);
    assert!(samples.iter().all(|v| v.abs() <= 1.0));
    let after = Vocoder::new().synthesize(&self::frames(40));
    let mut vocoder = Vocoder::new();
    vocoder.synthesize(&frames);
    let recovered = vocoder.synthesize(&self::frames(80));
    assert!(after.iter().all(|v| v.abs() < 0.9));
    assert!(recovered[40 * HOP..].iter().all(|v| v.abs() < 0.9));
}

#[test]
fn nothing_clicks() {
    let samples = Vocoder::new().synthesize(&frames(200));
    let rms = (samples.iter().map(|v| v * v).sum::<f32>() / samples.len() as f32).sqrt();
    let peak = samples.iter().fold(0f32, |peak, v| peak.max(v.abs()));
    assert!(peak < 12.0 * rms, "{peak} {rms}");
    let mean = samples.iter().sum::<f32>() / samples.len() as f32;
    assert!(mean.abs() < 0.01 * rms, "{mean} {rms}");
}
