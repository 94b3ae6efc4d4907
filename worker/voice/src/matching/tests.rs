use std::ops::ControlFlow;

use super::*;
use crate::speaker::Moments;
use crate::vocoder::Vocoder;
use crate::{MEL_CEPSTRUM, STRENGTHS, VocoderFrames, analysis::analyze};

/// A voice of a pitch and a colour, with hiss and pauses.
fn voice(seconds: usize, pitch: f32, tilt: f32) -> Vec<f32> {
    let mut frames = VocoderFrames::default();
    for index in 0..seconds * 200 {
        let turn = index as f32 * 0.037;
        let (voiced, pause) = (index % 100 < 65, index % 100 >= 85);
        let mut cepstrum: [f32; MEL_CEPSTRUM] = std::array::from_fn(|order| {
            0.3 * (turn * (1.0 + 0.3 * order as f32)).sin() / (1.0 + 0.3 * order as f32)
        });
        cepstrum[0] = if pause { -3.0 } else { 5.0 };
        cepstrum[1] += if voiced { tilt } else { -0.5 };
        cepstrum[3] += 0.2 * tilt;
        let swing = 1.0 + 0.1 * (0.3 * turn).sin();
        frames.f0.push(if voiced { pitch * swing } else { 0.0 });
        frames.mel_cepstrum.push(cepstrum);
        let strengths = [1.0, 0.9, 0.8, 0.6, 0.3];
        frames
            .strengths
            .push(if voiced { strengths } else { [0.0; STRENGTHS] });
    }
    Vocoder::new().synthesize(&frames)
}

fn moments(samples: &[f32]) -> Moments {
    Moments::measure(&analyze(samples)).unwrap()
}

fn convert(samples: &[f32], target: &Moments) -> Result<(Vec<f32>, Report), MatchingError> {
    match_recording(samples, target, &Options::default(), |_| {
        ControlFlow::Continue(())
    })
}

fn distance(a: &Moments, b: &Moments) -> f32 {
    let pairs = a.mean.iter().zip(&b.mean).skip(1);
    let squares: f32 = pairs.map(|(a, b)| (a - b).powi(2)).sum();
    10.0 / std::f32::consts::LN_10 * (2.0 * squares).sqrt()
}

#[test]
fn a_recording_gets_pitch_and_spectrum_of_the_target_and_keeps_its_length() {
    let source = voice(12, 110.0, 0.6);
    let target = moments(&voice(12, 200.0, 1.4));
    let samples = &source[..source.len() - 37];
    let (made, report) = convert(samples, &target).unwrap();
    assert_eq!(made.len(), samples.len());
    let found = moments(&made);
    assert!((found.pitch() / target.pitch() - 1.0).abs() < 0.03);
    let before = distance(&moments(samples), &target);
    let after = distance(&found, &target);
    assert!(
        after < 2.0 && after < before / 2.0,
        "{before} and {after} dB"
    );
    assert!((report.source_median.unwrap() / 110.0 - 1.0).abs() < 0.05);
    assert!((report.target_median.unwrap() / target.pitch() - 1.0).abs() < 0.03);
    assert!(report.warnings.is_empty() && report.loudness_lufs.is_some());
}

#[test]
fn the_same_bytes_come_however_the_stream_is_cut() {
    let source = voice(23, 110.0, 0.6);
    let target = moments(&voice(6, 200.0, 1.4));
    let (whole, _) = convert(&source, &target).unwrap();
    let mut listener = Listener::new();
    source
        .chunks(999)
        .for_each(|part| listener.push(part).unwrap());
    let heard = listener.finish().unwrap();
    let mut matcher = Matcher::new(heard, &target, &Options::default()).unwrap();
    let mut parts = Vec::new();
    for part in source.chunks(12_345) {
        parts.extend(matcher.push(part).unwrap());
    }
    parts.extend(matcher.finish().0);
    assert!(whole == parts);
}

