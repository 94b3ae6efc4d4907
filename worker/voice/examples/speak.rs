//! Speaks each line of standard input into a file of 16-bit samples: `speak VOICE OUT_DIR`, giving `000.wav`, `001.wav`, …

use std::{env, fs, io, path::Path, process::ExitCode, time::Instant};

use candle_core::Device;
use kiskadee_text::{Language, normalize};
use kiskadee_voice::{Line, SAMPLE_RATE, Synthesizer, vocoder::Vocoder};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [voice, out] = arguments.as_slice() else {
        return Err("usage: speak VOICE OUT_DIR < TEXT".into());
    };
    let loading = Instant::now();
    let synthesizer = Synthesizer::built_in(&Device::Cpu)?;
    eprintln!("loaded in {:.1} ms", loading.elapsed().as_secs_f64() * 1e3);
    let voice = synthesizer.model().voice(voice)?;
    let language = Language::from_tag(&voice.language).ok_or("the voice has no language")?;
    let (mut samples_made, speaking) = (0, Instant::now());
    for (index, line) in io::stdin().lines().enumerate() {
        let mut vocoder = Vocoder::new();
        let mut samples = Vec::new();
        for sentence in &normalize(&line?, language) {
            let line = Line {
                sentence,
                language,
                speaker: voice.speaker()?,
                rate: 1.0,
            };
            for spoken in synthesizer.synthesize(&[line])? {
                samples.extend(vocoder.synthesize(&spoken.frames));
            }
        }
        samples_made += samples.len();
        write_wav(&Path::new(out).join(format!("{index:03}.wav")), &samples)?;
    }
    let made = samples_made as f64 / f64::from(SAMPLE_RATE);
    eprintln!(
        "{made:.1} s of speech, {:.0} times real time",
        made / speaking.elapsed().as_secs_f64()
    );
    Ok(())
}

fn write_wav(path: &Path, samples: &[f32]) -> io::Result<()> {
    let bytes = samples.len() as u32 * 2;
    let mut file = Vec::with_capacity(44 + bytes as usize);
    file.extend(b"RIFF");
    file.extend((bytes + 36).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend([1, 0, 1, 0]);
    file.extend(SAMPLE_RATE.to_le_bytes());
    file.extend((SAMPLE_RATE * 2).to_le_bytes());
    file.extend([2, 0, 16, 0]);
    file.extend(b"data");
    file.extend(bytes.to_le_bytes());
    file.extend(
        samples
            .iter()
            .flat_map(|sample| ((sample * 32_767.0) as i16).to_le_bytes()),
    );
    fs::write(path, file)
}
