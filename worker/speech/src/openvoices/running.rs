//! A line that the process is at.

use sha2::{Digest as _, Sha256};

use super::{
    Process,
    line::Line,
    protocol::{Done, OpenVoicesProtocol, Order, Speak},
};
use crate::{
    SpeechError,
    process::{Answer, Ticket, to_floats, to_integers},
};

/// A line that was ordered. Dropping it ends the work.
pub(super) struct Running {
    pub(super) line: Line,
    process: Process,
    order: Order,
    ticket: Ticket<OpenVoicesProtocol>,
    again: bool,
    /// How long each id lasts, once that is known.
    frames: Option<Vec<u32>>,
    /// Samples that came so far.
    received: usize,
    /// Samples of a second take that were already given.
    skipped: usize,
}

/// The same for the same line of the same request.
pub(super) fn seed(voice: &str, text: &str, line: usize) -> u64 {
    let mut hash = Sha256::new();
    hash.update(voice.as_bytes());
    hash.update([0]);
    hash.update((line as u64).to_le_bytes());
    hash.update(text.as_bytes());
    let hash = hash.finalize();
    hash.first_chunk()
        .map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

impl Running {
    pub(super) fn order(
        process: &Process,
        line: Line,
        seed: u64,
        pace: f32,
        is_live: bool,
    ) -> Result<Self, SpeechError> {
        let order = Order::Speak(Speak {
            model: line.model.clone(),
            ids: line.ids.clone(),
            who: line.who.clone(),
            speed: pace,
            factors: line.factors.clone(),
            seed,
            live: is_live,
        });
        Ok(Self {
            ticket: process.0.order(order.clone(), &line.body)?,
            process: process.clone(),
            line,
            order,
            again: false,
            frames: None,
            received: 0,
            skipped: 0,
        })
    }

    /// How long each id lasts; nothing before the first samples.
    pub(super) fn frames(&self) -> &[u32] {
        self.frames.as_deref().unwrap_or_default()
    }

    /// The next samples; none at the end. A line whose process dies is ordered once more, and what was heard of it is left
    /// out: the same order gives the same samples.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<f32>>, SpeechError> {
        loop {
            match self.ticket.next().await.map_err(SpeechError::from) {
                Ok(Answer::Finished {
                    end: Done::Spoken, ..
                }) => return Ok(None),
                Ok(Answer::Part(body)) => {
                    let samples = self.take(&body).ok_or_else(damaged)?;
                    if !samples.is_empty() {
                        return Ok(Some(samples));
                    }
                }
                Ok(Answer::Finished { .. }) => return Err(damaged()),
                Err(SpeechError::Retry(why)) if !self.again => {
                    tracing::warn!(%why, "a line is spoken once more");
                    self.again = true;
                    self.skipped = self.received;
                    self.received = 0;
                    self.frames = None;
                    self.ticket = self.process.0.order(self.order.clone(), &self.line.body)?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// All samples that are left.
    pub(super) async fn rest(&mut self) -> Result<Vec<f32>, SpeechError> {
        let mut samples = Vec::new();
        while let Some(further) = self.next().await? {
            samples.extend(further);
        }
        Ok(samples)
    }

    /// The new samples in a part of the answer; none for a part that is damaged.
    fn take(&mut self, body: &[u8]) -> Option<Vec<f32>> {
        if self.frames.is_none() {
            self.frames = Some(to_integers(body)?);
            return Some(Vec::new());
        }
        let mut samples = to_floats(body)?;
        let before = self.received;
        self.received += samples.len();
        let known = self.skipped.saturating_sub(before).min(samples.len());
        samples.drain(..known);
        Some(samples)
    }
}

fn damaged() -> SpeechError {
    SpeechError::Retry("the speech process gave a damaged answer".to_owned())
}
