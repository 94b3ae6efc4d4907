//! Kokoro-82M as an engine: natural speech in seven languages, by one model with many voices, which can be mixed.
//!
//! The model runs in the process of `openvoices`. Here are its voices (`voices`), its symbols (`alphabet`) and English
//! (`english`), which needs no other program; the phones of the other languages are espeak-ng's.

mod alphabet;
mod english;
mod languages;
mod voices;

use std::{path::PathBuf, sync::Arc};

use futures::future::BoxFuture;
use kiskadee_kokoro::{
    Config, SAMPLE_RATE,
    text::espeak::{Clause, symbols},
};
use kiskadee_pronunciation::Pronouncer;
use kiskadee_shared::quality::QualityProfile;
use kiskadee_text::{Language, Sentence};

use self::{
    alphabet::KokoroAlphabet,
    languages::Spoken,
    voices::{Speaking, Voices},
};
use crate::{
    AudioChunk, Engine, EngineCount, EngineInfo, Licence, OpenVoices, PhonemeStyle, Phonemizer,
    ProfileInfo, SpeechError, SpeechRequest, Utterance,
    openvoices::{
        Alphabet, EspeakPhones, FrontEnd, Gains, Imported, ModelKind, Phones, Process, Reading,
        Script, Session, Who, share_speed,
    },
    process::from_floats,
};

const NAME: &str = "kokoro";

/// How the engine is run.
#[derive(Debug, Clone)]
pub struct KokoroConfig {
    /// The folder of the imported model.
    pub model: PathBuf,
    /// The process that speaks.
    pub process: OpenVoices,
}

/// The engine `kokoro`.
pub struct Kokoro {
    info: EngineInfo,
    imported: Imported,
    process: Process,
    voices: Arc<Voices>,
    alphabet: Arc<dyn Alphabet>,
    english: Arc<dyn FrontEnd>,
    phonemizer: Result<Arc<Phonemizer>, SpeechError>,
    gains: Arc<Gains>,
    signature: String,
}

impl Kokoro {
    /// Has the process load the model. Fails with [`SpeechError::Unavailable`] where it cannot. Without espeak-ng it speaks
    /// English alone.
    pub async fn start(config: KokoroConfig) -> Result<Self, SpeechError> {
        let imported = Imported::open(ModelKind::Kokoro, NAME, &config.model)?;
        let sizes = Config::read(&config.model.join("config.json")).map_err(unavailable)?;
        let voices = Voices::open(&config.model)?;
        let english = Pronouncer::built_in(Language::English).map_err(unavailable)?;
        let phonemizer = config.process.phonemizer().await;
        if let Err(error) = &phonemizer {
            tracing::warn!(%error, "the engine {NAME} speaks English alone");
        }
        let process = config.process.start().await?;
        process.prepare(&imported.place).await?;
        let version = phonemizer
            .as_ref()
            .map_or("none", |espeak| espeak.version());
        Ok(Self {
            info: describe(&voices, phonemizer.is_ok(), &imported.licence),
            signature: format!("{} espeak-ng {version}", imported.signature),
            imported,
            process,
            voices: Arc::new(voices),
            alphabet: Arc::new(KokoroAlphabet::new(&sizes)),
            english: Arc::new(English(english)),
            phonemizer,
            gains: Arc::default(),
        })
    }

    fn start_request(&self, request: SpeechRequest) -> Result<Utterance, SpeechError> {
        let (speed, stretch) = share_speed(request.speed)?;
        let language = Spoken::of_tag(&request.language).ok_or_else(|| {
            let spoken = self.info.languages.join(", ");
            SpeechError::Reject(format!(
                "the engine {NAME} speaks {spoken}, not `{}`",
                request.language
            ))
        })?;
        let front_end = self.front_end(language)?;
        let sentences = read(&request, language)?;
        let Speaking {
            voice_id,
            key: voice,
            style,
        } = self.voices.find(&request, language)?;
        if sentences.is_empty() {
            return Ok(Utterance::silent(&request, voice_id, SAMPLE_RATE));
        }
        let script = Script {
            model: self.imported.place.clone(),
            front_end,
            alphabet: Arc::clone(&self.alphabet),
            speaker: Box::new(move |ids| (Who::Style, from_floats(style.row(ids)))),
            speed,
            whole_lines: true,
            has_pitch: true,
        };
        let session = Session {
            process: self.process.clone(),
            gains: Arc::clone(&self.gains),
            script,
            voice,
            silence: AudioChunk::silent(&request, SAMPLE_RATE),
            text: request.text,
            sample_rate: SAMPLE_RATE,
            speed,
            live: request.live,
            cancel: request.cancel,
        };
        Ok(Utterance {
            voice_id,
            sample_rate: SAMPLE_RATE,
            stretch,
            audio: session.stream(sentences),
        })
    }

