//! Who speaks: the model's voices and mixes of them. A voice is a style for each length of a line.

use std::{fmt::Write as _, path::Path};

use kiskadee_kokoro::{Style, Styles};

use super::{NAME, languages::Spoken};
use crate::{DEFAULT_VOICE, Licence, SpeechError, SpeechRequest, Voice, VoiceKind, VoicePart};

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
/// Of one mix: each is half a megabyte to read.
const MOST_PARTS: usize = 16;

pub(super) struct Voices {
    styles: Styles,
    /// Of those that can be spoken.
    names: Vec<String>,
}

/// Who speaks a request.
pub(super) struct Speaking {
    pub(super) voice_id: String,
    /// The same for the same voice or mix.
    pub(super) key: String,
    pub(super) style: Style,
}

impl Voices {
    /// The voices of a folder. A model without one that can be spoken here is refused, and so are voices of another version.
    pub(super) fn open(folder: &Path) -> Result<Self, SpeechError> {
        let path = folder.join(FILE);
        let unusable = |why: &dyn std::fmt::Display| {
            SpeechError::Unavailable(format!("{}: {why}", path.display()))
        };
        let styles = Styles::open(&path).map_err(|error| unusable(&error))?;
        let is_spoken = |name: &String| Spoken::of_voice(name).is_some();
        let (mut names, unspoken): (Vec<String>, Vec<String>) =
            styles.names().into_iter().partition(is_spoken);
        if !unspoken.is_empty() {
            let voices = unspoken.join(", ");
            tracing::info!(
                voices,
                "voices of languages that cannot be read here are left out"
            );
        }
        if names.is_empty() {
            return Err(unusable(&"holds no voice of a language that can be spoken"));
        }
        names.sort_by_key(|name| {
            let preferred = PREFERRED.iter().position(|known| known == name);
            preferred.unwrap_or(PREFERRED.len())
        });
        Ok(Self { styles, names })
    }

    pub(super) fn announce(&self, spoken: &[Spoken], licence: &Licence) -> Vec<Voice> {
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
                licence: licence.clone(),
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

    /// Who a request means, never [`DEFAULT_VOICE`].
    pub(super) fn find(
        &self,
        request: &SpeechRequest,
        language: Spoken,
    ) -> Result<Speaking, SpeechError> {
        if !request.parts.is_empty() {
            return self.mix(&request.voice, &request.parts);
        }
        let name = match request.voice.as_str() {
            DEFAULT_VOICE => self
                .first(language)
                .or_else(|| self.names.first().map(String::as_str)),
            id => Some(self.named(id)?),
        };
        let name = name.ok_or_else(|| self.unknown(&request.voice))?;
        Ok(Speaking {
            voice_id: id(name),
            key: id(name),
            style: self.style(name)?,
        })
    }

    fn mix(&self, voice_id: &str, parts: &[VoicePart]) -> Result<Speaking, SpeechError> {
        if parts.len() > MOST_PARTS {
            let count = parts.len();
            return Err(SpeechError::Reject(format!(
                "a voice can be mixed of at most {MOST_PARTS}, not {count}"
            )));
        }
        let total: f64 = parts.iter().map(|part| f64::from(part.weight)).sum();
        let mut key = String::from("mix");
        let mut styles = Vec::with_capacity(parts.len());
        for part in parts {
            if part.conditioning.is_some() {
                return Err(SpeechError::Reject(format!(
                    "the engine {NAME} cannot take voices from recordings; mix its own"
                )));
            }
            let (name, weight) = (self.named(&part.voice)?, f64::from(part.weight));
            let share = weight / total;
            // Writing to a string cannot fail.
            let _ = write!(key, " {share} {name}");
            styles.push((self.style(name)?, weight));
        }
        let parts: Vec<(&Style, f64)> = styles
            .iter()
            .map(|(style, weight)| (style, *weight))
            .collect();
        let style =
            Style::mixture(&parts).map_err(|error| SpeechError::Reject(error.to_string()))?;
        Ok(Speaking {
            voice_id: voice_id.to_owned(),
            key,
            style,
        })
    }

    fn named(&self, voice: &str) -> Result<&str, SpeechError> {
        let mut names = self.names.iter().map(String::as_str);
        names
            .find(|name| id(name) == voice)
            .ok_or_else(|| self.unknown(voice))
    }

    fn style(&self, name: &str) -> Result<Style, SpeechError> {
        let style = self.styles.get(name);
        style.map_err(|error| SpeechError::Unavailable(error.to_string()))
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
