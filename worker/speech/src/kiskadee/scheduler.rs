//! The threads that speak. All streams lay their sentences on one scheduler; a thread takes what lies there, up to a pass.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use kiskadee_text::{Language, Sentence};
use kiskadee_voice::{
    Line, SAMPLE_RATE, SpokenLine, SpokenWord, SynthesisError, acoustic::ModelError, loudness,
    speaker::Speaker, vocoder::Vocoder,
};
use tokio::sync::oneshot;

use super::{gains::Gains, models::Model};
use crate::SpeechError;

/// Sentences in one pass: a core gains nothing from more, and the first of them would wait for the last.
const PASS: usize = 4;
/// The fade at both ends of a sentence, in samples: 2 ms within its own silence.
const FADE: usize = SAMPLE_RATE as usize / 500;

/// A sentence to be spoken.
pub(super) struct Order {
    pub(super) model: Arc<Model>,
    pub(super) sentence: Sentence,
    pub(super) language: Language,
    pub(super) speaker: Speaker,
    pub(super) rate: f32,
}

/// A sentence that was spoken, with silence at both ends.
pub(super) struct Spoken {
    /// 16 kHz, within ±1.
    pub(super) samples: Vec<f32>,
    /// Times from the sentence's beginning.
    pub(super) words: Vec<SpokenWord>,
}

type Answer = Result<Spoken, SpeechError>;

struct Ticket {
    order: Order,
    answer: oneshot::Sender<Answer>,
}

/// Where orders are laid down; cheap to clone. The threads end with the last clone.
#[derive(Clone)]
pub(super) struct Scheduler(Sender<Ticket>);

impl Scheduler {
    pub(super) fn open(threads: usize) -> io::Result<Self> {
        let (scheduler, tickets) = channel();
        let tickets = Arc::new(Mutex::new(tickets));
        let gains = Arc::new(Gains::default());
        for number in 0..threads.max(1) {
            let (tickets, gains) = (Arc::clone(&tickets), Arc::clone(&gains));
            let name = format!("kiskadee-{number}");
            thread::Builder::new()
                .name(name)
                .spawn(move || work(&tickets, &gains))?;
        }
        Ok(Self(scheduler))
    }

    /// Speaks one sentence. An answer that is no longer waited for is not worked on.
    pub(super) async fn speak(&self, order: Order) -> Answer {
        let gone = || SpeechError::Retry("the engine's threads have stopped".to_owned());
        let (answer, spoken) = oneshot::channel();
        self.0.send(Ticket { order, answer }).map_err(|_| gone())?;
        spoken.await.map_err(|_| gone())?
    }
}

fn work(tickets: &Mutex<Receiver<Ticket>>, gains: &Gains) {
    while let Some(pass) = take(tickets) {
        let (orders, answers): (Vec<_>, Vec<_>) = pass
            .into_iter()
            .filter(|ticket| !ticket.answer.is_closed())
            .map(|ticket| (ticket.order, ticket.answer))
            .unzip();
        let spoken = catch_unwind(AssertUnwindSafe(|| speak(&orders, gains)))
            .unwrap_or_else(|_| orders.iter().map(|_| Err(broken())).collect());
        // Whoever is answered may want another model, for which the memory of this one may be needed.
        drop(orders);
        for (answer, spoken) in answers.into_iter().zip(spoken) {
            // Nobody waits for it any more.
            let _ = answer.send(spoken);
        }
    }
}

fn broken() -> SpeechError {
    SpeechError::Retry("the engine broke down over a sentence".to_owned())
}

/// The next pass; none when the scheduler is closed. Only one thread waits at a time, the others wait for it.
fn take(tickets: &Mutex<Receiver<Ticket>>) -> Option<Vec<Ticket>> {
    let tickets = tickets.lock().unwrap_or_else(PoisonError::into_inner);
    let first = tickets.recv().ok()?;
    Some(
        std::iter::once(first)
            .chain(tickets.try_iter().take(PASS - 1))
            .collect(),
    )
}

/// Speaks all orders of a pass, those that follow one another in the same model together.
fn speak(orders: &[Order], gains: &Gains) -> Vec<Answer> {
    orders
        .chunk_by(|a, b| Arc::ptr_eq(&a.model, &b.model))
        .flat_map(|orders| speak_together(orders, gains))
        .collect()
}

/// What one of the orders makes fail is tried alone, so that it harms no other.
fn speak_together(orders: &[Order], gains: &Gains) -> Vec<Answer> {
    let Some(first) = orders.first() else {
        return Vec::new();
    };
    let lines: Vec<Line<'_>> = orders.iter().map(line).collect();
    match first.model.synthesizer.synthesize(&lines) {
        Ok(spoken) => orders
            .iter()
            .zip(spoken)
            .map(|(order, line)| finish(order, line, gains))
            .collect(),
        Err(error) if orders.len() == 1 => vec![Err(reason(&error))],
        Err(_) => orders
            .chunks(1)
            .flat_map(|order| speak_together(order, gains))
            .collect(),
    }
}

fn line(order: &Order) -> Line<'_> {
    Line {
        sentence: &order.sentence,
        language: order.language,
        speaker: order.speaker,
        rate: order.rate,
    }
}

fn finish(order: &Order, line: SpokenLine, gains: &Gains) -> Answer {
    let gain = gains
        .get(&order.model, order.speaker, order.language)
        .map_err(|error| reason(&error))?;
    // A filter of its own for each sentence: it sounds the same wherever it stands.
    let mut samples = Vocoder::new().synthesize(&line.frames);
    loudness::amplify(&mut samples, gain);
    fade(&mut samples);
    Ok(Spoken {
        samples,
        words: line.words,
    })
}

fn fade(samples: &mut [f32]) {
    let gain = |step: usize| step as f32 / FADE as f32;
    samples
        .iter_mut()
        .take(FADE)
        .enumerate()
        .for_each(|(step, sample)| *sample *= gain(step));
    samples
        .iter_mut()
        .rev()
        .take(FADE)
        .enumerate()
        .for_each(|(step, sample)| *sample *= gain(step));
}

fn reason(error: &SynthesisError) -> SpeechError {
    match error {
        SynthesisError::Pronunciation(error) => SpeechError::Reject(error.to_string()),
        // What is asked for is to blame: no other attempt would end in another way.
        SynthesisError::Model(
            error @ (ModelError::Limit { .. } | ModelError::Range { .. } | ModelError::Empty),
        ) => SpeechError::Reject(error.to_string()),
        SynthesisError::Model(error) => SpeechError::Retry(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_model_cannot_take_is_refused_and_what_breaks_is_tried_again() {
        let too_long = ModelError::Limit {
            what: "the number of tokens",
            found: 7502,
            limit: 4096,
        };
        for refused in [too_long, ModelError::Empty] {
            let reason = reason(&SynthesisError::Model(refused));
            assert!(matches!(reason, SpeechError::Reject(_)), "{reason}");
        }
        let broken = ModelError::Missing("a weight".to_owned());
        let reason = reason(&SynthesisError::Model(broken));
        assert!(matches!(reason, SpeechError::Retry(_)), "{reason}");
    }
}
