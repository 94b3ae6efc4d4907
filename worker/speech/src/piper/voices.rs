//! The imported voices, and who of their speakers speaks.

use std::{path::Path, sync::Arc};

use kiskadee_piper::{VoiceConfig, text::PhonemeType};

use super::{NAME, alphabet::PiperAlphabet};
use crate::{
    DEFAULT_VOICE, SpeechError, SpeechRequest, Voice, VoiceKind, VoicePart,
    openvoices::{Alphabet, Imported, ModelKind},
};

/// Speakers of one voice that are announced; some voices have hundreds.
const MOST_SPEAKERS: usize = 100;

pub(super) struct Model {
    /// `piper-en_us-joe-medium`.
    pub(super) id: String,
    pub(super) config: VoiceConfig,
    pub(super) imported: Imported,
    pub(super) alphabet: Arc<dyn Alphabet>,
    /// In lower case, with hyphens.
    pub(super) language: String,
    /// The ids of its speakers by their numbers; empty for a voice of one.
    speakers: Vec<String>,
}

/// Who speaks a request.
pub(super) struct Speaking<'a> {
    pub(super) voice_id: String,
    pub(super) model: &'a Model,
    /// None for the model's own.
    pub(super) speakers: Vec<(usize, f32)>,
}

impl Model {
    pub(super) fn open(folder: &Path) -> Result<Self, SpeechError> {
        let imported = Imported::open(ModelKind::Piper, NAME, folder)?;
        let config = VoiceConfig::read(&folder.join("voice.json"))
            .map_err(|error| SpeechError::Unavailable(error.to_string()))?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let id = slug(name.strip_prefix("piper-").unwrap_or(&name));
        let id = format!("{NAME}-{id}");
        let language = config.language.as_ref().map(|language| &language.code);
        let language = language.or(config.espeak_voice.as_ref());
        let language = language.map_or("en", String::as_str);
        let speakers = config.speakers.iter();
        let speakers = if config.speakers.len() > 1 {
            let ids = speakers.map(|name| format!("{id}-{}", slug(name)));
            ids.collect()
        } else {
            Vec::new()
        };
        Ok(Self {
            language: language.to_ascii_lowercase().replace('_', "-"),
            alphabet: Arc::new(PiperAlphabet::new(&config)),
            id,
            config,
            imported,
            speakers,
        })
    }

    /// espeak-ng gives its phonemes.
    pub(super) fn needs_espeak(&self) -> bool {
        self.config.symbols.kind == PhonemeType::Espeak
    }

    fn announce(&self) -> impl Iterator<Item = Voice> {
        let speakers = self.speakers.iter().zip(&self.config.speakers);
        let speakers = speakers.take(MOST_SPEAKERS);
        let title = self.title();
        let own = (self.id.clone(), title.clone());
        let of_speaker =
            move |(id, name): (&String, &String)| (id.clone(), format!("{title}, {name}"));
        let all = std::iter::once(own).chain(speakers.map(of_speaker));
        all.map(|(id, name)| Voice {
            id,
            engine: NAME.to_owned(),
            name,
            kind: VoiceKind::Builtin,
            languages: vec![self.language.clone()],
            licence: self.imported.licence.clone(),
        })
    }

    fn title(&self) -> String {
        let language = self.config.language.as_ref();
        let language = language.and_then(|language| language.name_english.as_deref());
        let (dataset, quality) = (
            self.config.dataset.as_deref(),
            self.config.quality.as_deref(),
        );
        let dataset = dataset.unwrap_or(&self.id);
        let details = [language, quality];
        let details: Vec<&str> = details.into_iter().flatten().collect();
        format!("{dataset}: {}", details.join(", "))
    }

    /// The number of the speaker with this id; none for the voice itself.
    fn speaker(&self, id: &str) -> Option<usize> {
        self.speakers.iter().position(|speaker| speaker == id)
    }

    fn has(&self, id: &str) -> bool {
        id == self.id || self.speaker(id).is_some()
    }
}

pub(super) struct Voices(pub(super) Vec<Model>);

