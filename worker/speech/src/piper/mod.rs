//! Voices of the Piper project as an engine: light neural speech in the languages of the voices that were imported.
//!
//! All voices run in the process of `openvoices`, which gives audio inside a sentence. Their phonemes are espeak-ng's.

mod alphabet;
mod voices;

use std::{path::PathBuf, sync::Arc};

use futures::future::BoxFuture;
use kiskadee_shared::quality::QualityProfile;
use kiskadee_text::Sentence;

use self::voices::{Model, Speaking, Voices, primary};
use crate::{
    AudioChunk, Engine, EngineCount, EngineInfo, OpenVoices, PhonemeStyle, Phonemizer, ProfileInfo,
    SpeechError, SpeechRequest, Utterance,
    openvoices::{
        EspeakPhones, FrontEnd, Gains, Phones, Process, Reading, Script, Session, Who, share_speed,
    },
};

const NAME: &str = "piper";
/// Of most voices, in Hz; each says its own with what it speaks.
const SAMPLE_RATE: u32 = 22_050;

/// How the engine is run.
#[derive(Debug, Clone)]
pub struct PiperConfig {
    /// The folders of imported voices.
    pub voices: Vec<PathBuf>,
    /// The process that speaks.
    pub process: OpenVoices,
}

/// The engine `piper`.
pub struct Piper {
    info: EngineInfo,
    voices: Voices,
    process: Process,
    phonemizer: Result<Arc<Phonemizer>, SpeechError>,
    gains: Arc<Gains>,
    signature: String,
}

impl Piper {
    /// Reads what the voices are. One that cannot be used is left out, which the log says. Fails with
    /// [`SpeechError::Unavailable`] where none is left.
    pub async fn start(config: PiperConfig) -> Result<Self, SpeechError> {
        let phonemizer = config.process.phonemizer().await;
        let mut models = Vec::new();
        let mut why = SpeechError::Unavailable(format!("the engine {NAME} has no voice here"));
        for folder in config.voices {
            match open(&folder, &phonemizer) {
                Ok(model) => models.push(model),
                Err(error) => {
                    tracing::warn!(voice = %folder.display(), %error, "a voice cannot be used");
                    why = error;
                }
            }
        }
        if models.is_empty() {
            return Err(why);
        }
        models.sort_by(|a, b| a.id.cmp(&b.id));
        let voices = Voices(models);
        let version = phonemizer
            .as_ref()
            .map_or("none", |espeak| espeak.version());
        let signatures = voices
            .0
            .iter()
            .map(|model| model.imported.signature.as_str());
        let signatures: Vec<&str> = signatures.chain([version]).collect();
        Ok(Self {
            info: describe(&voices),
            signature: signatures.join("\n"),
            voices,
            process: config.process.start().await?,
            phonemizer,
            gains: Arc::default(),
        })
    }

    fn start_request(&self, request: SpeechRequest) -> Result<Utterance, SpeechError> {
        let (speed, stretch) = share_speed(request.speed)?;
        let Speaking {
            voice_id,
            model,
            speakers,
        } = self.voices.find(&request)?;
        if primary(&request.language.to_ascii_lowercase()) != primary(&model.language) {
            let (id, language) = (&model.id, &model.language);
            return Err(SpeechError::Reject(format!(
                "the voice {id} speaks {language}, not `{}`",
                request.language
            )));
        }
        let reading = Reading::of_tag(&model.language);
        let mut sentences = reading.sentences(&request, |_| true)?;
        reading.restore_capitals(&request.text, &mut sentences);
        let voice = format!("{} {speakers:?}", model.id);
        let sample_rate = model.config.sample_rate;
        if sentences.is_empty() {
            return Ok(Utterance::silent(&request, voice_id, sample_rate));
        }
        let script = Script {
            model: model.imported.place.clone(),
            front_end: self.front_end(model)?,
            alphabet: Arc::clone(&model.alphabet),
            speaker: Box::new(move |_| (Who::Speakers(speakers.clone()), Vec::new())),
            speed,
            whole_lines: false,
            has_pitch: false,
        };
        let session = Session {
            process: self.process.clone(),
            gains: Arc::clone(&self.gains),
            script,
            voice,
            silence: AudioChunk::silent(&request, sample_rate),
            text: request.text,
            sample_rate,
            speed,
            live: request.live,
            cancel: request.cancel,
        };
        Ok(Utterance {
            voice_id,
            sample_rate,
            stretch,
            audio: session.stream(sentences),
        })
    }

    fn front_end(&self, model: &Model) -> Result<Arc<dyn FrontEnd>, SpeechError> {
        if !model.needs_espeak() {
            return Ok(Arc::new(Letters));
        }
        let voice = model.config.espeak_voice.clone();
        Ok(Arc::new(EspeakPhones {
            phonemizer: self.phonemizer.clone()?,
            voice: voice.unwrap_or_else(|| model.language.clone()),
            style: PhonemeStyle::Plain,
            spell: str::to_owned,
        }))
    }
}

impl Engine for Piper {
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

fn open(
    folder: &std::path::Path,
    phonemizer: &Result<Arc<Phonemizer>, SpeechError>,
) -> Result<Model, SpeechError> {
    let model = Model::open(folder)?;
    match phonemizer {
        Err(error) if model.needs_espeak() => Err(error.clone()),
        _ => Ok(model),
    }
}

/// The words themselves, for voices that were trained on letters.
struct Letters;

impl FrontEnd for Letters {
    fn phones<'a>(&'a self, sentence: &'a Sentence) -> BoxFuture<'a, Result<Phones, SpeechError>> {
        let words = sentence.words.iter().map(|word| word.text.clone());
        let words: Vec<String> = words.collect();
        let phones = Phones::of_words(sentence, &words);
        Box::pin(std::future::ready(Ok(phones)))
    }
}

fn describe(voices: &Voices) -> EngineInfo {
    let profile = |name: &QualityProfile| ProfileInfo {
        name: *name,
        description: "Piper at the voice's own rate; the same in every profile",
    };
    EngineInfo {
        name: NAME.to_owned(),
        description: "Piper: light neural speech in voices of many languages".to_owned(),
        sample_rate: SAMPLE_RATE,
        languages: voices.languages(),
        quality_profiles: QualityProfile::ALL.iter().map(profile).collect(),
        voices: voices.announce(),
    }
}
