//! Measures of one segment.

use kiskadee_dataset::measures::{Bounds, MeasureError, characters_per_second, measure, reasons};
use kiskadee_dataset::{Finding, Reason};
use proptest::prelude::*;

const RATE: u32 = 16_000;

/// Three seconds of a buzz, with a breath of noise and pauses of a quarter of a second, as speech has them.
fn buzz(height: f32) -> Vec<f32> {
    let sample = |n: usize| {
        let is_pause = n % 16_000 > 12_000;
        let hum = (n % 133) as f32 / 66.5 - 1.0;
        let noise = ((n * 7_919) % 997) as f32 / 498.5 - 1.0;
        height * (if is_pause { 0.0 } else { hum } + 0.001 * noise)
    };
    (0..48_000).map(sample).collect()
}

#[test]
fn a_good_segment_has_sane_measures() {
    let measures = measure(&buzz(0.3), RATE).unwrap();
    assert!((measures.seconds - 3.0).abs() < 1e-9);
    assert!(
        measures.snr_db > 50.0 && measures.snr_db < 65.0,
        "{measures:?}"
    );
    assert!(
        (measures.silence_percent - 25.0).abs() < 2.0,
        "{measures:?}"
    );
    assert!((measures.peak - 0.3).abs() < 0.01 && measures.clipped_percent < 0.01);
    assert!(
        measures
            .loudness_lufs
            .is_some_and(|lufs| (-25.0..-8.0).contains(&lufs)),
        "{measures:?}"
    );
    assert!(
        measures.bandwidth_hz.is_some_and(|hz| hz > 7_000.0),
        "{measures:?}"
    );
    assert_eq!(
        reasons(
            &measures,
            Some("A buzz that lasts three seconds."),
            &Bounds::default()
        ),
        [Finding::mark(Reason::Music)],
        "a buzz stands still as no voice does"
    );
    let written = serde_json::to_string(&measures).unwrap();
    assert_eq!(
        serde_json::from_str::<kiskadee_dataset::measures::Measures>(&written)
            .unwrap()
            .sha256,
        measures.sha256
    );
}

#[test]
fn the_same_samples_have_the_same_hash_in_any_file() {
    let samples = buzz(0.3);
    let hash = |samples: &[f32], rate| measure(samples, rate).unwrap().sha256;
    // Through 16 bits, as a WAV keeps them.
    let in_file: Vec<f32> = samples
        .iter()
        .map(|s| (s * 32_767.0).round() / 32_767.0)
        .collect();
    assert_eq!(hash(&samples, RATE), hash(&in_file, RATE));
    assert_eq!(hash(&samples, RATE).len(), 64);
    assert_ne!(hash(&samples, RATE), hash(&samples[1..], RATE));
    assert_ne!(hash(&samples, RATE), hash(&samples, RATE + 1));
}

#[test]
fn what_is_no_recording_is_refused_in_words() {
    assert_eq!(measure(&[], RATE), Err(MeasureError::Empty));
    assert_eq!(
        measure(&[0.0, f32::NAN], RATE),
        Err(MeasureError::NotFinite(1))
    );
    assert_eq!(
        measure(&[f32::INFINITY], RATE),
        Err(MeasureError::NotFinite(0))
    );
    assert_eq!(measure(&[0.0], 0), Err(MeasureError::Rate(0)));
    assert!(MeasureError::Empty.to_string().contains("empty"));
}

#[test]
fn one_sample_and_silence_are_measured_and_rejected() {
    for samples in [vec![0.5], vec![0.0; 32_000]] {
        let measures = measure(&samples, RATE).unwrap();
        let found = reasons(&measures, None, &Bounds::default());
        assert!(
            found.contains(&Finding::reject(Reason::Silent)),
            "{found:?}"
        );
        assert_eq!(measures.bandwidth_hz, None);
    }
}

#[test]
fn pace_is_characters_by_time() {
    assert_eq!(characters_per_second(" ação ", 2.0), Some(2.0));
    assert_eq!(characters_per_second(" ", 2.0), None);
    assert_eq!(characters_per_second("a", 0.0), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn all_numbers_are_finite(
        samples in prop::collection::vec(prop_oneof![Just(0.0_f32), -2.0_f32..2.0, Just(f32::MAX), Just(f32::MIN_POSITIVE)], 1..4_000),
        rate in 4_000_u32..192_000,
    ) {
        let measures = measure(&samples, rate).unwrap();
        let numbers = [measures.seconds, measures.snr_db, measures.clipped_percent, measures.peak, measures.silence_percent];
        let more = [measures.loudness_lufs, measures.bandwidth_hz];
        prop_assert!(numbers.iter().chain(more.iter().flatten()).all(|number| number.is_finite()), "{measures:?}");
        prop_assert!((0.0..=100.0).contains(&measures.silence_percent));
    }
}
