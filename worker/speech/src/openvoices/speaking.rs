//! The stream of one request: its sentences become lines, and lines are ordered one ahead of the one that is heard, so that a
//! reader need not wait between them.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures::{StreamExt as _, stream};
use kiskadee_text::Sentence;
use kiskadee_voice::loudness;
use tokio_util::sync::CancellationToken;

use super::{
    Process,
    gains::Gains,
    heard::Heard,
    line::Line,
    running::{self, Running},
    script::Script,
};
use crate::{AudioChunk, AudioStream, SpeechError};

/// Lines that are spoken at once: the one that is waited for, and the next.
const AHEAD: usize = 2;

/// One request.
pub(crate) struct Session {
    pub(crate) process: Process,
    pub(crate) gains: Arc<Gains>,
    pub(crate) script: Script,
    /// The same for the same voice or mix, and another for any other: gains are kept by it, and chance follows from it.
    pub(crate) voice: String,
    /// The text as it was asked for; the chance in a voice follows from it.
    pub(crate) text: String,
    /// What stands for a text of which nothing sounds.
    pub(crate) silence: AudioChunk,
    /// Hz.
    pub(crate) sample_rate: u32,
    /// The part of the asked speed that the model gives.
    pub(crate) speed: f32,
    /// Somebody listens while it is made.
    pub(crate) live: bool,
    pub(crate) cancel: CancellationToken,
}

/// Where the stream stands.
struct Position {
    session: Session,
    sentences: VecDeque<Sentence>,
    /// Not ordered yet.
    waiting: VecDeque<Line>,
    running: VecDeque<Running>,
    ordered: usize,
    /// Of the line that is being heard, from its first samples on.
    heard: Option<Heard>,
    gain: Option<f32>,
    /// Silence that is due: what the writer asked for, and what is only made before another line.
    asked: Duration,
    pause: Duration,
    words: usize,
    words_spoken: usize,
    /// Samples given so far.
    samples: usize,
}

impl Session {
    /// The audio. Nothing runs until the stream is read.
    pub(crate) fn stream(self, sentences: Vec<Sentence>) -> AudioStream {
        let position = Position {
            session: self,
            words: sentences.iter().map(|sentence| sentence.words.len()).sum(),
            sentences: sentences.into(),
            waiting: VecDeque::new(),
            running: VecDeque::new(),
            ordered: 0,
            heard: None,
            gain: None,
            asked: Duration::ZERO,
            pause: Duration::ZERO,
            words_spoken: 0,
            samples: 0,
        };
        stream::try_unfold(position, Position::next).boxed()
    }

    /// The factor that brings the voice to the loudness of all voices.
    async fn measure(&self) -> Result<f32, SpeechError> {
        let measure = async {
            let line = self.script.sample()?;
            let mut running = Running::order(&self.process, line, 0, 1.0, self.live)?;
            let samples = running.rest().await?;
            // A voice without loudness is silent whatever the factor.
            let loudness = loudness::integrated(&samples, self.sample_rate);
            Ok(loudness.map_or(1.0, loudness::gain))
        };
        self.gains.get(&self.voice, measure).await
    }
}

impl Position {
    async fn next(self) -> Result<Option<(AudioChunk, Self)>, SpeechError> {
        let cancel = self.session.cancel.clone();
        let step = async move {
            let mut position = self;
            let chunk = position.hear().await?;
            Ok(chunk.map(|chunk| (chunk, position)))
        };
        // A step that is cut off drops its lines, which leave the process.
        let step = cancel.run_until_cancelled(step).await;
        step.unwrap_or(Err(SpeechError::Cancelled))
    }

    /// The next piece of audio; none at the end.
    async fn hear(&mut self) -> Result<Option<AudioChunk>, SpeechError> {
        loop {
            // Until something is heard nothing else is to take the model's time.
            let first = self.session.live && self.samples == 0;
            self.order_ahead(if first { 1 } else { AHEAD }).await?;
            let Some(running) = self.running.front_mut() else {
                return Ok(self.end());
            };
            let samples = running.next().await?;
            let chunk = match samples {
                Some(samples) => self.heard(samples).await?,
                None => self.ended(),
            };
            if chunk
                .as_ref()
                .is_some_and(|chunk| !chunk.samples.is_empty())
            {
                return Ok(chunk);
            }
        }
    }

