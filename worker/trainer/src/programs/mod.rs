//! The teachers that there are: flite's parametric voices for English, espeak-ng's for Portuguese.

mod english;
mod portuguese;

use std::path::PathBuf;

use kiskadee_text::Language;
use kiskadee_voice::FRAME_SECONDS;

use crate::TrainError;
use crate::corpus::Recording;
use crate::teacher::{FliteVoice, espeak, flite};
use crate::voice::{TeacherVoice, Teachers};

/// Voices of espeak-ng: what they are called here, and there.
const PORTUGUESE: [(&str, &str); 2] = [("tiago", "pt-br"), ("lia", "pt-br+f2")];
/// Words of lists that sentences are made of.
const WORD_LETTERS: std::ops::RangeInclusive<usize> = 3..=11;

/// Speech programs of this machine.
#[derive(Debug, Clone)]
pub struct SpeechPrograms {
    /// Where what is compiled for them is kept.
    pub cache: PathBuf,
    /// A list of words for each language, one in a line.
    pub word_lists: Vec<(Language, PathBuf)>,
}

impl SpeechPrograms {
    /// With the word lists of Debian's `wamerican` and `wbrazilian`.
    pub fn new(cache: PathBuf) -> Self {
        let list = |name: &str| PathBuf::from("/usr/share/dict").join(name);
        let word_lists = vec![
            (Language::English, list("american-english")),
            (Language::Portuguese, list("brazilian")),
        ];
        Self { cache, word_lists }
    }
}

impl Teachers for SpeechPrograms {
    fn voices(&self) -> Vec<TeacherVoice> {
        let english = FliteVoice::ALL.map(|voice| TeacherVoice {
            name: voice.name().to_owned(),
            language: Language::English,
            // Beyond these a voice sounds like no speaker that there could be.
            warps: if voice == FliteVoice::Slt {
                (-0.10, 0.05)
            } else {
                (-0.05, 0.10)
            },
        });
        let portuguese = PORTUGUESE.map(|(name, _)| TeacherVoice {
            name: name.to_owned(),
            language: Language::Portuguese,
            warps: (-0.05, 0.05),
        });
        english.into_iter().chain(portuguese).collect()
    }

    fn words(&self, language: Language) -> Result<Vec<String>, TrainError> {
        let mut words = Vec::new();
        for (_, path) in self.word_lists.iter().filter(|(of, _)| *of == language) {
            let text = std::fs::read_to_string(path).map_err(TrainError::file(path))?;
            let plain = text.lines().filter(|word| {
                WORD_LETTERS.contains(&word.chars().count()) && word.chars().all(char::is_lowercase)
            });
            words.extend(plain.map(str::to_owned));
        }
        Ok(words)
    }

    fn record(&self, voice: &TeacherVoice, texts: &[String]) -> Result<Vec<Recording>, TrainError> {
        let mut recordings = Vec::new();
        match voice.language {
            Language::English => {
                let known = FliteVoice::ALL
                    .into_iter()
                    .find(|known| known.name() == voice.name);
                let known = known.ok_or_else(|| unknown(voice))?;
                flite(&self.cache, known, texts, false, &mut |utterance| {
                    recordings.extend(english::recording(utterance, texts));
                })?;
            }
            Language::Portuguese => {
                let known = PORTUGUESE.iter().find(|(name, _)| *name == voice.name);
                let (_, known) = known.ok_or_else(|| unknown(voice))?;
                espeak(&self.cache, known, texts, &mut |utterance| {
                    recordings.extend(portuguese::recording(&utterance, texts));
                })?;
            }
        }
        Ok(recordings)
    }
}

fn unknown(voice: &TeacherVoice) -> TrainError {
    TrainError::Options(format!("there is no teacher {}", voice.name))
}

fn frame_at(seconds: f32, total: usize) -> u32 {
    ((seconds / FRAME_SECONDS).round() as u32).min(total as u32)
}

/// The frames between ends; the last phone takes what is left.
fn durations(ends: impl ExactSizeIterator<Item = u32>, total: usize) -> Vec<u32> {
    let last = ends.len().saturating_sub(1);
    let mut before = 0;
    let lengths = ends.enumerate().map(|(index, end)| {
        let end = if index == last {
            total as u32
        } else {
            end.max(before)
        };
        end - std::mem::replace(&mut before, end)
    });
    lengths.collect()
}
