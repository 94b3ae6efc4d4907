//! Every stage beside the reference's, on the small model in `golden`.

use candle_core::Device;
use kiskadee_whisper::parity::{Comparison, compare};

use super::transcribe::golden;

#[test]
fn every_stage_matches_the_reference() {
    let mut comparisons: Vec<Comparison> = Vec::new();
    compare(&golden(), &Device::Cpu, &mut |comparison| {
        comparisons.push(comparison.clone());
    })
    .unwrap();
    let failed: Vec<_> = comparisons.iter().filter(|stage| !stage.passed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    for stage in [
        "suppressed",
        "text",
        "mel_filters",
        "mel",
        "enc.block1",
        "enc.out",
        "dec.logits_last3",
        "languages",
        "language probabilities",
        "greedy.timestamps.raw",
        "greedy.timestamps.filtered.2",
        "timestamps tokens",
        "plain tokens",
        "plain log probability",
        "plain no speech",
    ] {
        let compared = comparisons.iter().any(|found| found.stage == stage);
        assert!(compared, "{stage} was not compared");
    }
}
