//! `vocode DIR OUT_DIR`: what analysis and vocoder leave of the recordings in DIR (WAV, mono, 16 bits), the most that a voice can sound like.

use std::error::Error;
use std::fs;
use std::path::Path;

use kiskadee_voice::SAMPLE_RATE;
use kiskadee_voice::analysis::analyze;
use kiskadee_voice::resample::resample;
use kiskadee_voice::vocoder::Vocoder;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, out] = &arguments[..] else {
        return Err("usage: vocode DIR OUT_DIR".into());
    };
    fs::create_dir_all(out)?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if let Some(name) = path
            .file_name()
            .filter(|_| path.extension().is_some_and(|e| e == "wav"))
        {
            vocode(&path, &Path::new(out).join(name))?;
        }
    }
    Ok(())
}

fn vocode(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    let mut reader = hound::WavReader::open(from)?;
    let rate = reader.spec().sample_rate;
    let samples = reader
        .samples::<i16>()
        .map(|sample| sample.map(|s| f32::from(s) / 32_768.0));
    let samples = resample(
        &samples.collect::<Result<Vec<f32>, _>>()?,
        rate,
        SAMPLE_RATE,
    )?;
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(to, spec)?;
    for sample in Vocoder::new().synthesize(&analyze(&samples)) {
        writer.write_sample((sample * 32_767.0) as i16)?;
    }
    Ok(writer.finalize()?)
}
