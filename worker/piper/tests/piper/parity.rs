//! Every stage beside the reference's, on the small voices in `tests/golden`.

use std::path::{Path, PathBuf};

use candle_core::Device;
use kiskadee_piper::parity::{Comparison, compare};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

#[track_caller]
fn matches(name: &str, stages: &[&str]) {
    let mut comparisons: Vec<Comparison> = Vec::new();
    let outcome = compare(&golden(name), &Device::Cpu, &mut |comparison| {
        comparisons.push(comparison.clone());
    });
    assert!(outcome.is_ok(), "{outcome:?}");
    let failed: Vec<_> = comparisons.iter().filter(|stage| !stage.passed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    for stage in stages {
        let compared = comparisons.iter().any(|found| found.stage == *stage);
        assert!(compared, "{stage} was not compared");
    }
}

const ALWAYS: [&str; 7] = [
    "enc_p.proj",
    "logw",
    "w_ceil",
    "flow.flows.0.post",
    "dec.in",
    "dec.ups.0",
    "output",
];

#[test]
fn a_voice_of_three_speakers_with_drawn_durations_matches() {
    matches("speakers", &ALWAYS);
    matches("speakers", &["dp.flows.3.proj", "dec.resblocks.0.out"]);
}

#[test]
fn a_voice_of_the_quality_high_with_plain_durations_matches() {
    matches("high", &ALWAYS);
    matches("high", &["dp.conv_1", "dec.resblocks.0.out"]);
}
