//! What the engines order of the process that speaks for all of them, and what they are told. The process hears numbers of
//! phones, never a text.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use kiskadee_process::Protocol;

/// The protocol of the process.
pub(crate) enum OpenVoicesProtocol {}

impl Protocol for OpenVoicesProtocol {
    const NAME: &'static str = "openvoices";
    const VERSION: u32 = 1;
    type Load = Load;
    type Hello = Hello;
    type Order = Order;
    type End = Done;

    fn log(hello: &Hello) {
        tracing::info!(
            threads = hello.threads,
            "the speech process is ready for models"
        );
    }
}

/// Models are loaded when they are first ordered, within a budget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Load {
    /// Each speaks one line at a time.
    pub(crate) threads: usize,
    /// What models may take in memory, in bytes.
    pub(crate) model_budget: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Hello {
    pub(crate) threads: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// Have this model in memory.
    Prepare(ModelPlace),
    /// The first part of the answer is the frames that each id lasts (u32), the others are samples (f32).
    Speak(Speak),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ModelPlace {
    pub(crate) kind: ModelKind,
    pub(crate) folder: PathBuf,
    /// Of its weights: a model that was imported anew in the same place is another one.
    pub(crate) sha256: String,
    /// What it takes in memory.
    pub(crate) bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ModelKind {
    Kokoro,
    Piper,
}

/// One line of speech.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Speak {
    pub(crate) model: ModelPlace,
    pub(crate) ids: Vec<u32>,
    pub(crate) who: Who,
    /// Of the whole line: 2 is twice as fast.
    pub(crate) speed: f32,
    /// For each id, or none at all.
    pub(crate) factors: Vec<Factors>,
    pub(crate) seed: u64,
    /// Somebody listens: it goes before what nobody listens to.
    pub(crate) live: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Who {
    /// The body is the style (f32).
    Style,
    /// Speakers of the model by number, with their weights; the model's own where there are none.
    Speakers(Vec<(usize, f32)>),
}

/// What is asked of one id, beside what the model makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Factors {
    /// 2 is twice as fast.
    pub(crate) speed: f32,
    /// Of the pitch in Hz.
    pub(crate) pitch: f32,
}

impl Factors {
    pub(crate) const PLAIN: Self = Self {
        speed: 1.0,
        pitch: 1.0,
    };

    pub(crate) fn changes_pitch(self) -> bool {
        (self.pitch - Self::PLAIN.pitch).abs() > f32::EPSILON
    }
}

/// How an order was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Done {
    Prepared,
    Spoken,
}
