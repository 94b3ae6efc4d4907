//! What holds of segments, whatever was recorded.

use kiskadee_dataset::segment::{SegmentOptions, segments};
use kiskadee_dataset::vad::{CHUNK, RegionOptions, SAMPLE_RATE, regions};
use proptest::prelude::*;

/// Runs of speech and of silence, in chunks; a probability for each chunk, and noise for samples.
fn recording(runs: &[(usize, usize)]) -> (Vec<f32>, Vec<f32>) {
    let mut probabilities = Vec::new();
    for &(spoken, silent) in runs {
        probabilities.extend(std::iter::repeat_n(0.95, spoken));
        probabilities.extend(std::iter::repeat_n(0.02, silent));
    }
    let samples = (0..probabilities.len() * CHUNK).map(|n| ((n * 7919) % 997) as f32 / 2000.0);
    (samples.collect(), probabilities)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_speech_is_lost_and_no_bound_is_broken(
        runs in prop::collection::vec((1_usize..700, 1_usize..90), 1..12),
        pad_ms in 0_u32..400,
        max_seconds in 3.0_f32..15.0,
    ) {
        let (samples, probabilities) = recording(&runs);
        let options = SegmentOptions { pad_ms, max_seconds, ..SegmentOptions::default() };
        let found = segments(&samples, &probabilities, &options).unwrap();
        let longest = (max_seconds * SAMPLE_RATE as f32) as usize;
        for segment in &found {
            prop_assert!(!segment.range.is_empty() && segment.range.end <= samples.len());
            prop_assert!(segment.range.len() <= longest, "{segment:?}");
            prop_assert_eq!(segment.is_too_short, segment.range.len() < SAMPLE_RATE as usize);
        }
        for pair in found.windows(2) {
            prop_assert!(pair[0].range.end <= pair[1].range.start, "{pair:?}");
        }
        let spoken = RegionOptions { min_silence_ms: options.min_silence_ms, pad_ms: 0, ..RegionOptions::default() };
        for region in regions(&probabilities, samples.len(), &spoken).unwrap() {
            for chunk in region.step_by(CHUNK) {
                let is_kept = found.iter().any(|segment| segment.range.contains(&chunk));
                prop_assert!(is_kept || probabilities[chunk / CHUNK] < 0.35, "{chunk} of {found:?}");
            }
        }
    }
}

fn lengths(runs: &[(usize, usize)]) -> Vec<f64> {
    let (samples, probabilities) = recording(runs);
    let found = segments(&samples, &probabilities, &SegmentOptions::default()).unwrap();
    found
        .iter()
        .map(|segment| segment.seconds().end - segment.seconds().start)
        .collect()
}

#[test]
fn phrases_are_joined_over_short_pauses_only() {
    // Two seconds, 0.4 s of pause, two seconds: one; with a whole second between: two.
    assert_eq!(lengths(&[(62, 13), (62, 40)]).len(), 1);
    assert_eq!(lengths(&[(62, 40), (62, 40)]).len(), 2);
}

#[test]
fn a_word_alone_joins_its_neighbour() {
    // 0.6 s of speech, 0.7 s behind a sentence.
    let found = lengths(&[(100, 22), (19, 40)]);
    assert_eq!(found.len(), 1);
}

#[test]
fn an_hour_without_a_pause_is_cut_into_good_pieces() {
    let found = lengths(&[(3600 * 1000 / 32, 20)]);
    assert!(found.iter().all(|seconds| (1.0..=11.0).contains(seconds)));
    assert!(found.len() < 700, "{}", found.len());
}

#[test]
fn a_long_sentence_is_cut_at_its_longest_pause() {
    // 9 s and 6 s with 0.2 s between them, and a shorter pause before.
    let (samples, probabilities) = recording(&[(100, 4), (177, 6), (187, 40)]);
    let found = segments(&samples, &probabilities, &SegmentOptions::default()).unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    let pause = 281 * CHUNK..287 * CHUNK;
    assert!(found[0].range.end > pause.start && found[1].range.start < pause.end);
    assert!(found[0].range.end <= found[1].range.start);
}

#[test]
fn options_that_contradict_each_other_are_refused_in_words() {
    for (min_seconds, max_seconds) in [(5.0, 6.0), (f32::NAN, 11.0), (1.0, 600.0), (0.0, 11.0)] {
        let options = SegmentOptions {
            min_seconds,
            max_seconds,
            ..SegmentOptions::default()
        };
        let why = segments(&[], &[], &options).unwrap_err().to_string();
        assert!(why.contains("segment"), "{why}");
    }
}

#[test]
fn silence_has_no_segments() {
    let (samples, probabilities) = (vec![0.0; 100 * CHUNK], vec![0.01; 100]);
    let found = segments(&samples, &probabilities, &SegmentOptions::default());
    assert!(found.unwrap().is_empty());
}
