//! The `.onnx.json` of a published voice. Unknown fields are passed over.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;

use super::{Language, Scales};
use crate::{
    error::{PiperError, Result},
    text::{PhonemeType, Symbols},
};

/// What a voice's JSON says that this crate uses.
#[derive(Debug, Clone, Deserialize)]
pub struct PublishedConfig {
    pub audio: Audio,
    #[serde(default)]
    pub espeak: Option<Espeak>,
    #[serde(default)]
    pub inference: Scales,
    /// `espeak` where it is missing.
    #[serde(default)]
    pub phoneme_type: Option<String>,
    pub phoneme_id_map: BTreeMap<String, Vec<i64>>,
    /// Symbols that are replaced by others before they get ids.
    #[serde(default)]
    pub phoneme_map: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    vowel_clusters: Clusters,
    #[serde(default = "one")]
    pub num_speakers: usize,
    #[serde(default)]
    pub speaker_id_map: BTreeMap<String, usize>,
    #[serde(default)]
    pub default_speaker_id: Option<usize>,
    /// Samples of a frame.
    #[serde(default)]
    pub hop_length: Option<usize>,
    #[serde(default)]
    pub language: Option<Language>,
    #[serde(default)]
    pub dataset: Option<String>,
    #[serde(default)]
    pub piper_version: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Audio {
    pub sample_rate: u32,
    #[serde(default)]
    pub quality: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Espeak {
    pub voice: String,
}

/// Symbols that belong together, written as strings, as lists of symbols, or as the keys of an object.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Clusters {
    Written(Vec<String>),
    Listed(Vec<Vec<String>>),
    Keyed(BTreeMap<String, serde_json::Value>),
}

impl Default for Clusters {
    fn default() -> Self {
        Self::Written(Vec::new())
    }
}

fn one() -> usize {
    1
}

impl PublishedConfig {
    /// Reads and checks what can be checked without the graph.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => PiperError::file(
                path,
                "is missing: a Piper voice is a `.onnx` file and its `.onnx.json` beside it",
            ),
            _ => PiperError::file(path, error),
        })?;
        let mut reader = serde_json::Deserializer::from_slice(&text);
        let config: Self = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let reason = format!("`{}`: {}", error.path(), error.inner());
            PiperError::file(path, reason)
        })?;
        let checked = config.check();
        checked.map_err(|reason| PiperError::file(path, reason))?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        self.kind()?;
        if !(4_000..=192_000).contains(&self.audio.sample_rate) {
            let rate = self.audio.sample_rate;
            return Err(format!(
                "`audio.sample_rate`: {rate} Hz is no rate of speech"
            ));
        }
        self.inference.check()?;
        for symbol in ["_", "^", "$"] {
            match self.phoneme_id_map.get(symbol).map(Vec::len) {
                Some(1) => {}
                Some(count) => {
                    return Err(format!(
                        "`phoneme_id_map`: `{symbol}` has {count} ids, not one"
                    ));
                }
                None => return Err(format!("`phoneme_id_map`: has no `{symbol}`")),
            }
        }
        for (symbol, ids) in &self.phoneme_id_map {
            if let Some(id) = ids.iter().find(|id| u32::try_from(**id).is_err()) {
                return Err(format!("`phoneme_id_map`: `{symbol}` has the id {id}"));
            }
        }
        if let Some((name, id)) = self
            .speaker_id_map
            .iter()
            .find(|(_, id)| **id >= self.num_speakers)
        {
            let count = self.num_speakers;
            return Err(format!(
                "`speaker_id_map`: `{name}` is speaker {id} of {count}"
            ));
        }
        match self.default_speaker_id {
            Some(id) if id >= self.num_speakers.max(1) => Err(format!(
                "`default_speaker_id`: is {id} where there are {} speakers",
                self.num_speakers
            )),
            _ => Ok(()),
        }
    }

    /// That ids and speakers have rows in the graph's embeddings, of `symbols` and `speakers` rows (0 where there is none).
    pub fn check_rows(&self, symbols: usize, speakers: usize) -> Result<(), String> {
        for (symbol, ids) in &self.phoneme_id_map {
            let beyond = |id: &&i64| usize::try_from(**id).is_ok_and(|id| id >= symbols);
            if let Some(id) = ids.iter().find(beyond) {
                return Err(format!(
                    "`phoneme_id_map`: `{symbol}` has the id {id}, but the model's embedding has {symbols} rows"
                ));
            }
        }
        if self.num_speakers.max(1) != speakers.max(1) {
            return Err(format!(
                "`num_speakers`: is {}, but the model has {speakers} speaker embeddings",
                self.num_speakers
            ));
        }
        Ok(())
    }

    fn kind(&self) -> Result<PhonemeType, String> {
        match self.phoneme_type.as_deref() {
            None | Some("espeak") => Ok(PhonemeType::Espeak),
            Some("text") => Ok(PhonemeType::Text),
            Some(other) => Err(format!(
                "`phoneme_type`: this voice needs the phonemizer `{other}`, which is not there: `espeak` and `text` are supported"
            )),
        }
    }

    /// The symbols with their ids.
    pub(super) fn symbols(&self) -> Result<Symbols, String> {
        let ids = self.phoneme_id_map.iter().map(|(symbol, ids)| {
            let ids = ids.iter().filter_map(|id| u32::try_from(*id).ok());
            (symbol.clone(), ids.collect())
        });
        Ok(Symbols {
            kind: self.kind()?,
            ids: ids.collect(),
            replacements: self.phoneme_map.clone(),
            clusters: match &self.vowel_clusters {
                Clusters::Written(clusters) => clusters.clone(),
                Clusters::Listed(clusters) => clusters.iter().map(|parts| parts.concat()).collect(),
                Clusters::Keyed(clusters) => clusters.keys().cloned().collect(),
            },
        })
    }

    /// The speakers' names by their number; empty in a voice of one speaker.
    pub(super) fn speaker_names(&self) -> Vec<String> {
        if self.num_speakers < 2 {
            return Vec::new();
        }
        let mut names: Vec<String> = (0..self.num_speakers).map(|id| id.to_string()).collect();
        for (name, id) in &self.speaker_id_map {
            if let Some(place) = names.get_mut(*id) {
                place.clone_from(name);
            }
        }
        names
    }
}
