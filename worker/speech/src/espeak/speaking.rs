//! One request being spoken: a process for each piece of text, joined into one stream.

use std::{collections::VecDeque, sync::Arc};

use futures::{StreamExt, stream};
use kiskadee_text::Segment;
use tokio_util::sync::CancellationToken;

use super::{SAMPLE_RATE, process::Espeaker, wav};
use crate::{AudioChunk, AudioStream, Joiner, SpeechError};

/// How a request is spoken.
pub(super) struct Speaking {
    pub(super) espeaker: Arc<Espeaker>,
    pub(super) language: String,
    pub(super) pace: u16,
    /// What stands for a text of which nothing sounds.
    pub(super) silence: AudioChunk,
    pub(super) cancel: CancellationToken,
}

/// Where the stream stands.
struct Position {
    speaking: Speaking,
    segments: VecDeque<Segment>,
    joiner: Joiner,
    chars: usize,
    chars_spoken: usize,
    heard: bool,
}

impl Speaking {
    /// The audio, one chunk for each segment that sounds. Nothing runs until the stream is read.
    pub(super) fn stream(self, segments: Vec<Segment>) -> AudioStream {
        let position = Position {
            speaking: self,
            chars: segments.iter().map(length).sum(),
            segments: segments.into(),
            joiner: Joiner::new(SAMPLE_RATE),
            chars_spoken: 0,
            heard: false,
        };
        stream::try_unfold(position, Position::next).boxed()
    }
}

impl Position {
    async fn next(mut self) -> Result<Option<(AudioChunk, Self)>, SpeechError> {
        while let Some(segment) = self.segments.pop_front() {
            let piece = self.speak(&segment).await?;
            self.chars_spoken += length(&segment);
            let samples = self.joiner.join(&piece, segment.pause);
            if !samples.is_empty() {
                self.heard = true;
                let spoken = self.chars_spoken as f32 / self.chars as f32;
                let chunk = AudioChunk {
                    samples,
                    spoken,
                    ..AudioChunk::default()
                };
                return Ok(Some((chunk, self)));
            }
        }
        if self.heard {
            return Ok(None);
        }
        self.heard = true;
        let silence = std::mem::take(&mut self.speaking.silence);
        Ok(Some((silence, self)))
    }

    async fn speak(&self, segment: &Segment) -> Result<Vec<f32>, SpeechError> {
        let Speaking {
            espeaker,
            language,
            pace,
            cancel,
            ..
        } = &self.speaking;
        let speech = espeaker.speak(&segment.text, language, *pace);
        let file = cancel
            .run_until_cancelled(speech)
            .await
            .ok_or(SpeechError::Cancelled)??;
        wav::samples(&file, SAMPLE_RATE)
    }
}

fn length(segment: &Segment) -> usize {
    segment.text.chars().count()
}
