//! Who speaks: the model's voices and mixes of them. A voice is a style for each length of a line.

use std::path::Path;

use candle_core::Device;
use kiskadee_checkpoint::{CheckpointError, Weights};

use super::{NAME, languages::Spoken};
use crate::{DEFAULT_VOICE, SpeechError, SpeechRequest, Voice, VoiceKind, VoiceLicence, VoicePart};

/// The file of all voices.
const FILE: &str = "voices.safetensors";
/// Those that sound best, of each language and gender.
const PREFERRED: [&str; 9] = [
    "af_heart",
    "am_michael",
    "bf_emma",
    "bm_fable",
    "ef_dora",
    "ff_siwis",
    "hf_alpha",
    "if_sara",
    "pf_dora",
];
/// Values of the most voices of one mix: what a request can make the engine read.
const MOST_PARTS: usize = 16;

pub(super) struct Voices {
    styles: Weights,
    names: Vec<String>,
    width: usize,
}

/// What a voice speaks with: rows by the length of a line, `[lengths, width]`.
pub(super) struct Style {
    /// The same for the same voice or mix.
    pub(super) key: String,
    values: Vec<f32>,
    width: usize,
}

impl Style {
    /// The row for a line of so many ids.
    pub(super) fn row(&self, ids: usize) -> &[f32] {
        let rows = self.values.len() / self.width.max(1);
        let row = ids.saturating_sub(1).min(rows.saturating_sub(1));
        let begin = row * self.width;
        self.values
            .get(begin..begin + self.width)
            .unwrap_or_default()
    }
}

impl Voices {
    /// The voices of a folder. A model without one that can be spoken here is refused.
    pub(super) fn open(folder: &Path, width: usize) -> Result<Self, SpeechError> {
        let path = folder.join(FILE);
        let unusable = |why: &dyn std::fmt::Display| {
            SpeechError::Unavailable(format!("{}: {why}", path.display()))
        };
        let styles = Weights::open(&path, &Device::Cpu).map_err(|error| unusable(&error))?;
        let mut names = styles.names();
        names.sort_by_key(|name| {
            let preferred = PREFERRED.iter().position(|known| known == name);
            (preferred.unwrap_or(PREFERRED.len()), name.clone())
        });
        for name in &names {
            let shape = styles.shape(name).map_err(|error| unusable(&error))?;
            if shape.len() != 2 || shape.first() == Some(&0) || shape.get(1) != Some(&width) {
                let why = format!(
                    "the voice {name} has the shape {shape:?}, expected [510, {width}]: it is of another version of the model"
                );
                return Err(unusable(&why));
            }
        }
        let unspoken = names.iter().filter(|name| Spoken::of_voice(name).is_none());
        let unspoken: Vec<&str> = unspoken.map(String::as_str).collect();
        if !unspoken.is_empty() {
            let voices = unspoken.join(", ");
            tracing::info!(
                voices,
                "voices of languages that cannot be read here are left out"
            );
        }
        names.retain(|name| Spoken::of_voice(name).is_some());
        if names.is_empty() {
            return Err(unusable(&"holds no voice of a language that can be spoken"));
        }
        Ok(Self {
            styles,
            names,
            width,
        })
    }

    pub(super) fn announce(&self, spoken: &[Spoken], licence: &VoiceLicence) -> Vec<Voice> {
        let voices = self.names.iter().filter_map(|name| {
            let language = Spoken::of_voice(name).filter(|language| spoken.contains(language))?;
            Some(Voice {
                id: id(name),
                engine: NAME.to_owned(),
                name: title(name, language),
                kind: VoiceKind::Builtin,
                languages: language
                    .tags()
                    .iter()
                    .map(|tag| (*tag).to_owned())
                    .collect(),
                licence: Some(licence.clone()),
            })
        });
        voices.collect()
    }

    /// The languages that voices are of.
    pub(super) fn languages(&self) -> Vec<Spoken> {
        let all = Spoken::ALL.into_iter();
        let with_voice = all.filter(|language| self.first(*language).is_some());
        with_voice.collect()
    }

