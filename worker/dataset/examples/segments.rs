//! Where somebody speaks in WAV files of 16 kHz and one channel, and how they would be cut; a line of JSON for each file.
//!
//! `cargo run --release -p kiskadee-dataset --example segments -- a.wav b.wav`

use std::{env, error::Error};

use candle_core::Device;
use kiskadee_dataset::segment::{SegmentOptions, segments};
use kiskadee_dataset::vad::{RegionOptions, SpeechDetector, regions};

fn main() -> Result<(), Box<dyn Error>> {
    let detector = SpeechDetector::built_in(&Device::Cpu)?;
    for path in env::args().skip(1) {
        let samples: Vec<f32> = hound::WavReader::open(&path)?
            .samples::<i16>()
            .map(|sample| Ok(f32::from(sample?) / 32768.0))
            .collect::<Result<_, hound::Error>>()?;
        let probabilities = detector.probabilities(&samples)?;
        let spoken = regions(&probabilities, samples.len(), &RegionOptions::default())?;
        let cut = segments(&samples, &probabilities, &SegmentOptions::default())?;
        let spoken: Vec<_> = spoken
            .iter()
            .map(|r| format!("[{},{}]", r.start, r.end))
            .collect();
        let cut: Vec<_> = cut
            .iter()
            .map(|s| format!("[{},{},{}]", s.range.start, s.range.end, s.is_too_short))
            .collect();
        println!(
            "{{\"regions\":[{}],\"segments\":[{}]}}",
            spoken.join(","),
            cut.join(",")
        );
    }
    Ok(())
}
