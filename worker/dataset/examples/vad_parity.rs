//! Compares the detector with golden vectors: `NAME.samples` and `NAME.probabilities` in a safetensors file.
//!
//! `cargo run --release -p kiskadee-dataset --example vad_parity -- golden.safetensors`

use std::{env, error::Error, fs, process::ExitCode};

use candle_core::Device;
use kiskadee_dataset::vad::SpeechDetector;
use safetensors::SafeTensors;

const MOST: f32 = 1e-5;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("give a safetensors file")?;
    let bytes = fs::read(path)?;
    let file = SafeTensors::deserialize(&bytes)?;
    let detector = SpeechDetector::built_in(&Device::Cpu)?;
    let mut is_good = true;
    for name in file.names() {
        let Some(name) = name.strip_suffix(".samples") else {
            continue;
        };
        let found = detector.probabilities(&values(&file, &format!("{name}.samples"))?)?;
        let expected = values(&file, &format!("{name}.probabilities"))?;
        let differences = found.iter().zip(&expected).map(|(a, b)| (a - b).abs());
        let worst = differences.fold(0.0, f32::max);
        is_good &= worst <= MOST && found.len() == expected.len();
        println!("{name}: {} probabilities, worst {worst:.1e}", found.len());
    }
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn values(file: &SafeTensors<'_>, name: &str) -> Result<Vec<f32>, Box<dyn Error>> {
    let values = file.tensor(name)?.data().chunks_exact(4);
    let values = values.map(|bytes| Ok(f32::from_le_bytes(bytes.try_into()?)));
    values.collect()
}