    fn front_end(&self, language: Spoken) -> Result<Arc<dyn FrontEnd>, SpeechError> {
        let Some(voice) = language.espeak_voice() else {
            return Ok(Arc::clone(&self.english));
        };
        Ok(Arc::new(EspeakPhones {
            phonemizer: self.phonemizer.clone()?,
            voice: voice.to_owned(),
            style: PhonemeStyle::Tied,
            spell: untied,
        }))
    }
}

impl Engine for Kokoro {
    fn info(&self) -> &EngineInfo {
        &self.info
    }

    fn mixes_voices(&self) -> bool {
        true
    }

    fn speak(&self, batch: Vec<SpeechRequest>) -> Vec<Result<Utterance, SpeechError>> {
        batch
            .into_iter()
            .map(|request| self.start_request(request))
            .collect()
    }

    fn signature(&self) -> Option<&str> {
        Some(&self.signature)
    }

    fn counts(&self) -> Vec<EngineCount> {
        vec![self.process.restarts(NAME)]
    }
}

fn read(request: &SpeechRequest, language: Spoken) -> Result<Vec<Sentence>, SpeechError> {
    let reading = Reading::of_tag(language.tag());
    let is_readable = |phones: &str| language.espeak_voice().is_some() || english::can_say(phones);
    let mut sentences = reading.sentences(request, is_readable)?;
    if language.espeak_voice().is_some() {
        reading.restore_capitals(&request.text, &mut sentences);
    } else {
        english::check_given(&sentences)?;
    }
    Ok(sentences)
}

/// English by the pronouncer of the embedded voice.
struct English(Pronouncer);

impl FrontEnd for English {
    fn phones<'a>(&'a self, sentence: &'a Sentence) -> BoxFuture<'a, Result<Phones, SpeechError>> {
        let said = english::words(&self.0, sentence)
            .map(|words| Phones::of_words(sentence, &words))
            .map_err(|error| SpeechError::Reject(error.to_string()));
        Box::pin(std::future::ready(said))
    }
}

/// espeak-ng's phonemes, where ties tell what the model has one symbol for.
fn untied(phones: &str) -> String {
    let clause = Clause {
        line: phones,
        words: 0..1,
        before: "",
        behind: "",
    };
    english::spelled(&symbols(&[clause]))
}

fn unavailable(error: impl std::error::Error) -> SpeechError {
    SpeechError::Unavailable(format!("the engine {NAME} does not start: {error}"))
}

fn describe(voices: &Voices, has_espeak: bool, licence: &Licence) -> EngineInfo {
    let spoken = voices.languages().into_iter();
    let spoken = spoken.filter(|language| has_espeak || language.espeak_voice().is_none());
    let spoken: Vec<Spoken> = spoken.collect();
    let mut languages: Vec<String> = Vec::new();
    for tag in spoken.iter().flat_map(|language| language.tags()) {
        if !languages.iter().any(|known| known == tag) {
            languages.push((*tag).to_owned());
        }
    }
    let profile = |name: &QualityProfile| ProfileInfo {
        name: *name,
        description: "Kokoro at 24,000 Hz; the same in every profile",
    };
    EngineInfo {
        name: NAME.to_owned(),
        description: "Kokoro: natural speech in many voices, on any CPU".to_owned(),
        sample_rate: SAMPLE_RATE,
        quality_profiles: QualityProfile::ALL.iter().map(profile).collect(),
        voices: voices.announce(&spoken, licence),
        languages,
    }
}
