//! Every stage beside the reference's.

use candle_core::Device;
use kiskadee_rvc::parity::{Comparison, compare};

#[test]
fn all_stages_are_the_references() {
    let mut comparisons: Vec<Comparison> = Vec::new();
    let mut keep = |comparison: &Comparison| comparisons.push(comparison.clone());
    compare(&crate::golden(""), &Device::Cpu, &mut keep).unwrap();
    let failed: Vec<_> = comparisons.iter().filter(|stage| !stage.passed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    for stage in [
        "hub.v1 (hubert_fairseq.pt)",
        "hub.v2 (hubert_fairseq.pt)",
        "rmvpe.mel",
        "rmvpe.gru",
        "rmvpe.salience",
        "rmvpe.f0",
        "coarse.out",
        "syn.40k.z_p",
        "syn.40k.z",
        "syn.40k.wav",
        "index.vectors",
        "index.ids",
        "index.mix",
        "index.few.ids",
        "highpass",
    ] {
        let compared = comparisons.iter().any(|found| found.stage == stage);
        assert!(compared, "{stage} was not compared");
    }
}
