//! Every stage beside the reference's, on the small model in `tests/golden`.

use std::path::Path;

use candle_core::Device;
use kiskadee_xtts::parity::{Comparison, compare};

#[test]
fn every_stage_matches_the_reference() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut comparisons: Vec<Comparison> = Vec::new();
    compare(&folder, &Device::Cpu, &mut |comparison| {
        comparisons.push(comparison.clone());
    })
    .unwrap();
    let failed: Vec<_> = comparisons.iter().filter(|stage| !stage.passed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let compared = |stage: &str| comparisons.iter().any(|found| found.stage == stage);
    for stage in [
        "mel.chunk0",
        "cond.gpt_cond_latent",
        "spk.embedding",
        "dvae.codes",
        "gpt.final_norm",
        "gen.greedy_codes",
        "gen.eos_codes",
        "samp.probs",
        "lat.greedy",
        "dec.wav",
        "e2e.wav",
        "stream.chunk2",
    ] {
        assert!(compared(stage), "{stage} was not compared");
    }
}
