//! How near voice matching comes: `matching_report OUT_DIR RECORDING.wav SOURCE.wav TARGET.wav`, all mono at 16 kHz with 16 bits. SOURCE and TARGET are
//! other speech of the two voices. Writes what each way makes of the recording into `OUT_DIR`, and a line of JSON for each.

use std::{error::Error, fs, ops::ControlFlow, path::Path};

use kiskadee_voice::{
    MEL_CEPSTRUM, SAMPLE_RATE,
    analysis::analyze,
    matching::{Options, match_recording},
    speaker::Moments,
    vocoder::Vocoder,
};
use serde_json::json;

/// Coefficients that are compared: all but the loudness.
const SIZE: usize = MEL_CEPSTRUM - 1;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [out, recording, source, target] = &arguments[..] else {
        return Err("usage: matching_report OUT_DIR RECORDING.wav SOURCE.wav TARGET.wav".into());
    };
    fs::create_dir_all(out)?;
    let recording = read(recording)?;
    let [source, target] = [source, target].map(|path| described(path));
    let (source, target) = (source?, target?);
    let show = |way: &str, samples: &[f32], cost: f64| {
        write(&Path::new(out).join(format!("{way}.wav")), samples)?;
        report(way, samples, &source, &target, cost)
    };
    show("recording", &recording, 0.0)?;
    let (plain, cost) = timed(|| Vocoder::new().synthesize(&analyze(&recording)));
    show("resynthesis", &plain, cost)?;
    for (way, similarity) in [("spectrum", 0.0), ("half", 0.5), ("full", 1.0)] {
        let options = Options {
            similarity,
            ..Options::default()
        };
        let (made, cost) =
            timed(|| match_recording(&recording, &target, &options, |_| ControlFlow::Continue(())));
        show(way, &made?.0, cost)?;
    }
    Ok(())
}

fn described(path: &str) -> Result<Moments, Box<dyn Error>> {
    Ok(Moments::measure(&analyze(&read(path)?))?)
}

fn report(
    way: &str,
    samples: &[f32],
    source: &Moments,
    target: &Moments,
    cost: f64,
) -> Result<(), Box<dyn Error>> {
    let frames = analyze(samples);
    let found = Moments::measure(&frames)?;
    let loudest = frames
        .mel_cepstrum
        .iter()
        .map(|c| c[0])
        .fold(f32::MIN, f32::max);
    let speech = frames.mel_cepstrum.iter().filter(|c| c[0] > loudest - 3.0);
    let (to, from) = (Gaussian::new(target), Gaussian::new(source));
    let gains: Vec<f64> = speech
        .map(|c| to.log_density(c) - from.log_density(c))
        .collect();
    let line = json!({
        "way": way,
        "f0": found.pitch(),
        "target_f0": target.pitch(),
        "to_target_db": distance(&found, target),
        "to_source_db": distance(&found, source),
        "log_likelihood": gains.iter().sum::<f64>() / gains.len() as f64,
        "cpu_per_second": cost * f64::from(SAMPLE_RATE) / samples.len() as f64,
    });
    println!("{line}");
    Ok(())
}

/// Between mean spectra without loudness, in dB as mel-cepstral distortion is.
fn distance(a: &Moments, b: &Moments) -> f32 {
    let pairs = a.mean.iter().zip(&b.mean).skip(1);
    let squares: f32 = pairs.map(|(a, b)| (a - b).powi(2)).sum();
    10.0 / std::f32::consts::LN_10 * (2.0 * squares).sqrt()
}

/// A speaker's spectra as one Gaussian.
struct Gaussian {
    mean: [f64; SIZE],
    /// Cholesky's factor of the covariance.
    factor: [[f64; SIZE]; SIZE],
}

impl Gaussian {
    fn new(moments: &Moments) -> Self {
        let mut factor = [[0.0; SIZE]; SIZE];
        for row in 0..SIZE {
            for column in 0..=row {
                let done: f64 = (0..column)
                    .map(|k| factor[row][k] * factor[column][k])
                    .sum();
                let value = f64::from(moments.covariance[row + 1][column + 1]) - done;
                factor[row][column] = if row == column {
                    value.max(1e-9).sqrt()
                } else {
                    value / factor[column][column]
                };
            }
        }
        Self {
            mean: std::array::from_fn(|i| f64::from(moments.mean[i + 1])),
            factor,
        }
    }

    /// But for a constant.
    fn log_density(&self, cepstrum: &[f32; MEL_CEPSTRUM]) -> f64 {
        let (mut solved, mut density) = ([0.0; SIZE], 0.0);
        for row in 0..SIZE {
            let done: f64 = (0..row).map(|k| self.factor[row][k] * solved[k]).sum();
            let value = f64::from(cepstrum[row + 1]) - self.mean[row] - done;
            solved[row] = value / self.factor[row][row];
            density -= 0.5 * solved[row].powi(2) + self.factor[row][row].ln();
        }
        density
    }
}

/// The processor time of this thread, in seconds.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let now = || {
        let spent = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        let spent = spent.split(' ').next().and_then(|s| s.parse::<f64>().ok());
        spent.unwrap_or(0.0) * 1e-9
    };
    let start = now();
    let made = work();
    (made, now() - start)
}

fn read(path: &str) -> Result<Vec<f32>, Box<dyn Error>> {
    let mut reader = hound::WavReader::open(path)?;
    let spec = reader.spec();
    if spec.sample_rate != SAMPLE_RATE || spec.channels != 1 || spec.bits_per_sample != 16 {
        return Err(format!("{path}: not mono, 16 bits, 16 kHz").into());
    }
    let samples = reader
        .samples::<i16>()
        .map(|s| s.map(|s| f32::from(s) / 32_768.0));
    Ok(samples.collect::<Result<_, _>>()?)
}

fn write(path: &Path, samples: &[f32]) -> Result<(), Box<dyn Error>> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec)?;
    for sample in samples {
        writer.write_sample((sample * 32_767.0) as i16)?;
    }
    Ok(writer.finalize()?)
}
