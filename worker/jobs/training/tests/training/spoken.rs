//! Clips of which everything is known: what a built-in voice says.

use std::sync::LazyLock;

use candle_core::Device;
use kiskadee_pronunciation::Pronouncer;
use kiskadee_text::{Language, normalize};
use kiskadee_trainer::texts::training_texts;
use kiskadee_voice::{
    SAMPLE_RATE,
    acoustic::{AcousticModel, SentenceKind, Utterance},
    vocoder::Vocoder,
};

/// A sentence and how it sounds, as a WAV file.
pub(crate) struct Clip {
    pub(crate) text: &'static str,
    pub(crate) wav: Vec<u8>,
    pub(crate) seconds: f64,
}

/// Enough to train with: somewhat more than a minute.
pub(crate) static CLIPS: LazyLock<Vec<Clip>> = LazyLock::new(|| speak(26));

fn speak(count: usize) -> Vec<Clip> {
    let model = AcousticModel::built_in(&Device::Cpu).unwrap();
    let speaker = model.voice("swift").unwrap().speaker().unwrap();
    let pronouncer = Pronouncer::built_in(Language::English).unwrap();
    let said = training_texts(Language::English).filter_map(|text| {
        let [sentence] = &normalize(text, Language::English)[..] else {
            return None;
        };
        let tokens = pronouncer.pronounce(sentence).unwrap();
        let utterance = Utterance {
            tokens: &tokens,
            language: Language::English,
            kind: SentenceKind::Statement,
            speaker,
            rate: 1.0,
            pitch_shift: 0.0,
            controls: &[],
        };
        let spoken = model.synthesize(&[utterance]).unwrap().remove(0);
        let samples = Vocoder::new().synthesize(&spoken.frames);
        Some(Clip {
            text,
            seconds: samples.len() as f64 / f64::from(SAMPLE_RATE),
            wav: wav(&samples),
        })
    });
    said.take(count).collect()
}

pub(crate) fn wav(samples: &[f32]) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    for sample in samples {
        writer
            .write_sample((sample.clamp(-1.0, 1.0) * 32_767.0) as i16)
            .unwrap();
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}
