//! One utterance of a batch: what was drawn, and what is still to be decoded.

use candle_core::Tensor;

use super::{End, Event, Order, Outcome};
use crate::{error::Result, model::Xtts, sampling::Sampler, vocoder::VocoderStream};

/// Codes that are gathered before they go to the vocoder: first few, so that a listener hears something soon, then more.
const FIRST_CODES: usize = 12;
const NEXT_CODES: usize = 20;

pub(super) struct Row {
    pub(super) id: u64,
    /// Where it begins in the cache.
    pub(super) begin: usize,
    codes: Vec<u32>,
    sampler: Sampler,
    max_codes: usize,
    vocoder: VocoderStream,
    /// Hidden states that the vocoder has not had.
    states: Vec<Tensor>,
    stream: bool,
    /// Samples that wait for the end, where nobody wants them before.
    samples: Vec<f32>,
    pieces: usize,
}

impl Row {
    pub(super) fn new(id: u64, begin: usize, order: Order, model: &Xtts) -> Self {
        let sizes = model.gpt.sizes();
        Self {
            id,
            begin,
            codes: Vec::new(),
            max_codes: order.sampling.max_codes.clamp(1, sizes.max_codes.max(1)),
            sampler: Sampler::new(order.sampling, sizes.codes, sizes.start_code),
            vocoder: VocoderStream::new(
                &model.vocoder,
                &order.voice.vocoder,
                f64::from(order.speed),
            ),
            states: Vec::new(),
            stream: order.stream,
            samples: Vec::new(),
            pieces: 0,
        }
    }

    pub(super) fn last_code(&self) -> u32 {
        self.codes.last().copied().unwrap_or_default()
    }

    /// Of the last code, counted from the start code.
    pub(super) fn position(&self) -> u32 {
        self.codes.len() as u32
    }

    /// Draws the next code from its scores; `state` `[1, channels]` is what they came of, where sound is to be made. A failure of the vocoder is the
    /// device's and not the utterance's.
    pub(super) fn take(
        &mut self,
        logits: &[f32],
        state: Option<Tensor>,
        model: &Xtts,
    ) -> Result<Vec<Event>> {
        let stop = model.gpt.sizes().stop_code;
        let code = self.sampler.draw(logits, stop);
        self.codes.push(code);
        self.states.extend(state);
        let end = if code == stop {
            Some(End::Stop)
        } else {
            (self.codes.len() == self.max_codes).then_some(End::LengthLimit)
        };
        let mut events = Vec::new();
        let wanted = if self.pieces == 0 {
            FIRST_CODES
        } else {
            NEXT_CODES
        };
        if (end.is_some() || self.states.len() >= wanted) && !self.states.is_empty() {
            self.decode(end.is_some())?;
        }
        if (self.stream || end.is_some()) && !self.samples.is_empty() {
            events.push(Event::Audio(std::mem::take(&mut self.samples)));
        }
        events.extend(end.map(|end| {
            let codes = std::mem::take(&mut self.codes);
            Event::Finished(Outcome { codes, end })
        }));
        Ok(events)
    }

    fn decode(&mut self, last: bool) -> Result<()> {
        let states = Tensor::cat(&self.states, 0)?;
        self.states.clear();
        self.pieces += 1;
        self.samples.extend(self.vocoder.push(&states, last)?);
        Ok(())
    }
}
