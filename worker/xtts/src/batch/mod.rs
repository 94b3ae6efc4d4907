//! Continuous batching: utterances of different lengths and voices are decoded side by side, and join and leave at any step.
//!
//! An utterance is the same whether it runs alone or among others: on the CPU to the last bit, for no sum depends on who else is there.

mod row;

use std::sync::Arc;

use candle_core::Tensor;

use self::row::Row;
use crate::{
    error::{Result, XttsError},
    gpt::{KvCache, Placement},
    model::{PreparedVoice, Xtts},
    parameters::Trace,
    sampling::Sampling,
};

/// Positions of the cache to begin with, and the least by which it grows.
const CAPACITY: usize = 256;

/// What is to be spoken.
#[derive(Clone)]
pub struct Order {
    /// From [`Xtts::tokenize`].
    pub tokens: Vec<u32>,
    pub voice: PreparedVoice,
    pub sampling: Sampling,
    /// 1.0 is the voice's own pace, 2.0 twice as fast.
    pub speed: f32,
    /// Gives audio as soon as there is some, else all of it at the end. The samples are the same.
    pub stream: bool,
}

/// What becomes of an utterance.
#[derive(Debug)]
pub enum Event {
    /// The next samples, at the model's output rate (24,000 Hz).
    Audio(Vec<f32>),
    /// There will be no more.
    Finished(Outcome),
}

/// How an utterance ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What was drawn, the stop code included if it came.
    pub codes: Vec<u32>,
    pub end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The model said that it was done.
    Stop,
    /// It had not by the most codes that were allowed.
    LengthLimit,
}

/// A running decode.
pub struct Batch {
    model: Arc<Xtts>,
    cache: KvCache,
    rows: Vec<Row>,
    most_rows: usize,
    speaks: bool,
    /// Where all rows end in the cache.
    end: usize,
    /// Of rows that joined since the last step.
    events: Vec<(u64, Event)>,
}

impl Batch {
    /// A decode of at most so many utterances at once.
    pub fn new(model: Arc<Xtts>, rows: usize) -> Result<Self> {
        Ok(Self {
            cache: model.gpt.cache(rows.max(1), CAPACITY)?,
            model,
            rows: Vec::new(),
            most_rows: rows.max(1),
            speaks: true,
            end: 0,
            events: Vec::new(),
        })
    }

    /// A decode that draws codes and makes no sound of them.
    pub fn of_codes(model: Arc<Xtts>, rows: usize) -> Result<Self> {
        Ok(Self {
            speaks: false,
            ..Self::new(model, rows)?
        })
    }

    pub fn free_rows(&self) -> usize {
        self.most_rows - self.rows.len()
    }

