//! XTTS-v2 as an engine: speech in up to seventeen languages, in voices taken from recordings.
//!
//! The model runs in a process of its own (`child`), which speaks many passages at once; `protocol` is what both say to each
//! other. What the model made is listened to (`quality`) before it goes out.

mod child;
mod counters;
mod fade;
mod passages;
mod profiles;
mod protocol;
mod quality;
mod session;
mod speaking;
mod takes;
mod tuned;
mod voices;

use std::{num::NonZero, path::PathBuf, sync::Arc, thread::available_parallelism};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use kiskadee_text::Passage;

pub use self::child::serve_xtts;
use self::{
    counters::Counters,
    passages::SpokenLanguage,
    protocol::{Hello, Load, Sampling, XttsProtocol},
    session::Session,
    tuned::{TunedModels, Wanted},
    voices::{Conditioner, Voices},
};
use crate::{
    AudioStream, CacheStats, Engine, EngineCount, EngineInfo, EngineProgram, SpeechError,
    SpeechRequest, Utterance, VoiceMaker, process::Supervisor,
};

const NAME: &str = "xtts";
/// The rate at which the model hears recordings, in Hz.
const RECORDING_RATE: u32 = 22_050;
/// What the model's own stretching does well; the rest is left to the caller.
const OWN_SPEEDS: std::ops::RangeInclusive<f32> = 0.5..=2.0;
const SPEEDS: std::ops::RangeInclusive<f32> = 0.25..=4.0;

/// How the engine is run.
#[derive(Debug, Clone)]
pub struct XttsConfig {
    /// The folder of an imported model.
    pub model: PathBuf,
    pub program: EngineProgram,
    /// `auto` (a GPU where there is one), `cpu`, `cuda` or `cuda:N`.
    pub device: String,
    /// `auto` (what suits the device), `f32`, `q8`, `f16` or `bf16`.
    pub precision: String,
    /// Threads that compute, where that is the CPU.
    pub threads: usize,
    /// Passages that are spoken at once; none for what suits the device.
    pub rows: Option<NonZero<usize>>,
    /// The memory for tuned voices, each of which is a model of its own.
    pub tuned_bytes: u64,
    /// Where the folders of tuned voices lie, as long as they can speak.
    pub scratch: PathBuf,
}

/// Four tuned voices of the published size on a CPU, two on a GPU.
const TUNED_BYTES: u64 = 4 << 30;

impl XttsConfig {
    /// On the best device there is, in a process of this very program.
    pub fn new(model: impl Into<PathBuf>) -> Self {
        Self {
            model: model.into(),
            program: EngineProgram::own("engine-xtts"),
            device: "auto".to_owned(),
            precision: "auto".to_owned(),
            threads: available_parallelism().map_or(1, NonZero::get),
            rows: None,
            tuned_bytes: TUNED_BYTES,
            scratch: std::env::temp_dir(),
        }
    }
}

/// The engine `xtts`.
pub struct Xtts {
    info: EngineInfo,
    languages: Vec<SpokenLanguage>,
    voices: Voices,
    sampling: Sampling,
    codes_per_second: f32,
    rows: usize,
    signature: String,
    supervisor: Supervisor<XttsProtocol>,
    tuned: Arc<TunedModels>,
    counters: Arc<Counters>,
}

impl Xtts {
    /// Starts the process and waits until it has loaded the model. Fails with [`SpeechError::Unavailable`] where it cannot.
    pub async fn start(config: XttsConfig) -> Result<Self, SpeechError> {
        let load = Load {
            model: config.model,
            device: config.device,
            precision: config.precision,
            threads: config.threads.max(1),
            rows: config.rows.map_or(0, NonZero::get),
        };
        let started = Supervisor::<XttsProtocol>::start(config.program.clone(), load.clone());
        let (supervisor, hello) = started.await?;
        let places = (config.scratch, config.tuned_bytes);
        let tuned = TunedModels::new(config.program, load, &hello.device, places);
        let languages = passages::spoken_languages(&hello.languages);
        let voices = Voices::new(hello.speakers.clone());
        Ok(Self {
            info: describe(&hello, &languages, &voices),
            languages,
            voices,
            sampling: hello.sampling,
            codes_per_second: hello.codes_per_second,
            rows: hello.rows,
            signature: hello.signature,
            supervisor,
            tuned: Arc::new(tuned),
            counters: Arc::default(),
        })
    }