    fn first(&self, language: Spoken) -> Option<&str> {
        let mut names = self.names.iter().map(String::as_str);
        names.find(|name| Spoken::of_voice(name) == Some(language))
    }

    /// The voice that a request means, never [`DEFAULT_VOICE`], and how it speaks.
    pub(super) fn find(
        &self,
        request: &SpeechRequest,
        language: Spoken,
    ) -> Result<(String, Style), SpeechError> {
        if !request.parts.is_empty() {
            return Ok((request.voice.clone(), self.mix(&request.parts)?));
        }
        let name = match request.voice.as_str() {
            DEFAULT_VOICE => self
                .first(language)
                .or_else(|| self.names.first().map(String::as_str)),
            id => Some(self.named(id)?),
        };
        let name = name.ok_or_else(|| self.unknown(&request.voice))?;
        let style = Style {
            key: id(name),
            values: self.values(name)?,
            width: self.width,
        };
        Ok((id(name), style))
    }

    /// The weighted mean of voices, row by row.
    fn mix(&self, parts: &[VoicePart]) -> Result<Style, SpeechError> {
        if parts.len() > MOST_PARTS {
            return Err(SpeechError::Reject(format!(
                "a voice can be mixed of at most {MOST_PARTS}, not {}",
                parts.len()
            )));
        }
        let total: f32 = parts.iter().map(|part| part.weight).sum();
        let mut mixed: Vec<f32> = Vec::new();
        let mut key = String::from("mix");
        for VoicePart {
            voice,
            weight,
            conditioning,
        } in parts
        {
            if !weight.is_finite() || *weight <= 0.0 || !total.is_finite() {
                return Err(SpeechError::Reject(format!(
                    "the weight of a voice must be over 0, not {weight}"
                )));
            }
            if conditioning.is_some() {
                return Err(SpeechError::Reject(format!(
                    "the engine {NAME} cannot take voices from recordings; mix its own"
                )));
            }
            let name = self.named(voice)?;
            let share = weight / total;
            key.push_str(&format!(" {share} {name}"));
            let values = self.values(name)?;
            let rows = values.len().min(if mixed.is_empty() {
                values.len()
            } else {
                mixed.len()
            });
            mixed.resize(rows, 0.0);
            let pairs = mixed.iter_mut().zip(values);
            pairs.for_each(|(sum, value)| *sum += share * value);
        }
        Ok(Style {
            key,
            values: mixed,
            width: self.width,
        })
    }

    fn named(&self, voice: &str) -> Result<&str, SpeechError> {
        let mut names = self.names.iter().map(String::as_str);
        names
            .find(|name| id(name) == voice)
            .ok_or_else(|| self.unknown(voice))
    }

    fn values(&self, name: &str) -> Result<Vec<f32>, SpeechError> {
        let read = || -> Result<Vec<f32>, CheckpointError> {
            let shape = self.styles.shape(name)?;
            Ok(self.styles.get(name, shape)?.flatten_all()?.to_vec1()?)
        };
        let values = read().map_err(|error| SpeechError::Unavailable(error.to_string()))?;
        // The published ones lie within ±3.
        if values.iter().all(|value| value.abs() <= 100.0) {
            return Ok(values);
        }
        Err(SpeechError::Unavailable(format!(
            "the voice {name} is damaged: import the model again"
        )))
    }

    fn unknown(&self, voice: &str) -> SpeechError {
        let known: Vec<String> = self.names.iter().map(|name| id(name)).collect();
        SpeechError::Reject(format!(
            "the engine {NAME} has no voice `{voice}`; it has: {}",
            known.join(", ")
        ))
    }
}

fn id(name: &str) -> String {
    format!("{NAME}-{name}")
}

/// `af_heart` is Heart, female, in American English.
fn title(name: &str, language: Spoken) -> String {
    let (prefix, own) = name.split_once('_').unwrap_or(("", name));
    let gender = match prefix.get(1..2) {
        Some("f") => "female, ",
        Some("m") => "male, ",
        _ => "",
    };
    let mut letters = own.chars();
    let first = letters.next().map(char::to_uppercase);
    let own: String = first.into_iter().flatten().chain(letters).collect();
    format!("{own}: {gender}{}", language.name())
}
