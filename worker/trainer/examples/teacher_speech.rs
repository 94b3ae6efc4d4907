//! `teacher_speech MODEL VOICE OUT_DIR < TEXT`: what a teacher says of each line, as `000.wav`, `001.wav`, …, through the phones of the
//! product's pronouncer.

use std::error::Error;
use std::io::stdin;
use std::path::PathBuf;

use kiskadee_kokoro::SAMPLE_RATE;
use kiskadee_text::Language;
use kiskadee_trainer::teacher::kokoro::KokoroTeacher;
use kiskadee_trainer::voice::TeacherVoice;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, voice, out] = &arguments[..] else {
        return Err("usage: teacher_speech MODEL VOICE OUT_DIR < TEXT".into());
    };
    let teacher = KokoroTeacher {
        model: Some(PathBuf::from(model)),
        cache: PathBuf::from(out).join("speech"),
    };
    // Kokoro's voices of Portuguese begin with a p, those of English with an a or a b.
    let language = if voice.starts_with('p') {
        Language::Portuguese
    } else {
        Language::English
    };
    let voice = TeacherVoice {
        name: voice.clone(),
        language,
        warps: (0.0, 0.0),
    };
    let texts: Vec<String> = stdin().lines().collect::<Result<_, _>>()?;
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    for (index, samples) in teacher.say(&voice, &texts)?.into_iter().enumerate() {
        let path = PathBuf::from(out).join(format!("{index:03}.wav"));
        let mut file = hound::WavWriter::create(path, spec)?;
        for sample in samples {
            file.write_sample(sample)?;
        }
        file.finalize()?;
    }
    Ok(())
}
