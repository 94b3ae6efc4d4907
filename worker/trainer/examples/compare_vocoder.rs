//! Has flite say the lines of standard input and ours say the same parameters; writes both and tells how they differ:
//! `compare_vocoder slt|rms|awb OUT_DIR < TEXTS`.

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs, io};

use kiskadee_trainer::teacher::{FliteUtterance, FliteVoice, flite};
use kiskadee_voice::vocoder::Vocoder;
use kiskadee_voice::{HOP, SAMPLE_RATE};

/// Frames quieter than this (RMS) are not compared.
const QUIET: f32 = 0.003;

#[derive(Default)]
struct Comparison {
    blocks: usize,
    difference: f64,
    squares: f64,
    spent: Duration,
    samples: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [voice, out] = arguments.as_slice() else {
        return Err("usage: compare_vocoder slt|rms|awb OUT_DIR < TEXTS".into());
    };
    let voice = FliteVoice::ALL.into_iter().find(|v| v.name() == voice);
    let voice = voice.ok_or("flite's voices are slt, rms and awb")?;
    let out = Path::new(out);
    for folder in ["teacher", "ours"] {
        fs::create_dir_all(out.join(folder))?;
    }
    let texts: Vec<String> = io::stdin().lines().collect::<Result<_, _>>()?;
    let mut said = Vec::new();
    flite(&out.join("cache"), voice, &texts, true, &mut |utterance| {
        said.push(utterance);
    })?;
    let mut comparison = Comparison::default();
    for utterance in &said {
        let name = format!("{:03}.wav", utterance.text);
        let ours = comparison.add(utterance);
        write(&out.join("teacher").join(&name), &utterance.samples)?;
        write(&out.join("ours").join(&name), &ours)?;
    }
    comparison.print();
    Ok(())
}

impl Comparison {
    fn add(&mut self, utterance: &FliteUtterance) -> Vec<i16> {
        let start = Instant::now();
        let ours = Vocoder::new().synthesize(&utterance.frames);
        self.spent += start.elapsed();
        self.samples += ours.len();
        let teacher: Vec<f32> = utterance
            .samples
            .iter()
            .map(|v| f32::from(*v) / 32_768.0)
            .collect();
        // The teacher's vocoder says nothing before its second frame.
        let blocks = ours[HOP..].chunks(4 * HOP).zip(teacher.chunks(4 * HOP));
        for (ours, teacher) in blocks {
            let (a, b) = (rms(ours), rms(teacher));
            if b > QUIET {
                let decibels = f64::from(20.0 * (a / b).log10());
                self.blocks += 1;
                self.difference += decibels;
                self.squares += decibels * decibels;
            }
        }
        let narrow = |v: f32| (v * 32_767.0) as i16;
        ours.into_iter().map(narrow).collect()
    }

    fn print(&self) {
        let mean = self.difference / self.blocks as f64;
        let deviation = (self.squares / self.blocks as f64 - mean * mean).sqrt();
        let seconds = self.samples as f64 / f64::from(SAMPLE_RATE);
        println!(
            "level against the teacher's in {} blocks of 20 ms: {mean:+.2} dB, deviation {deviation:.2} dB",
            self.blocks
        );
        println!(
            "real-time factor {:.4} over {seconds:.0} s",
            self.spent.as_secs_f64() / seconds
        );
    }
}

fn rms(samples: &[f32]) -> f32 {
    (samples.iter().map(|v| v * v).sum::<f32>() / samples.len() as f32).sqrt()
}

fn write(path: &Path, samples: &[i16]) -> Result<(), hound::Error> {
    let form = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, form)?;
    samples.iter().try_for_each(|v| writer.write_sample(*v))?;
    writer.finalize()
}
