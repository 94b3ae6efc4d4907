//! Prints the measures of WAV files of one channel and 16 bits as JSON, with the reasons that follow and the time that it took: `measures WAV...`

use std::{env, error::Error, time::Instant};

use kiskadee_dataset::measures::{Bounds, measure, reasons};

fn main() -> Result<(), Box<dyn Error>> {
    for path in env::args().skip(1) {
        let mut file = hound::WavReader::open(&path)?;
        let rate = file.spec().sample_rate;
        let samples: Vec<f32> = file
            .samples::<i16>()
            .map(|sample| Ok(f32::from(sample?) / 32_768.0))
            .collect::<Result<_, hound::Error>>()?;
        let start = Instant::now();
        let measures = measure(&samples, rate)?;
        let share = start.elapsed().as_secs_f64() / measures.seconds;
        let reasons = reasons(&measures, None, &Bounds::default());
        println!("{path}: {}", serde_json::to_string(&measures)?);
        println!(
            "{} ({:.3} % of real time)",
            serde_json::to_string(&reasons)?,
            100.0 * share
        );
    }
    Ok(())
}
