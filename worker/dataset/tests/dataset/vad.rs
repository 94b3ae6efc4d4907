//! The detector against vectors of the published graph; `reference/vad_golden.py` makes them.

use candle_core::Device;
use kiskadee_dataset::vad::{CHUNK, SpeechDetector};
use safetensors::SafeTensors;

const GOLDEN: &[u8] = include_bytes!("golden/vad.safetensors");

fn golden(name: &str) -> Vec<f32> {
    let file = SafeTensors::deserialize(GOLDEN).unwrap();
    let bytes = file.tensor(name).unwrap().data().chunks_exact(4);
    bytes
        .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
        .collect()
}

fn detector() -> SpeechDetector {
    SpeechDetector::built_in(&Device::Cpu).unwrap()
}

#[test]
fn probabilities_are_those_of_the_published_graph() {
    for name in ["spoken", "noise"] {
        let samples = golden(&format!("{name}.samples"));
        let expected = golden(&format!("{name}.probabilities"));
        let found = detector().probabilities(&samples).unwrap();
        assert_eq!(found.len(), expected.len());
        let differences = found.iter().zip(&expected).map(|(a, b)| (a - b).abs());
        let worst = differences.fold(0.0, f32::max);
        assert!(worst <= 1e-5, "{name}: {worst}");
    }
    let spoken = golden("spoken.probabilities");
    assert!(spoken.iter().any(|p| *p > 0.9) && spoken.iter().any(|p| *p < 0.1));
}

#[test]
fn pieces_and_neighbours_change_not_one_bit() {
    let detector = detector();
    let samples = golden("spoken.samples");
    let whole = detector.probabilities(&samples).unwrap();
    let mut stream = detector.stream();
    let mut pieces = Vec::new();
    for piece in samples.chunks(777) {
        pieces.extend(stream.hear(piece).unwrap());
    }
    pieces.extend(stream.finish().unwrap());
    assert_eq!(pieces, whole);
    let noise = golden("noise.samples");
    let both = detector.probabilities_of(&[&noise, &samples]).unwrap();
    assert_eq!(both[1], whole);
}

#[test]
fn nothing_and_what_is_no_number_are_heard_as_silence() {
    let detector = detector();
    assert!(detector.probabilities(&[]).unwrap().is_empty());
    assert_eq!(detector.probabilities(&[0.1]).unwrap().len(), 1);
    let mut samples = vec![f32::NAN; 3 * CHUNK];
    samples.resize(43 * CHUNK, 0.0);
    let found = detector.probabilities(&samples).unwrap();
    assert!(found.iter().all(|p| *p < 0.1), "{found:?}");
}
