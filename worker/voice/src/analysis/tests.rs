use super::*;
use crate::MEL_CEPSTRUM;
use crate::vocoder::Vocoder;

/// Vowels that pass into each other, with pauses between.
fn speech(count: usize, pitch: f32) -> VocoderFrames {
    let mut frames = VocoderFrames::default();
    for index in 0..count {
        let voiced = index % 100 < 80;
        let turn = index as f32 * 0.03;
        let mut cepstrum = [0.0; MEL_CEPSTRUM];
        cepstrum[0] = if voiced { 6.5 } else { 4.0 };
        cepstrum[1] = if voiced { 1.2 } else { -0.6 };
        (cepstrum[2], cepstrum[3]) = (0.4 * turn.sin(), -0.3 * turn.cos());
        (cepstrum[5], cepstrum[8]) = (0.2 * (2.0 * turn).cos(), 0.1 * turn.sin());
        frames.f0.push(if voiced {
            pitch * (1.0 + 0.1 * turn.sin())
        } else {
            0.0
        });
        frames.mel_cepstrum.push(cepstrum);
        frames.strengths.push(if voiced {
            [1.0, 0.9, 0.7, 0.5, 0.2]
        } else {
            [0.0; STRENGTHS]
        });
    }
    frames
}

/// Mel-cepstral distortion in dB with c0 counted (Kubichek, 1993).
fn distortion(a: &[f32; MEL_CEPSTRUM], b: &[f32; MEL_CEPSTRUM]) -> f32 {
    let first = (a[0] - b[0]).powi(2) / 2.0;
    let rest: f32 = a.iter().zip(b).skip(1).map(|(a, b)| (a - b).powi(2)).sum();
    10.0 / std::f32::consts::LN_10 * (2.0 * (first + rest)).sqrt()
}

#[test]
fn finds_what_the_vocoder_was_given() {
    for pitch in [100.0, 210.0] {
        let given = speech(600, pitch);
        let samples = Vocoder::new().synthesize(&given);
        let found = analyze(&samples);
        assert_eq!(found.len(), given.len());
        let pairs = given.f0.iter().zip(&found.f0);
        let voicing = pairs
            .clone()
            .filter(|(a, b)| (**a > 0.0) != (**b > 0.0))
            .count();
        assert!(voicing < 60, "{voicing} frames of 600");
        let wrong = pairs.filter(|(a, b)| **a > 0.0 && **b > 0.0 && (*a / *b).ln().abs() > 0.03);
        assert!(wrong.count() < 10);
        let inside = |i: &usize| (5..75).contains(&(i % 100));
        let distances: Vec<f32> = (0..600)
            .filter(inside)
            .map(|i| distortion(&given.mel_cepstrum[i], &found.mel_cepstrum[i]))
            .collect();
        let mean = distances.iter().sum::<f32>() / distances.len() as f32;
        assert!(mean < 2.5, "{mean} dB at {pitch} Hz");
    }
}

#[test]
fn strengths_tell_pulses_from_noise() {
    let given = speech(300, 150.0);
    let found = analyze(&Vocoder::new().synthesize(&given));
    let mean = |band: usize| (10..70).map(|i| found.strengths[i][band]).sum::<f32>() / 60.0;
    for band in 0..STRENGTHS - 1 {
        let wanted = given.strengths[20][band].sqrt().sqrt();
        let mean = mean(band);
        assert!((mean - wanted).abs() < 0.2, "{band}: {mean} {wanted}");
    }
    // Next to noise it is noise as often as not.
    let weakest = mean(STRENGTHS - 1);
    assert!((0.1..0.6).contains(&weakest), "{weakest}");
}

#[test]
fn any_samples_can_be_analyzed() {
    for count in [0, 1, 79, 80, 500] {
        assert_eq!(analyze(&vec![0.1; count]).len(), count / HOP);
    }
    let wild: Vec<f32> = (0..4000u16)
        .map(|n| [f32::NAN, f32::MAX, -1e9, 0.0, f32::INFINITY][usize::from(n % 5)])
        .collect();
    let frames = analyze(&wild);
    assert!(
        frames
            .mel_cepstrum
            .as_flattened()
            .iter()
            .all(|v| v.is_finite())
    );
    assert!(
        frames
            .strengths
            .as_flattened()
            .iter()
            .all(|v| v.is_finite())
    );
}

#[test]
fn unusable_references_are_refused_with_their_reason() {
    let voice = Vocoder::new().synthesize(&speech(600, 120.0));
    assert!(analyze_reference(&voice, 16_000).is_ok());
    let refused = |samples: &[f32]| analyze_reference(samples, 16_000).unwrap_err();
    assert!(matches!(refused(&[]), UnusableReference::Silent { .. }));
    assert!(matches!(
        refused(&vec![1e-5; 32_000]),
        UnusableReference::Silent { .. }
    ));
    let short = refused(&voice[..12_000]);
    assert!(
        matches!(short, UnusableReference::TooLittleVoiced { .. }),
        "{short}"
    );
    let clipped: Vec<f32> = voice.iter().map(|v| (v * 100.0).clamp(-1.0, 1.0)).collect();
    assert!(matches!(
        refused(&clipped),
        UnusableReference::Clipped { .. }
    ));
    let mut broken = voice;
    broken[77] = f32::NAN;
    assert_eq!(refused(&broken), UnusableReference::NotFinite(77));
    let long = refused(&vec![0.1; 16_000 * 301]);
    assert_eq!(
        long.to_string(),
        "the recording lasts 301 s, give at most 300 s"
    );
}