    fn start_request(&self, request: SpeechRequest) -> Result<Utterance, SpeechError> {
        if !SPEEDS.contains(&request.speed) {
            let (least, most) = (SPEEDS.start(), SPEEDS.end());
            return Err(SpeechError::Reject(format!(
                "speed must be from {least} to {most}, not {}",
                request.speed
            )));
        }
        let language = passages::language(&request.language, &self.languages)?;
        let tuned = tuned::wanted(&request.parts)?;
        let (voice_id, voice) = match &tuned {
            Some(tuned) => (request.voice.clone(), tuned.ingredients()),
            None => self.voices.find(&request)?,
        };
        let passages = passages::of_request(&request, &language)?;
        if passages.is_empty() {
            return Ok(Utterance::silent(&request, voice_id, self.info.sample_rate));
        }
        let speed = request.speed.clamp(*OWN_SPEEDS.start(), *OWN_SPEEDS.end());
        let session = Session {
            supervisor: self.supervisor.clone(),
            counters: Arc::clone(&self.counters),
            text: request.text,
            language: language.code,
            voice,
            sampling: profiles::sampling(request.quality, self.sampling),
            speed,
            live: request.live,
            twice: profiles::speaks_twice(request.quality),
            codes_per_second: self.codes_per_second,
            sample_rate: self.info.sample_rate,
            cancel: request.cancel,
        };
        Ok(Utterance {
            voice_id,
            sample_rate: self.info.sample_rate,
            stretch: request.speed / speed,
            audio: match tuned {
                Some(tuned) => self.tuned_stream(tuned, session, passages),
                None => speaking::stream(session, passages),
            },
        })
    }

    /// The audio of a tuned voice, whose model is loaded when the stream is first read and held to its end.
    fn tuned_stream(
        &self,
        wanted: Wanted,
        session: Session,
        passages: Vec<Passage>,
    ) -> AudioStream {
        let models = Arc::clone(&self.tuned);
        let cancel = session.cancel.clone();
        let speaking = async move {
            let loading = cancel.run_until_cancelled(models.get(&wanted)).await;
            let model = loading.unwrap_or(Err(SpeechError::Cancelled))?;
            let session = Session {
                supervisor: model.supervisor.clone(),
                ..session
            };
            let audio = speaking::stream(session, passages);
            Ok::<_, SpeechError>(audio.inspect(move |_| {
                let _held = &model;
            }))
        };
        stream::once(speaking).try_flatten().boxed()
    }
}

impl Engine for Xtts {
    fn info(&self) -> &EngineInfo {
        &self.info
    }

    fn speak(&self, batch: Vec<SpeechRequest>) -> Vec<Result<Utterance, SpeechError>> {
        batch
            .into_iter()
            .map(|request| self.start_request(request))
            .collect()
    }

    fn voice_maker(&self) -> Option<Arc<dyn VoiceMaker>> {
        Some(Arc::new(Conditioner(self.supervisor.clone())))
    }

    fn rows(&self) -> Option<usize> {
        Some(self.rows)
    }

    fn signature(&self) -> Option<&str> {
        Some(&self.signature)
    }

    fn counts(&self) -> Vec<EngineCount> {
        self.counters.report(self.supervisor.restarts())
    }

    fn cache_stats(&self) -> Option<CacheStats> {
        Some(self.tuned.stats())
    }
}

fn describe(hello: &Hello, languages: &[SpokenLanguage], voices: &Voices) -> EngineInfo {
    let tags: Vec<String> = languages.iter().map(SpokenLanguage::tag).collect();
    EngineInfo {
        name: NAME.to_owned(),
        description: "XTTS-v2: natural speech in voices taken from recordings".to_owned(),
        sample_rate: hello.sample_rate,
        quality_profiles: profiles::infos(),
        voices: voices.announce(&tags),
        languages: tags,
    }
}
