//! The main loop: new orders join the running batch between two steps, and those that are not wanted any more leave it.

use std::{
    collections::VecDeque,
    sync::{Arc, mpsc::TryRecvError},
    time::{Duration, Instant},
};

use kiskadee_xtts::{self as model, Batch, Event, Xtts, XttsError};

use super::{
    load::load,
    voices::{self, Voices},
};
use crate::{
    process::{self, Call, Calls, Ending, Failure, from_floats, from_integers},
    xtts::protocol::{self, Done, Hello, Load, Speak, XttsProtocol},
};

type Outbox = process::Outbox<XttsProtocol>;

/// While the batch runs a sign of life is given so often, at most.
const ALIVE_EVERY: Duration = Duration::from_secs(1);

struct Waiting {
    id: u64,
    speak: Speak,
    /// The conditioning of its voice.
    body: Vec<u8>,
}

pub(super) struct Scheduler {
    model: Arc<Xtts>,
    batch: Batch,
    voices: Voices,
    /// Orders that no row is free for; those that somebody listens to come first.
    waiting: VecDeque<Waiting>,
    /// Nothing more will be asked.
    closed: bool,
}

impl Scheduler {
    fn new(model: Arc<Xtts>, rows: usize) -> Result<Self, XttsError> {
        Ok(Self {
            batch: Batch::new(Arc::clone(&model), rows)?,
            model,
            voices: Voices::new(),
            waiting: VecDeque::new(),
            closed: false,
        })
    }
}

impl process::Model<XttsProtocol> for Scheduler {
    fn load(told: Load) -> Result<(Self, Hello), Ending> {
        let loaded = load(&told).map_err(|error| Ending::of_model(&error))?;
        let hello = loaded.hello();
        let scheduler = Self::new(loaded.model, loaded.rows);
        Ok((scheduler.map_err(|error| Ending::of_device(&error))?, hello))
    }

    fn work(mut self, calls: &Calls<XttsProtocol>, outbox: &Outbox) -> Result<(), Ending> {
        let mut told = Instant::now();
        loop {
            self.hear(calls, outbox)?;
            if self.closed {
                return Ok(());
            }
            self.seat(outbox)?;
            if self.batch.is_empty() {
                continue;
            }
            let events = self
                .batch
                .step()
                .map_err(|error| Ending::of_device(&error))?;
            if events.is_empty() && told.elapsed() > ALIVE_EVERY {
                outbox.alive()?;
                told = Instant::now();
            }
            for (id, event) in events {
                tell(outbox, id, event)?;
            }
        }
    }
}

impl Scheduler {
    /// Takes all that was asked meanwhile; waits for it where there is nothing to do.
    fn hear(&mut self, calls: &Calls<XttsProtocol>, outbox: &Outbox) -> Result<(), Ending> {
        if self.batch.is_empty() && self.waiting.is_empty() {
            match calls.recv() {
                Ok(call) => self.take(call?, outbox)?,
                Err(_) => self.closed = true,
            }
        }
        loop {
            match calls.try_recv() {
                Ok(call) => self.take(call?, outbox)?,
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Disconnected) => {
                    self.closed = true;
                    return Ok(());
                }
            }
        }
    }

    fn take(&mut self, call: Call<protocol::Order>, outbox: &Outbox) -> Result<(), Ending> {
        match call {
            Call::Order { id, order, body } => match order {
                protocol::Order::Condition { recordings } => {
                    match voices::condition(&self.model, recordings, &body) {
                        Ok(voice) => outbox.finish(id, Done::Conditioned, &voice),
                        Err(error) => refuse(outbox, id, &error),
                    }
                }
                protocol::Order::Speak(speak) => {
                    self.line_up(Waiting { id, speak, body });
                    Ok(())
                }
            },
            Call::Cancel(id) => {
                self.waiting.retain(|waiting| waiting.id != id);
                let left = self.batch.leave(id);
                left.map_err(|error| Ending::of_device(&error))
            }
        }
    }

    fn line_up(&mut self, new: Waiting) {
        let place = if new.speak.stream {
            self.waiting
                .iter()
                .take_while(|other| other.speak.stream)
                .count()
        } else {
            self.waiting.len()
        };
        self.waiting.insert(place, new);
    }

    /// Gives free rows to those who wait.
    fn seat(&mut self, outbox: &Outbox) -> Result<(), Ending> {
        while self.batch.free_rows() > 0 {
            let Some(Waiting { id, speak, body }) = self.waiting.pop_front() else {
                return Ok(());
            };
            match self.order(&speak, &body) {
                Ok(Ok(order)) => {
                    if let Err(error) = self.batch.join(id, order) {
                        refuse(outbox, id, &error)?;
                    }
                }
                Ok(Err(too_long)) => outbox.fail(id, Failure::TooLong, too_long)?,
                Err(error) => refuse(outbox, id, &error)?,
            }
        }
        Ok(())
    }

    /// The order for the model; in words where the passage has too many tokens.
    fn order(&self, speak: &Speak, body: &[u8]) -> Result<Result<model::Order, String>, XttsError> {
        let tokens = self.model.tokenize(&speak.transcript, &speak.language)?;
        let most = self.model.config().model_args.gpt_max_text_tokens;
        if tokens.len() >= most {
            let count = tokens.len();
            return Ok(Err(format!(
                "a passage has {count} tokens where the model reads fewer than {most}"
            )));
        }
        let voice = self.voices.get(&self.model, &speak.voice, body)?;
        let protocol::Sampling {
            temperature,
            top_k,
            top_p,
            repetition_penalty,
            seed,
        } = speak.sampling;
        Ok(Ok(model::Order {
            tokens,
            voice,
            sampling: model::Sampling {
                temperature,
                top_k,
                top_p,
                repetition_penalty,
                seed,
                max_codes: speak.max_codes,
                ignore_stop: false,
            },
            speed: speak.speed,
            stream: speak.stream,
        }))
    }
}

fn tell(outbox: &Outbox, id: u64, event: Event) -> Result<(), Ending> {
    match event {
        Event::Audio(samples) => outbox.part(id, &from_floats(&samples)),
        Event::Finished(outcome) => {
            let end = match outcome.end {
                model::End::Stop => protocol::End::Stop,
                model::End::LengthLimit => protocol::End::LengthLimit,
            };
            outbox.finish(id, Done::Spoken(end), &from_integers(&outcome.codes))
        }
    }
}

/// Answers with an error of the model. One of the device is no answer but the end.
fn refuse(outbox: &Outbox, id: u64, error: &XttsError) -> Result<(), Ending> {
    match error {
        XttsError::Device(_) => Err(Ending::of_device(error)),
        XttsError::Input(_) => outbox.fail(id, Failure::Reject, error.to_string()),
        _ => outbox.fail(id, Failure::Retry, error.to_string()),
    }
}