    /// The silence that the writer put last, or nothing.
    fn end(&mut self) -> Option<AudioChunk> {
        if self.samples > 0 {
            let silence = std::mem::take(&mut self.asked);
            let samples = vec![0.0; count(silence, self.session.sample_rate)];
            return (!samples.is_empty()).then_some(AudioChunk {
                samples,
                spoken: 1.0,
                ..AudioChunk::default()
            });
        }
        // None of its words has a sound.
        let silence = std::mem::take(&mut self.session.silence);
        self.samples = silence.samples.len();
        (!silence.samples.is_empty()).then_some(silence)
    }

    /// Samples of the first line in order.
    async fn heard(&mut self, samples: Vec<f32>) -> Result<Option<AudioChunk>, SpeechError> {
        let gain = match self.gain {
            Some(gain) => gain,
            None => *self.gain.insert(self.session.measure().await?),
        };
        let Some(running) = self.running.front() else {
            return Ok(None);
        };
        let rate = self.session.sample_rate;
        let heard = self
            .heard
            .get_or_insert_with(|| Heard::begin(&running.line, running.frames(), gain, rate));
        let samples = heard.push(samples);
        Ok(self.chunk(samples, false))
    }

    fn ended(&mut self) -> Option<AudioChunk> {
        let samples = self.heard.as_mut().map(Heard::finish).unwrap_or_default();
        let chunk = self.chunk(samples, true);
        self.heard = None;
        if let Some(running) = self.running.pop_front() {
            self.words_spoken += running.line.words.len();
            self.asked += running.line.trail;
            if chunk.is_some() {
                self.pause = running.line.pause;
            } else {
                self.asked += running.line.lead;
            }
        }
        chunk
    }

    /// The samples with the silence before them and the words that begin in them.
    fn chunk(&mut self, speech: Vec<f32>, last: bool) -> Option<AudioChunk> {
        let running = self.running.front()?;
        let heard = self.heard.as_mut()?;
        let rate = self.session.sample_rate;
        let mut samples = Vec::new();
        if !speech.is_empty() && !heard.is_placed() {
            let asked = std::mem::take(&mut self.asked) + running.line.lead;
            let silence = asked + std::mem::take(&mut self.pause);
            samples.resize(count(silence, rate), 0.0);
            heard.place(self.samples + samples.len());
        }
        samples.extend(speech);
        self.samples += samples.len();
        let words = heard.words(&running.line, if last { usize::MAX } else { self.samples });
        let finished = if last { running.line.words.len() } else { 0 };
        let spoken = (self.words_spoken + finished) as f32 / self.words.max(1) as f32;
        heard.is_placed().then_some(AudioChunk {
            samples,
            spoken: spoken.min(1.0),
            words,
        })
    }

    /// Orders lines until so many are under way.
    async fn order_ahead(&mut self, most: usize) -> Result<(), SpeechError> {
        while self.running.len() < most {
            let Some(line) = self.next_line().await? else {
                return Ok(());
            };
            let seed = self.seed();
            let Session {
                process,
                speed,
                live,
                ..
            } = &self.session;
            self.running
                .push_back(Running::order(process, line, seed, *speed, *live)?);
            self.ordered += 1;
        }
        Ok(())
    }

    async fn next_line(&mut self) -> Result<Option<Line>, SpeechError> {
        loop {
            if let Some(line) = self.waiting.pop_front() {
                return Ok(Some(line));
            }
            let Some(sentence) = self.sentences.pop_front() else {
                return Ok(None);
            };
            let hasten = self.session.live && self.ordered == 0;
            self.waiting = self.session.script.lines(&sentence, hasten).await?.into();
        }
    }

    /// The same for the same request, so that it sounds the same wherever and whenever it is spoken.
    fn seed(&self) -> u64 {
        running::seed(&self.session.voice, &self.session.text, self.ordered)
    }
}

fn count(silence: Duration, sample_rate: u32) -> usize {
    (silence.as_secs_f64() * f64::from(sample_rate)) as usize
}