    /// Nothing is left to do.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.events.is_empty()
    }

    /// Reads an utterance's text, and has its first code drawn. `id` is the caller's, for its events.
    ///
    /// Fails with [`XttsError::Input`] for a text that is too long and where no row is free.
    pub fn join(&mut self, id: u64, order: Order) -> Result<()> {
        let model = Arc::clone(&self.model);
        model.work(|| self.read(id, order))
    }

    fn read(&mut self, id: u64, order: Order) -> Result<()> {
        if self.free_rows() == 0 {
            return Err(XttsError::Input("no row of the batch is free".to_owned()));
        }
        let gpt = &self.model.gpt;
        let text = gpt.embed_text(&order.tokens)?;
        let start = gpt.embed_codes(&[gpt.sizes().start_code], &[0])?;
        let text = Tensor::cat(&[&text, &start], 0)?;
        let (latents, times) = (order.voice.latents.capacity(), text.dim(0)?);
        self.make_room(latents + times)?;
        let row = self.rows.len();
        let begin = self.end - latents - times;
        self.cache.write_row(row, begin, &order.voice.latents)?;
        let placement = Placement {
            row,
            times,
            at: begin + latents,
            starts: vec![begin],
        };
        let output = self
            .model
            .gpt
            .forward(&text, &self.cache, &placement, &mut Trace::none())?;
        let last = output.narrow(0, times - 1, 1)?;
        self.rows.push(Row::new(id, begin, order, &self.model));
        let drawn = self.draw(&last, row);
        if drawn.is_err() {
            self.rows.pop();
        }
        drawn
    }

    /// Gives an utterance up. Its events end at once.
    pub fn leave(&mut self, id: u64) -> Result<()> {
        self.events.retain(|(of, _)| *of != id);
        match self.rows.iter().position(|row| row.id == id) {
            Some(row) => self.remove(row),
            None => Ok(()),
        }
    }

    /// Draws the next code of every utterance, and gives what became ready. An error is the device's: the batch is lost.
    pub fn step(&mut self) -> Result<Vec<(u64, Event)>> {
        if !self.rows.is_empty() {
            let model = Arc::clone(&self.model);
            model.work(|| self.advance())?;
        }
        Ok(std::mem::take(&mut self.events))
    }

    fn advance(&mut self) -> Result<()> {
        self.make_room(0)?;
        let codes: Vec<u32> = self.rows.iter().map(Row::last_code).collect();
        let positions: Vec<u32> = self.rows.iter().map(Row::position).collect();
        let input = self.model.gpt.embed_codes(&codes, &positions)?;
        let placement = Placement {
            row: 0,
            times: 1,
            at: self.end,
            starts: self.rows.iter().map(|row| row.begin).collect(),
        };
        self.end += 1;
        let output = self
            .model
            .gpt
            .forward(&input, &self.cache, &placement, &mut Trace::none())?;
        self.draw(&output, 0)
    }

    /// Draws the next codes of the rows from `first` on, of which these are the outputs of the last block.
    fn draw(&mut self, output: &Tensor, first: usize) -> Result<()> {
        let model = Arc::clone(&self.model);
        let states = model.gpt.states(output, &mut Trace::none())?;
        let logits = model.gpt.logits(&states)?.to_vec2::<f32>()?;
        let mut ended = Vec::new();
        for (number, logits) in logits.iter().enumerate() {
            let state = states.narrow(0, number, 1)?;
            let row = &mut self.rows[first + number];
            let id = row.id;
            let events = row.take(logits, self.speaks.then_some(state), &model)?;
            if events
                .last()
                .is_some_and(|event| !matches!(event, Event::Audio(_)))
            {
                ended.push(first + number);
            }
            self.events
                .extend(events.into_iter().map(|event| (id, event)));
        }
        for row in ended.into_iter().rev() {
            self.remove(row)?;
        }
        Ok(())
    }

    /// Closes the gap with the last row.
    fn remove(&mut self, row: usize) -> Result<()> {
        let last = self.rows.len() - 1;
        if row != last {
            let times = self.rows[last].begin..self.end;
            self.cache.copy_row(last, row, times)?;
        }
        self.rows.swap_remove(row);
        if self.rows.is_empty() {
            self.end = 0;
        }
        Ok(())
    }

    /// Moves the rows so that one of `length` could end where they end, and one more step fits behind.
    fn make_room(&mut self, length: usize) -> Result<()> {
        let first = self.rows.iter().map(|row| row.begin).min();
        let first = first.unwrap_or(self.end);
        let fits = self.end >= length && self.end < self.cache.capacity();
        if fits {
            return Ok(());
        }
        let longest = (self.end - first).max(length);
        let wanted = (longest + 1).next_multiple_of(CAPACITY);
        let capacity = self.cache.capacity().max(wanted);
        // Rows that have just filled the cache would soon fill it again.
        let capacity = if longest + CAPACITY / 4 > capacity {
            capacity + CAPACITY
        } else {
            capacity
        };
        let begin = longest - (self.end - first);
        self.cache = self.cache.moved(first..self.end, begin, capacity)?;
        for row in &mut self.rows {
            row.begin = row.begin - first + begin;
        }
        self.end = longest;
        Ok(())
    }
}
