//! Recordings of which everything is known: what the built-in voices say.

use candle_core::Device;
use kiskadee_pronunciation::Pronouncer;
use kiskadee_text::{Language, normalize};
use kiskadee_trainer::texts::training_texts;
use kiskadee_voice::acoustic::{AcousticModel, SentenceKind, Utterance};
use kiskadee_voice::vocoder::Vocoder;

/// A sentence, how it sounds at 16 kHz, and its phones with their lengths in frames of 5 ms.
pub(crate) struct Spoken {
    pub(crate) text: &'static str,
    pub(crate) samples: Vec<f32>,
    pub(crate) tokens: Vec<kiskadee_pronunciation::PhoneToken>,
    pub(crate) durations: Vec<u32>,
}

/// The first `count` texts that are one sentence, by the voice `id`.
pub(crate) fn speak(id: &str, language: Language, count: usize) -> Vec<Spoken> {
    let model = AcousticModel::built_in(&Device::Cpu).unwrap();
    let speaker = model.voice(id).unwrap().speaker().unwrap();
    let pronouncer = Pronouncer::built_in(language).unwrap();
    let said = training_texts(language).filter_map(|text| {
        let [sentence] = &normalize(text, language)[..] else {
            return None;
        };
        let tokens = pronouncer.pronounce(sentence).unwrap();
        let utterance = Utterance {
            tokens: &tokens,
            language,
            kind: SentenceKind::Statement,
            speaker,
            rate: 1.0,
            pitch_shift: 0.0,
            controls: &[],
        };
        let spoken = model.synthesize(&[utterance]).unwrap().remove(0);
        Some(Spoken {
            text,
            samples: Vocoder::new().synthesize(&spoken.frames),
            durations: spoken.durations,
            tokens,
        })
    });
    said.take(count).collect()
}
