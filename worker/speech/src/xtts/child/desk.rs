//! The main loop: new orders join the running batch between two steps, and those that are not wanted any more leave it.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        mpsc::{Receiver, TryRecvError},
    },
    time::{Duration, Instant},
};

use kiskadee_xtts::{self as model, Batch, Event, Order, Xtts, XttsError};

use super::{
    Ending, Heard,
    outbox::Outbox,
    voices::{self, Voices},
};
use crate::xtts::protocol::{self, Failure, Reply, Request, Speak};

/// While the batch runs a sign of life is given so often, at most.
const ALIVE_EVERY: Duration = Duration::from_secs(1);

pub(super) struct Desk {
    model: Arc<Xtts>,
    batch: Batch,
    voices: Voices,
    /// Orders that no row is free for; those that somebody listens to come first.
    waiting: VecDeque<(Speak, Vec<u8>)>,
    /// Nothing more will be asked.
    closed: bool,
}

impl Desk {
    pub(super) fn new(model: Arc<Xtts>, rows: usize) -> Result<Self, XttsError> {
        Ok(Self {
            batch: Batch::new(Arc::clone(&model), rows)?,
            model,
            voices: Voices::new(),
            waiting: VecDeque::new(),
            closed: false,
        })
    }

    /// Until the input ends, whatever is being spoken then.
    pub(super) fn work(mut self, heard: &Receiver<Heard>, outbox: &Outbox) -> Result<(), Ending> {
        let mut told = Instant::now();
        loop {
            self.hear(heard, outbox)?;
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
                outbox.send(&Reply::Alive, &[])?;
                told = Instant::now();
            }
            for (id, event) in events {
                tell(outbox, id, event)?;
            }
        }
    }

    /// Takes all that was asked meanwhile; waits for it where there is nothing to do.
    fn hear(&mut self, heard: &Receiver<Heard>, outbox: &Outbox) -> Result<(), Ending> {
        if self.batch.is_empty() && self.waiting.is_empty() {
            match heard.recv() {
                Ok(heard) => self.take(heard, outbox)?,
                Err(_) => self.closed = true,
            }
        }
        loop {
            match heard.try_recv() {
                Ok(heard) => self.take(heard, outbox)?,
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Disconnected) => {
                    self.closed = true;
                    return Ok(());
                }
            }
        }
    }

    fn take(&mut self, heard: Heard, outbox: &Outbox) -> Result<(), Ending> {
        let (request, body) = match heard {
            Heard::Request(request, body) => (request, body),
            Heard::Damaged(error) => return Err(error.into()),
        };
        match request {
            Request::Load(_) => Err(Ending::Protocol("a second model was named".to_owned())),
            Request::Condition { id, recordings } => {
                match voices::condition(&self.model, recordings, &body) {
                    Ok(voice) => outbox.send(&Reply::Conditioned { id }, &voice),
                    Err(error) => refuse(outbox, id, &error),
                }
            }
            Request::Speak(speak) => {
                self.line_up(speak, body);
                Ok(())
            }
            Request::Cancel { id } => {
                self.waiting.retain(|(speak, _)| speak.id != id);
                let left = self.batch.leave(id);
                left.map_err(|error| Ending::of_device(&error))
            }
        }
    }

    fn line_up(&mut self, speak: Speak, body: Vec<u8>) {
        let place = if speak.stream {
            self.waiting
                .iter()
                .take_while(|(other, _)| other.stream)
                .count()
        } else {
            self.waiting.len()
        };
        self.waiting.insert(place, (speak, body));
    }

    /// Gives free rows to those who wait.
    fn seat(&mut self, outbox: &Outbox) -> Result<(), Ending> {
        while self.batch.free_rows() > 0 {
            let Some((speak, body)) = self.waiting.pop_front() else {
                return Ok(());
            };
            let id = speak.id;
            match self.order(&speak, &body) {
                Ok(Ok(order)) => {
                    if let Err(error) = self.batch.join(id, order) {
                        refuse(outbox, id, &error)?;
                    }
                }
                Ok(Err(too_long)) => fail(outbox, id, Failure::TooLong, too_long)?,
                Err(error) => refuse(outbox, id, &error)?,
            }
        }
        Ok(())
    }

    /// The order for the model; in words where the passage has too many tokens.
    fn order(&self, speak: &Speak, body: &[u8]) -> Result<Result<Order, String>, XttsError> {
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
        Ok(Ok(Order {
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
        Event::Audio(samples) => {
            outbox.send(&Reply::Audio { id }, &protocol::from_samples(&samples))
        }
        Event::Finished(outcome) => {
            let end = match outcome.end {
                model::End::Stop => protocol::End::Stop,
                model::End::LengthLimit => protocol::End::LengthLimit,
            };
            outbox.send(
                &Reply::Finished { id, end },
                &protocol::from_codes(&outcome.codes),
            )
        }
    }
}

/// Answers with an error of the model. One of the device is no answer but the end.
fn refuse(outbox: &Outbox, id: u64, error: &XttsError) -> Result<(), Ending> {
    match error {
        XttsError::Device(_) => Err(Ending::of_device(error)),
        XttsError::Input(_) => fail(outbox, id, Failure::Reject, error.to_string()),
        _ => fail(outbox, id, Failure::Retry, error.to_string()),
    }
}

fn fail(outbox: &Outbox, id: u64, failure: Failure, message: String) -> Result<(), Ending> {
    let failed = Reply::Failed {
        id,
        failure,
        message,
    };
    outbox.send(&failed, &[])
}
