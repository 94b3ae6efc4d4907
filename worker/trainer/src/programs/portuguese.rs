//! What espeak-ng said, as a recording: its waveform is analysed.

use kiskadee_text::Language;
use kiskadee_voice::analysis::analyze;
use kiskadee_voice::pronunciation::{Sound, stresses};
use kiskadee_voice::resample::resample;
use kiskadee_voice::{Phone, PhoneToken, SAMPLE_RATE, Stress};

use super::{durations, frame_at};
use crate::corpus::Recording;
use crate::teacher::{EspeakPhone, EspeakUtterance};
use crate::texts::sentence_kind;

/// Silence before and after what espeak-ng says, in seconds; flite's is about as long.
const SILENCE: f32 = 0.15;
/// Phones without voice, in which analysis now and then finds a pitch of noise.
const VOICELESS: [&str; 9] = ["p", "t", "k", "f", "s", "S", "tS", "x", "_"];
/// Of ln f0 from its median; the program's own melody stays within half of it.
const FARTHEST_PITCH: f32 = 0.5;

/// None if a phone is none of ours or the samples cannot be analysed.
pub(super) fn recording(utterance: &EspeakUtterance, texts: &[String]) -> Option<Recording> {
    let spoken = Spoken::new(utterance)?;
    let mut frames = analyze(&spoken.samples(utterance)?);
    let ends = spoken
        .ends
        .iter()
        .map(|seconds| frame_at(*seconds, frames.len()));
    let durations = durations(ends, frames.len());
    silence_strays(&mut frames.f0, &spoken.tokens, &durations);
    let kind = sentence_kind(texts.get(utterance.text)?);
    Some(Recording {
        tokens: spoken.tokens,
        durations,
        kind,
        frames,
    })
}

/// Takes the pitch from frames that have none.
fn silence_strays(f0: &mut [f32], tokens: &[PhoneToken], durations: &[u32]) {
    let voiceless = VOICELESS.map(|name| Phone::named(Language::Portuguese, name));
    let mut frame = 0;
    for (token, frames) in tokens.iter().zip(durations) {
        let end = frame + *frames as usize;
        if voiceless.contains(&Some(token.phone)) {
            f0[frame..end].fill(0.0);
        }
        frame = end;
    }
    let mut voiced: Vec<f32> = f0.iter().copied().filter(|f0| *f0 > 0.0).collect();
    voiced.sort_by(f32::total_cmp);
    let Some(median) = voiced.get(voiced.len() / 2).copied() else {
        return;
    };
    for f0 in f0.iter_mut().filter(|f0| **f0 > 0.0) {
        if (*f0 / median).ln().abs() > FARTHEST_PITCH {
            *f0 = 0.0;
        }
    }
}

/// Phones with silence around them, and where each ends in seconds.
struct Spoken {
    tokens: Vec<PhoneToken>,
    ends: Vec<f32>,
}

impl Spoken {
    fn new(utterance: &EspeakUtterance) -> Option<Self> {
        let rate = utterance.sample_rate as f32;
        let starts = utterance
            .phones
            .iter()
            .map(|phone| phone.start_sample as f32 / rate);
        let end = utterance.samples.len() as f32 / rate;
        let ends = starts.skip(1).chain([end]);
        let mut spoken = Self {
            tokens: vec![silence()],
            ends: vec![SILENCE],
        };
        for (token, end) in tokens(&utterance.phones)?.into_iter().zip(ends) {
            spoken.push(token, SILENCE + end);
        }
        spoken.end_in_silence();
        Some(spoken)
    }

    /// Silences that follow one another are one.
    fn push(&mut self, token: PhoneToken, end: f32) {
        match (self.tokens.last(), self.ends.last_mut()) {
            (Some(last), Some(last_end)) if last.phone.is_silence() && token.phone.is_silence() => {
                *last_end = end;
            }
            _ => {
                self.tokens.push(token);
                self.ends.push(end);
            }
        }
    }

    fn end_in_silence(&mut self) {
        let ends_in_silence = self
            .tokens
            .last()
            .is_some_and(|token| token.phone.is_silence());
        if ends_in_silence {
            self.tokens.pop();
            self.ends.pop();
        }
        let end = self.ends.last().copied().unwrap_or_default();
        self.tokens.push(silence());
        self.ends.push(end + SILENCE);
    }

    /// What espeak-ng said at 16 kHz, within ±1, with these silences around it. None at a rate that it never has.
    fn samples(&self, utterance: &EspeakUtterance) -> Option<Vec<f32>> {
        let said: Vec<f32> = utterance
            .samples
            .iter()
            .map(|sample| f32::from(*sample) / 32768.0)
            .collect();
        let mut samples = vec![0f32; (SILENCE * SAMPLE_RATE as f32) as usize];
        samples.extend(resample(&said, utterance.sample_rate, SAMPLE_RATE).ok()?);
        let total = self.ends.last().copied().unwrap_or_default() * SAMPLE_RATE as f32;
        samples.resize(total as usize, 0.0);
        Some(samples)
    }
}

fn silence() -> PhoneToken {
    PhoneToken {
        phone: Phone::SILENCE,
        stress: Stress::None,
        word: None,
        seconds: None,
    }
}

/// The phones with the stress of their syllables, as the product pronounces words. None if a phone is none of ours.
fn tokens(phones: &[EspeakPhone]) -> Option<Vec<PhoneToken>> {
    let sound = |phone: &EspeakPhone| {
        let named = Phone::named(Language::Portuguese, &phone.name)?;
        Some(Sound::new(named, phone.stress == 1))
    };
    let mut tokens = Vec::with_capacity(phones.len());
    for word in phones.chunk_by(|a, b| a.word == b.word) {
        let sounds = word.iter().map(sound).collect::<Option<Vec<Sound>>>()?;
        let stresses = stresses(Language::Portuguese, &sounds);
        tokens.extend(
            word.iter()
                .zip(sounds)
                .zip(stresses)
                .map(|((phone, sound), stress)| {
                    let phone_of_word = sound.phone();
                    PhoneToken {
                        phone: phone_of_word,
                        stress,
                        word: phone.word.filter(|_| !phone_of_word.is_silence()),
                        seconds: None,
                    }
                }),
        );
    }
    Some(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_no_pitch() {
        let token = |name| PhoneToken {
            phone: Phone::named(Language::Portuguese, name).unwrap(),
            ..silence()
        };
        let mut f0 = [120.0, 118.0, 480.0, 121.0, 110.0, 0.0];
        silence_strays(&mut f0, &[token("a"), token("s"), silence()], &[4, 1, 1]);
        let voiced = f0.map(|f0| f0 > 0.0);
        assert_eq!(voiced, [true, true, false, true, false, false]);
    }
}
