//! One request being spoken: a chunk for each sentence, made when the chunk before it is taken.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use kiskadee_text::{Language, Sentence};
use kiskadee_voice::{SAMPLE_RATE, speaker::Speaker};
use tokio_util::sync::CancellationToken;

use super::{
    models::{Model, Models},
    pieces::pieces,
    scheduler::{Order, Scheduler, Spoken},
    tuned,
    voices::Voices,
};
use crate::{AudioChunk, AudioStream, SpeechError, VoicePart, WordTiming};

/// How a request is spoken.
pub(super) struct Speaking {
    pub(super) scheduler: Scheduler,
    pub(super) models: Arc<Models>,
    pub(super) voices: Arc<Voices>,
    pub(super) voice: String,
    pub(super) parts: Vec<VoicePart>,
    pub(super) language: Language,
    pub(super) rate: f32,
    pub(super) cancel: CancellationToken,
}

/// Where the stream stands.
struct Position {
    speaking: Speaking,
    /// Known from the first sentence on.
    speaker: Option<(Arc<Model>, Speaker)>,
    sentences: VecDeque<Sentence>,
    words: usize,
    words_spoken: usize,
    samples: usize,
}

impl Speaking {
    /// The audio, one chunk for each sentence, or for each piece of one that is too long for the model. Nothing runs until
    /// the stream is read.
    pub(super) fn stream(self, sentences: Vec<Sentence>) -> AudioStream {
        let sentences = pieces(sentences);
        let position = Position {
            speaking: self,
            speaker: None,
            words: sentences.iter().map(|sentence| sentence.words.len()).sum(),
            sentences: sentences.into(),
            words_spoken: 0,
            samples: 0,
        };
        stream::try_unfold(position, Position::next).boxed()
    }

    async fn prepare(&self) -> Result<(Arc<Model>, Speaker), SpeechError> {
        if let Some(weights) = tuned::weights(&self.parts)? {
            let model = self.models.tuned(weights).await?;
            let speaker = tuned::speaker(model.synthesizer.model())?;
            return Ok((model, speaker));
        }
        let model = self.models.built_in().await?;
        let speaker = self
            .voices
            .speaker(model.synthesizer.model(), &self.voice, &self.parts)?;
        Ok((model, speaker))
    }
}

impl Position {
    async fn next(mut self) -> Result<Option<(AudioChunk, Self)>, SpeechError> {
        let Some(sentence) = self.sentences.pop_front() else {
            return Ok(None);
        };
        let cancel = self.speaking.cancel.clone();
        let words = sentence.words.len();
        let (lead, trail) = (samples(sentence.lead), samples(sentence.trail));
        let spoken = cancel.run_until_cancelled(self.speak(sentence)).await;
        let spoken = spoken.ok_or(SpeechError::Cancelled)??;
        self.words_spoken += words;
        let chunk = self.chunk(spoken, lead, trail);
        Ok(Some((chunk, self)))
    }

    async fn speak(&mut self, sentence: Sentence) -> Result<Spoken, SpeechError> {
        let (model, speaker) = if let Some((model, speaker)) = &self.speaker {
            (Arc::clone(model), *speaker)
        } else {
            let (model, speaker) = self.speaking.prepare().await?;
            self.speaker = Some((Arc::clone(&model), speaker));
            (model, speaker)
        };
        let Speaking {
            scheduler,
            language,
            rate,
            ..
        } = &self.speaking;
        scheduler
            .speak(Order {
                model,
                sentence,
                language: *language,
                speaker,
                rate: *rate,
            })
            .await
    }

    /// The sentence with this many samples of silence around it.
    fn chunk(&mut self, spoken: Spoken, lead: usize, trail: usize) -> AudioChunk {
        let begun = (self.samples + lead) as f64 / f64::from(SAMPLE_RATE);
        let mut samples = vec![0.0; lead];
        samples.extend(spoken.samples);
        samples.resize(samples.len() + trail, 0.0);
        self.samples += samples.len();
        let words = spoken.words.into_iter().map(|word| WordTiming {
            source: word.source,
            start: begun + word.start,
            end: begun + word.end,
        });
        AudioChunk {
            words: words.collect(),
            samples,
            spoken: self.words_spoken as f32 / self.words.max(1) as f32,
        }
    }
}

fn samples(silence: Duration) -> usize {
    (silence.as_secs_f64() * f64::from(SAMPLE_RATE)) as usize
}
