//! One request on its way through the process: what all its passages have in common, and how each is ordered.

use std::sync::Arc;

use kiskadee_text::Passage;
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

use super::{
    counters::Counters,
    protocol::{Done, End, Order, Sampling, Speak, XttsProtocol},
    quality::{Measure, Pace, Take},
    voices::Ingredients,
};
use crate::{
    SpeechError,
    process::{Answer, OrderError, Supervisor, Ticket, to_floats, to_integers},
};

pub(super) struct Session {
    pub(super) supervisor: Supervisor<XttsProtocol>,
    pub(super) counters: Arc<Counters>,
    /// The text as it was asked for; the chance that the model draws by follows from it.
    pub(super) text: String,
    /// In the model's own words.
    pub(super) language: String,
    pub(super) voice: Ingredients,
    pub(super) sampling: Sampling,
    /// The part of the asked speed that the model gives.
    pub(super) speed: f32,
    /// Audio is given as it is made.
    pub(super) live: bool,
    /// A second take is made even of a passage without fault.
    pub(super) twice: bool,
    pub(super) codes_per_second: f32,
    /// Hz.
    pub(super) sample_rate: u32,
    pub(super) cancel: CancellationToken,
}

/// A passage that was ordered. Dropping it ends the work.
pub(super) struct Running {
    pub(super) passage: Passage,
    /// Among the passages of its request.
    pub(super) index: usize,
    /// 0, or 1 for the second take.
    pub(super) attempt: u32,
    ticket: Ticket<XttsProtocol>,
}

/// What the model made of a passage.
pub(super) enum Made {
    /// The samples that follow those before.
    Audio(Vec<f32>),
    /// The whole passage.
    Finished { codes: Vec<u32>, end: End },
}

impl Session {
    pub(super) fn order(
        &self,
        passage: Passage,
        index: usize,
        attempt: u32,
    ) -> Result<Running, SpeechError> {
        let speak = Order::Speak(Speak {
            transcript: passage.transcript.clone(),
            language: self.language.clone(),
            voice: self.voice.recipe.clone(),
            sampling: Sampling {
                seed: self.seed(index, attempt),
                ..self.sampling
            },
            max_codes: self.most_codes(&passage),
            speed: self.speed,
            stream: self.live,
        });
        let ticket = self.supervisor.order(speak, &self.voice.body)?;
        Ok(Running {
            passage,
            index,
            attempt,
            ticket,
        })
    }

    /// A passage that is longer than any reader would take has run away; no row is to be held by it up to the model's limit.
    fn most_codes(&self, passage: &Passage) -> usize {
        (Pace::of(&passage.transcript).limit_seconds() * self.codes_per_second) as usize
    }

    /// The same for the same request, so that it sounds the same wherever and whenever it is spoken.
    fn seed(&self, index: usize, attempt: u32) -> u64 {
        let mut hash = Sha256::new();
        hash.update(self.voice.recipe.key.as_bytes());
        hash.update((index as u64).to_le_bytes());
        hash.update(attempt.to_le_bytes());
        hash.update(self.text.as_bytes());
        let hash = hash.finalize();
        hash.first_chunk()
            .map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }

    pub(super) fn measure(&self, passage: &Passage) -> Measure {
        Measure {
            pace: Pace::of(&passage.transcript),
            speed: self.speed,
            sample_rate: self.sample_rate,
        }
    }
}

impl Running {
    pub(super) async fn next(&mut self) -> Result<Made, OrderError> {
        let made = match self.ticket.next().await? {
            Answer::Part(body) => to_floats(&body).map(Made::Audio),
            Answer::Finished {
                end: Done::Spoken(end),
                body,
            } => to_integers(&body).map(|codes| Made::Finished { codes, end }),
            Answer::Finished { .. } => None,
        };
        made.ok_or_else(|| {
            let why = "the speech process gave a damaged answer".to_owned();
            OrderError::Retry(why)
        })
    }

    /// The passage to its end.
    pub(super) async fn take(&mut self) -> Result<Take, OrderError> {
        let mut samples = Vec::new();
        loop {
            match self.next().await? {
                Made::Audio(further) => samples.extend(further),
                Made::Finished { codes, end } => {
                    return Ok(Take {
                        samples,
                        codes,
                        end,
                    });
                }
            }
        }
    }
}