#[test]
fn silence_stays_silence() {
    let mut source = voice(3, 110.0, 0.6);
    source.extend(vec![0.0; 16_000]);
    let (made, _) = convert(&source, &moments(&voice(6, 200.0, 1.4))).unwrap();
    let quiet = &made[made.len() - 14_000..];
    let power = quiet.iter().map(|v| v * v).sum::<f32>() / quiet.len() as f32;
    assert!(power.sqrt() < 1e-3, "{} dB", 10.0 * power.log10());
}

#[test]
fn a_shift_in_semitones_moves_the_recordings_own_melody() {
    let source = voice(6, 110.0, 0.6);
    let target = moments(&voice(6, 200.0, 1.4));
    let options = Options {
        pitch: Pitch::Semitones(7.0),
        ..Options::default()
    };
    let (made, _) =
        match_recording(&source, &target, &options, |_| ControlFlow::Continue(())).unwrap();
    let wanted = moments(&source).pitch() * 2f32.powf(7.0 / 12.0);
    assert!((moments(&made).pitch() / wanted - 1.0).abs() < 0.03);
}

#[test]
fn any_sound_gives_finite_samples_or_a_named_error() {
    let target = moments(&voice(6, 200.0, 1.4));
    let code = |samples: &[f32]| convert(samples, &target).unwrap_err().code();
    assert_eq!(code(&[]), "audio_too_short");
    assert_eq!(code(&[0.5]), "audio_too_short");
    assert_eq!(code(&[0.5, -0.5, 0.1]), "audio_too_short");
    assert_eq!(code(&vec![0.0; 16_000]), "audio_silent");
    assert_eq!(code(&vec![0.7; 16_000]), "audio_silent");
    let sine = |n: usize| (std::f32::consts::TAU * 440.0 * n as f32 / 16_000.0).sin();
    let tone: Vec<f32> = (0..32_000).map(|n| 0.3 * sine(n)).collect();
    let mut state = 1u32;
    let noise: Vec<f32> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    })
    .take(32_000)
    .collect();
    let clipped: Vec<f32> = tone.iter().map(|v| (v * 50.0).clamp(-1.0, 1.0)).collect();
    let broken = [f32::NAN, f32::INFINITY, 0.5, -1e30].repeat(4_000);
    let warned = |samples: &[f32]| {
        let (made, report) = convert(samples, &target).unwrap();
        assert_eq!(made.len(), samples.len());
        assert!(made.iter().all(|v| v.abs() <= 1.0));
        report.warnings
    };
    assert!(!warned(&tone).contains(&Warning::NoVoicedSpeech));
    assert!(warned(&noise).contains(&Warning::NoVoicedSpeech));
    assert!(warned(&clipped).contains(&Warning::AudioClipped));
    assert!(warned(&broken).contains(&Warning::SamplesNotFinite));
}

#[test]
fn it_is_cancelled_between_blocks_and_says_how_far_it_is() {
    let source = voice(23, 110.0, 0.6);
    let target = moments(&source);
    let mut seen = Vec::new();
    let stopped = match_recording(&source, &target, &Options::default(), |progress| {
        seen.push(progress.done);
        if progress.done > 0 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert_eq!(stopped.unwrap_err(), MatchingError::Cancelled);
    assert_eq!(*seen.last().unwrap(), 160_000);
}

#[test]
fn options_out_of_their_ranges_are_refused() {
    let target = moments(&voice(6, 200.0, 1.4));
    let refused = |options: Options| {
        match_recording(&[], &target, &options, |_| ControlFlow::Continue(()))
            .unwrap_err()
            .code()
    };
    let options = Options::default();
    assert_eq!(
        refused(Options {
            similarity: f32::NAN,
            ..options
        }),
        "similarity_out_of_range"
    );
    let pitch = Pitch::Semitones(25.0);
    assert_eq!(
        refused(Options { pitch, ..options }),
        "pitch_shift_out_of_range"
    );
}
