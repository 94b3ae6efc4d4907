//! What the engines `kokoro` and `piper` share: one process for the models of both, and the way of a text through it.
//!
//! A [`Script`] makes lines of sentences: numbers of phones, of which the process makes samples (`child`). `speaking` orders them
//! one ahead of what is heard, and joins them. Engines bring their voices and an [`Alphabet`].

mod child;
mod edges;
mod gains;
mod heard;
mod imported;
mod line;
mod phones;
mod prosody;
mod protocol;
mod running;
mod script;
mod speaking;
mod text;
mod volume;

use std::{fmt, num::NonZero, sync::Arc, thread::available_parallelism};

use tokio::sync::OnceCell;

pub use self::child::serve_openvoices;
use self::protocol::{Done, Factors, Load, OpenVoicesProtocol, Order};
pub(crate) use self::{
    gains::Gains,
    imported::Imported,
    phones::{EspeakPhones, FrontEnd, Phones},
    protocol::{ModelKind, ModelPlace, Who},
    script::{Alphabet, Encoded, Script, Times},
    speaking::Session,
    text::Reading,
};
use crate::{
    EngineCount, EngineProgram, Phonemizer, PhonemizerConfig, SpeechError,
    process::{Answer, Supervisor},
};

/// What the models do well themselves: durations are whole frames, which beyond it are too few.
const OWN_SPEEDS: std::ops::RangeInclusive<f32> = 0.5..=2.0;
const SPEEDS: std::ops::RangeInclusive<f32> = 0.25..=4.0;

/// The part of a speed that the models give, and the rest, which is left to the caller.
pub(crate) fn share_speed(speed: f32) -> Result<(f32, f32), SpeechError> {
    if !SPEEDS.contains(&speed) {
        let (least, most) = (SPEEDS.start(), SPEEDS.end());
        return Err(SpeechError::Reject(format!(
            "speed must be from {least} to {most}, not {speed}"
        )));
    }
    let own = speed.clamp(*OWN_SPEEDS.start(), *OWN_SPEEDS.end());
    Ok((own, speed / own))
}

/// How the process of the engines `kokoro` and `piper` is run.
#[derive(Debug, Clone)]
pub struct OpenVoicesConfig {
    pub program: EngineProgram,
    /// Lines that are spoken at once, each on a core of its own.
    pub threads: usize,
    /// What models may take of memory, in bytes, counted by their files: 330 MB for Kokoro, which takes 550 of memory, and 65 MB for a voice of
    /// Piper.
    pub model_budget: u64,
    /// How espeak-ng is run, which gives the phones of most languages.
    pub phonemizer: PhonemizerConfig,
}

impl Default for OpenVoicesConfig {
    /// A process of this very program that uses all cores.
    fn default() -> Self {
        Self {
            program: EngineProgram::own("engine-openvoices"),
            threads: available_parallelism().map_or(1, NonZero::get),
            model_budget: 1 << 30,
            phonemizer: PhonemizerConfig::default(),
        }
    }
}

/// The process of the engines `kokoro` and `piper`, which starts when the first of them does. Cheap to clone; the process ends
/// with the last clone.
#[derive(Clone)]
pub struct OpenVoices(Arc<Inner>);

struct Inner {
    config: OpenVoicesConfig,
    supervisor: OnceCell<Supervisor<OpenVoicesProtocol>>,
    phonemizer: OnceCell<Arc<Phonemizer>>,
}

impl OpenVoices {
    pub fn new(config: OpenVoicesConfig) -> Self {
        Self(Arc::new(Inner {
            config,
            supervisor: OnceCell::new(),
            phonemizer: OnceCell::new(),
        }))
    }

    /// Starts the process, unless it runs.
    pub(crate) async fn start(&self) -> Result<Process, SpeechError> {
        let Inner {
            config, supervisor, ..
        } = &*self.0;
        let started = supervisor.get_or_try_init(async || {
            let load = Load {
                threads: config.threads.max(1),
                model_budget: config.model_budget,
            };
            let (supervisor, _) = Supervisor::start(config.program.clone(), load).await?;
            Ok::<_, SpeechError>(supervisor)
        });
        Ok(Process(started.await?.clone()))
    }

    /// Whoever gives the phones of most languages. Fails with [`SpeechError::Unavailable`] where espeak-ng is not installed.
    pub(crate) async fn phonemizer(&self) -> Result<Arc<Phonemizer>, SpeechError> {
        let Inner {
            config, phonemizer, ..
        } = &*self.0;
        let started = phonemizer.get_or_try_init(async || {
            Phonemizer::start(config.phonemizer.clone())
                .await
                .map(Arc::new)
        });
        started.await.cloned()
    }
}

impl fmt::Debug for OpenVoices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            config, supervisor, ..
        } = &*self.0;
        f.debug_struct("OpenVoices")
            .field("config", config)
            .field("started", &supervisor.initialized())
            .finish_non_exhaustive()
    }
}

/// The process that runs.
#[derive(Clone)]
pub(crate) struct Process(Supervisor<OpenVoicesProtocol>);

impl Process {
    /// Has a model in memory. What keeps it from there makes its engine unavailable.
    pub(crate) async fn prepare(&self, model: &ModelPlace) -> Result<(), SpeechError> {
        let mut ticket = self.0.order(Order::Prepare(model.clone()), &[])?;
        match ticket.next().await {
            Ok(Answer::Finished {
                end: Done::Prepared,
                ..
            }) => Ok(()),
            Ok(_) => Err(SpeechError::Unavailable(
                "the speech process answered with something else than a model".to_owned(),
            )),
            Err(error) => Err(SpeechError::Unavailable(error.to_string())),
        }
    }

    /// How often it was started again so far.
    pub(crate) fn restarts(&self, engine: &'static str) -> EngineCount {
        EngineCount {
            name: "tts_engine_restarts_total",
            labels: vec![("engine", engine)],
            value: self.0.restarts(),
        }
    }
}