impl Voices {
    pub(super) fn announce(&self) -> Vec<Voice> {
        self.0.iter().flat_map(Model::announce).collect()
    }

    pub(super) fn languages(&self) -> Vec<String> {
        let mut languages: Vec<String> = Vec::new();
        for model in &self.0 {
            if !languages.contains(&model.language) {
                languages.push(model.language.clone());
            }
        }
        languages
    }

    /// Who a request means, never [`DEFAULT_VOICE`]: the first voice of the language.
    pub(super) fn find(&self, request: &SpeechRequest) -> Result<Speaking<'_>, SpeechError> {
        if !request.parts.is_empty() {
            return self.mix(&request.voice, &request.parts);
        }
        if request.voice == DEFAULT_VOICE {
            let model = self.of_language(&request.language)?;
            return Ok(Speaking {
                voice_id: model.id.clone(),
                model,
                speakers: Vec::new(),
            });
        }
        let (model, speaker) = self.named(&request.voice)?;
        Ok(Speaking {
            voice_id: request.voice.clone(),
            model,
            speakers: speaker.map(|number| (number, 1.0)).into_iter().collect(),
        })
    }

    /// Speakers are mixed inside their model; two models have nothing in common.
    fn mix(&self, voice: &str, parts: &[VoicePart]) -> Result<Speaking<'_>, SpeechError> {
        let total: f32 = parts.iter().map(|part| part.weight).sum();
        let mut mixed: Option<&Model> = None;
        let mut speakers = Vec::with_capacity(parts.len());
        for part in parts {
            if part.conditioning.is_some() {
                return Err(SpeechError::Reject(format!(
                    "the engine {NAME} cannot take voices from recordings"
                )));
            }
            if !part.weight.is_finite() || part.weight <= 0.0 {
                return Err(SpeechError::Reject(format!(
                    "the weight of a voice must be over 0, not {}",
                    part.weight
                )));
            }
            let (model, speaker) = self.named(&part.voice)?;
            if mixed.is_some_and(|mixed| mixed.id != model.id) {
                return Err(SpeechError::Reject(format!(
                    "the engine {NAME} mixes speakers of one voice only, and `{}` is of another one than `{}`",
                    part.voice,
                    parts.first().map_or("", |first| first.voice.as_str())
                )));
            }
            mixed = Some(model);
            speakers.push((
                speaker.unwrap_or(model.config.default_speaker),
                part.weight / total,
            ));
        }
        let model = mixed.ok_or_else(|| self.unknown(voice))?;
        Ok(Speaking {
            voice_id: voice.to_owned(),
            model,
            speakers,
        })
    }

    /// The same tag, else the same language in another region.
    fn of_language(&self, tag: &str) -> Result<&Model, SpeechError> {
        let tag = tag.to_ascii_lowercase().replace('_', "-");
        let exact = self.0.iter().find(|model| model.language == tag);
        let alike = || {
            self.0
                .iter()
                .find(|model| primary(&model.language) == primary(&tag))
        };
        exact.or_else(alike).ok_or_else(|| {
            let spoken = self.languages().join(", ");
            SpeechError::Reject(format!("the engine {NAME} speaks {spoken}, not `{tag}`"))
        })
    }

    fn named(&self, id: &str) -> Result<(&Model, Option<usize>), SpeechError> {
        let found = self.0.iter().find(|model| model.has(id));
        let model = found.ok_or_else(|| self.unknown(id))?;
        Ok((model, model.speaker(id)))
    }

    fn unknown(&self, voice: &str) -> SpeechError {
        let known: Vec<&str> = self.0.iter().map(|model| model.id.as_str()).collect();
        SpeechError::Reject(format!(
            "the engine {NAME} has no voice `{voice}`; it has: {}",
            known.join(", ")
        ))
    }
}

/// The language of a tag without its region.
pub(super) fn primary(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or_default()
}

/// Lower case; what an id cannot have becomes a hyphen.
fn slug(name: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '_' {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    name.chars().map(plain).collect()
}
