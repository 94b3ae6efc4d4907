//! The stream of one request. Its passages are spoken in their order, with one ahead, so that a reader need not wait
//! between them. To a listener audio goes as it is made; otherwise a passage at a time, when it has been checked.

use std::{collections::VecDeque, time::Duration};

use futures::{StreamExt as _, stream};
use kiskadee_text::Passage;

use super::{
    fade::Fade,
    passages::halve,
    quality::{Fault, is_silent},
    session::{Made, Running, Session},
    takes::silent,
};
use crate::{AudioChunk, AudioStream, SpeechError, process::OrderError};

/// Passages that are spoken at once: the one that is waited for, and the next.
const AHEAD: usize = 2;

/// Where the stream stands.
struct Position {
    session: Session,
    /// Not ordered yet.
    waiting: VecDeque<Passage>,
    line: VecDeque<Running>,
    ordered: usize,
    spoken: f32,
    /// Of the passage that is being heard, from its first audio on.
    fade: Option<Fade>,
}

/// The audio. Nothing runs until the stream is read.
pub(super) fn stream(session: Session, passages: Vec<Passage>) -> AudioStream {
    let position = Position {
        session,
        waiting: passages.into(),
        line: VecDeque::new(),
        ordered: 0,
        spoken: 0.0,
        fade: None,
    };
    stream::try_unfold(position, Position::next).boxed()
}

impl Position {
    async fn next(self) -> Result<Option<(AudioChunk, Self)>, SpeechError> {
        let cancel = self.session.cancel.clone();
        let live = self.session.live;
        let step = async move {
            let mut position = self;
            let chunk = if live {
                position.hear().await?
            } else {
                position.record().await?
            };
            Ok(chunk.map(|chunk| (chunk, position)))
        };
        // A step that is cut off drops its passages, which leave the process at once.
        let step = cancel.run_until_cancelled(step).await;
        step.unwrap_or(Err(SpeechError::Cancelled))
    }

    /// The next passage as a whole; none at the end.
    async fn record(&mut self) -> Result<Option<AudioChunk>, SpeechError> {
        loop {
            self.order_ahead(AHEAD)?;
            let Some(first) = self.line.front_mut() else {
                return Ok(None);
            };
            let take = match first.take().await {
                Ok(take) => take,
                Err(OrderError::TooLong(why)) => {
                    self.halve_first(why)?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let Some(running) = self.line.pop_front() else {
                return Ok(None);
            };
            let samples = self.session.settle(&running, take).await?;
            let mut fade = Fade::default();
            let mut joined = self.silence(running.passage.lead);
            joined.extend(fade.push(&samples));
            joined.extend(fade.finish());
            return Ok(Some(self.last_chunk(&running, joined)));
        }
    }

    /// The next piece of audio as it is made; none at the end.
    async fn hear(&mut self) -> Result<Option<AudioChunk>, SpeechError> {
        loop {
            self.order_ahead(1)?;
            let Some(first) = self.line.front_mut() else {
                return Ok(None);
            };
            let chunk = match first.next().await {
                Ok(Made::Audio(samples)) => self.heard(&samples)?,
                Ok(Made::Finished { codes, end }) => {
                    if self.fade.is_none() {
                        self.retake(Fault::Silence)?.ok_or_else(silent)?;
                        continue;
                    }
                    self.ended(codes, end)
                }
                Err(OrderError::TooLong(why)) => {
                    self.halve_first(why)?;
                    continue;
                }
                Err(error) => {
                    self.once_more(error.into())?;
                    continue;
                }
            };
            if chunk
                .as_ref()
                .is_some_and(|chunk| !chunk.samples.is_empty())
            {
                return Ok(chunk);
            }
        }
    }

    /// Audio of the first passage in line. What is silent from its beginning is not sent but spoken once more.
    fn heard(&mut self, samples: &[f32]) -> Result<Option<AudioChunk>, SpeechError> {
        if self.fade.is_none() && is_silent(samples) && self.retake(Fault::Silence)?.is_some() {
            return Ok(None);
        }
        let mut joined = Vec::new();
        if self.fade.is_none()
            && let Some(first) = self.line.front()
        {
            joined = self.silence(first.passage.lead);
        }
        joined.extend(self.fade.get_or_insert_default().push(samples));
        // Only now: until something is heard nothing else is to take the model's time.
        self.order_ahead(AHEAD)?;
        Ok(Some(AudioChunk {
            samples: joined,
            spoken: self.spoken,
            ..AudioChunk::default()
        }))
    }

    fn ended(&mut self, codes: Vec<u32>, end: super::protocol::End) -> Option<AudioChunk> {
        let running = self.line.pop_front()?;
        self.session.note_heard(&running, codes, end);
        let rest = self.fade.take().map(Fade::finish).unwrap_or_default();
        Some(self.last_chunk(&running, rest))
    }

    /// The end of a passage, with its silence.
    fn last_chunk(&mut self, running: &Running, mut samples: Vec<f32>) -> AudioChunk {
        samples.extend(self.silence(running.passage.trail));
        self.spoken = running.passage.spoken;
        AudioChunk {
            samples,
            spoken: self.spoken,
            ..AudioChunk::default()
        }
    }

    /// Orders passages until so many are under way.
    fn order_ahead(&mut self, count: usize) -> Result<(), SpeechError> {
        while self.line.len() < count
            && let Some(passage) = self.waiting.pop_front()
        {
            self.line
                .push_back(self.session.order(passage, self.ordered, 0)?);
            self.ordered += 1;
        }
        Ok(())
    }

    /// Orders the first passage in line again, if nothing of it was heard and it is its first take.
    fn retake(&mut self, fault: Fault) -> Result<Option<()>, SpeechError> {
        let Some(first) = self.line.front_mut().filter(|first| first.attempt == 0) else {
            return Ok(None);
        };
        self.session.note_retake(first, fault);
        *first = self.session.order(first.passage.clone(), first.index, 1)?;
        Ok(Some(()))
    }

    /// A process that died before anything of the passage was heard is no loss to a listener.
    fn once_more(&mut self, error: SpeechError) -> Result<(), SpeechError> {
        let unheard = self.fade.is_none() && matches!(error, SpeechError::Retry(_));
        let first = self
            .line
            .front_mut()
            .filter(|first| unheard && first.attempt == 0);
        let Some(first) = first else {
            return Err(error);
        };
        tracing::warn!(%error, "nothing was heard yet, the passage is spoken once more");
        *first = self.session.order(first.passage.clone(), first.index, 1)?;
        Ok(())
    }

    /// In place of a passage that the model cannot read in one go, its halves.
    fn halve_first(&mut self, why: String) -> Result<(), SpeechError> {
        let Some(first) = self.line.pop_front() else {
            return Ok(());
        };
        let [front, back] = halve(&first.passage).ok_or(SpeechError::Reject(why))?;
        for half in [back, front] {
            let running = self.session.order(half, self.ordered, 0)?;
            self.ordered += 1;
            self.line.push_front(running);
        }
        Ok(())
    }

    fn silence(&self, duration: Duration) -> Vec<f32> {
        let samples = duration.as_secs_f64() * f64::from(self.session.sample_rate);
        vec![0.0; samples as usize]
    }
}
