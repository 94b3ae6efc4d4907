//! Hears a tuned voice before anyone else does.

use candle_core::Device;
use kiskadee_text::{Language, normalize};
use kiskadee_voice::{
    Line, SAMPLE_RATE, SpokenLine, Synthesizer, VocoderFrames, loudness, vocoder::Vocoder,
};
use serde::Serialize;

use super::{
    NAME,
    gains::sample,
    models::Model,
    tuned, unavailable,
    voices::{damaged, tag},
};
use crate::SpeechError;

/// Letters, spaces counted, that anyone says in a second.
const LETTERS_PER_SECOND: std::ops::RangeInclusive<f64> = 4.0..=35.0;
/// LUFS before voices are made equally loud; what is fainter is noise at best.
const FAINTEST: f32 = -60.0;
/// Of all frames; the built-in voices have 0.6 to 0.8.
const VOICED: std::ops::RangeInclusive<f32> = 0.2..=0.98;

/// What a tuned voice is like.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Audition {
    /// Of its weights, in hexadecimal digits.
    pub sha256: String,
    /// The tag of the language that it is at home in.
    pub language: String,
    /// Of the sentence that it spoke.
    pub seconds: f64,
    /// Before all voices are made equally loud.
    pub lufs: f32,
    /// Its median in Hz.
    pub pitch: f32,
    /// Of all frames.
    pub voiced_share: f32,
}

/// Has a tuned voice speak a sentence of its language. Blocks for a tenth of a second or so.
///
/// Fails with [`SpeechError::Reject`] and the reason where `weights` are none of a tuned voice, or where what they say is no speech: silence,
/// no voice, or a length that no speech has.
pub fn audition(weights: &[u8]) -> Result<Audition, SpeechError> {
    let base = Model {
        name: NAME.to_owned(),
        synthesizer: Synthesizer::built_in(&Device::Cpu).map_err(unavailable)?,
    };
    let model = tuned::load(weights, &base)?;
    let home = model.model().voices().first().map(|v| v.language.as_str());
    let home = home.unwrap_or_default();
    let language = Language::from_tag(home)
        .ok_or_else(|| damaged(&format!("it speaks `{home}`, not en or pt-br")))?;
    let frames = speak(&model, language)?;
    let samples = Vocoder::new().synthesize(&frames);
    let heard = Audition {
        sha256: tuned::hash(weights),
        language: tag(language).to_owned(),
        seconds: samples.len() as f64 / f64::from(SAMPLE_RATE),
        lufs: loudness::integrated(&samples, SAMPLE_RATE).unwrap_or(f32::NEG_INFINITY),
        pitch: median_pitch(&frames),
        voiced_share: voiced_share(&frames),
    };
    heard.check(sample(language))?;
    Ok(heard)
}

fn speak(model: &Synthesizer, language: Language) -> Result<VocoderFrames, SpeechError> {
    let speaker = tuned::speaker(model.model())?;
    let sentences = normalize(sample(language), language);
    let lines: Vec<Line<'_>> = sentences
        .iter()
        .map(|sentence| Line {
            sentence,
            language,
            speaker,
            rate: 1.0,
        })
        .collect();
    let spoken = model
        .synthesize(&lines)
        .map_err(|error| refuse(&format!("it cannot speak: {error}")))?;
    let mut all = VocoderFrames::default();
    for SpokenLine { frames, .. } in spoken {
        all.f0.extend(frames.f0);
        all.mel_cepstrum.extend(frames.mel_cepstrum);
        all.strengths.extend(frames.strengths);
    }
    Ok(all)
}

fn refuse(why: &str) -> SpeechError {
    SpeechError::Reject(format!("the tuned voice does not speak: {why}"))
}

impl Audition {
    fn check(&self, text: &str) -> Result<(), SpeechError> {
        let pace = text.chars().count() as f64 / self.seconds.max(1e-3);
        if !LETTERS_PER_SECOND.contains(&pace) {
            let seconds = self.seconds;
            return Err(refuse(&format!(
                "it says a sentence in {seconds:.1} s, {pace:.0} letters a second"
            )));
        }
        if self.lufs < FAINTEST {
            return Err(refuse(&format!("it is silent ({:.0} LUFS)", self.lufs)));
        }
        if !VOICED.contains(&self.voiced_share) {
            return Err(refuse(&format!(
                "{:.0} % of what it says is voiced",
                100.0 * self.voiced_share
            )));
        }
        Ok(())
    }
}

fn voiced_share(frames: &VocoderFrames) -> f32 {
    let voiced = frames.f0.iter().filter(|f0| **f0 > 0.0).count();
    voiced as f32 / frames.len().max(1) as f32
}

fn median_pitch(frames: &VocoderFrames) -> f32 {
    let mut voiced: Vec<f32> = frames.f0.iter().copied().filter(|f0| *f0 > 0.0).collect();
    voiced.sort_by(f32::total_cmp);
    voiced.get(voiced.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut Audition)) -> String {
        let mut heard = Audition {
            sha256: String::new(),
            language: "en".to_owned(),
            seconds: 6.0,
            lufs: -25.0,
            pitch: 120.0,
            voiced_share: 0.7,
        };
        let text = sample(Language::English);
        assert!(heard.check(text).is_ok());
        change(&mut heard);
        heard.check(text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_speech_is_refused_with_a_reason() {
        assert!(refused(|heard| heard.seconds = 0.5).contains("letters a second"));
        assert!(refused(|heard| heard.seconds = 90.0).contains("90.0 s"));
        assert!(refused(|heard| heard.lufs = f32::NEG_INFINITY).contains("silent"));
        assert!(refused(|heard| heard.voiced_share = 0.05).contains("5 %"));
    }
}
