//! A recogniser at work on segments, for one turn of a job.

use std::{
    collections::HashMap,
    mem,
    sync::Arc,
    time::{Duration, Instant},
};

use kiskadee_media::{DecodeError, Decoder};
use kiskadee_runner::{Attempt, JobError};
use kiskadee_whisper::{Options, SAMPLE_RATE, Transcript, WINDOW_SAMPLES, WhisperError};
use uuid::Uuid;

use super::{
    HearArgs,
    language::{Language, Spoken},
};
use crate::{
    dataset::{
        heard::{self, Heard, HeardSegment, Next, Unheard},
        import::told,
        recording::{Fetched, fetch, refusal},
    },
    family::Workshop,
    hearing::Listener,
};

/// What was heard is kept so often.
const KEEP_EVERY: Duration = Duration::from_secs(2);
/// No segment is longer.
const LONGEST_SECONDS: f64 = 60.0;

/// A recogniser at work for an attempt.
pub(super) struct Hearing<'a> {
    workshop: &'a Workshop,
    attempt: &'a Attempt,
    recogniser: &'a str,
    listener: Listener,
    spoken: Spoken,
    /// Languages of recordings, as their first segments told.
    languages: HashMap<Uuid, Language>,
    /// Heard, and not kept yet.
    pending: Vec<HeardSegment>,
    kept_at: Instant,
}

impl<'a> Hearing<'a> {
    pub(super) async fn begin(
        workshop: &'a Workshop,
        attempt: &'a Attempt,
        args: &'a HearArgs,
    ) -> Result<Self, JobError> {
        let listener = workshop.recognisers.listener(&args.recogniser).await?;
        tracing::debug!(dataset = %args.dataset_id, recogniser = args.recogniser, "hearing");
        Ok(Self {
            spoken: Spoken::find(args, &listener)?,
            workshop,
            attempt,
            recogniser: &args.recogniser,
            listener,
            languages: HashMap::new(),
            pending: Vec::new(),
            kept_at: Instant::now(),
        })
    }

    /// Hears what was asked for until the time is over. What was heard before a cancellation is kept.
    pub(super) async fn all(&mut self, next: Next, until: Instant) -> Result<(), JobError> {
        let attempt = self.attempt;
        let hearing = attempt.cancel.run_until_cancelled(self.each(&next, until));
        let ended = Box::pin(hearing).await.unwrap_or(Err(JobError::Cancelled));
        self.keep().await?;
        ended
    }

    async fn each(&mut self, next: &Next, until: Instant) -> Result<(), JobError> {
        let mut done = next.done;
        let of_one_recording = |one: &Unheard, other: &Unheard| one.file_id == other.file_id;
        for segments in next.segments.chunk_by(of_one_recording) {
            let sounds = self.sounds(segments).await?;
            let options = self.options(&segments[0], &sounds).await?;
            for (segment, samples) in segments.iter().zip(sounds) {
                self.one(segment, samples, options.clone()).await?;
                done += 1;
                told(self.attempt, done, next.of);
                if Instant::now() >= until {
                    return Ok(());
                }
                if self.kept_at.elapsed() >= KEEP_EVERY {
                    self.keep().await?;
                }
            }
        }
        Ok(())
    }

    /// Samples of segments; none of what has been deleted or cannot be read any more.
    async fn sounds(&self, segments: &[Unheard]) -> Result<Vec<Arc<[f32]>>, JobError> {
        let mut sounds = Vec::with_capacity(segments.len());
        for segment in segments {
            let fetched = refusal(fetch(self.workshop, &segment.key).await)?;
            let samples = match fetched {
                Ok(fetched) => samples(self.workshop, &fetched).await?,
                Err(_) => Vec::new(),
            };
            sounds.push(samples.into());
        }
        Ok(sounds)
    }

    /// How segments of a recording are heard. Its language is told by 30 s of it; a single segment tells it while it is heard.
    async fn options(
        &mut self,
        first: &Unheard,
        sounds: &[Arc<[f32]>],
    ) -> Result<Options, JobError> {
        if let Spoken::Given(code) = self.spoken {
            return Ok(in_language(code));
        }
        if let Some(known) = self.known(first) {
            return Ok(in_language(&known.code));
        }
        let expected = self.spoken.expected();
        let [_, _, ..] = sounds else {
            return Ok(Options {
                expected: Some(expected),
                ..Options::default()
            });
        };
        let joined = sounds.iter().flat_map(|samples| samples.iter().copied());
        let joined: Vec<f32> = joined.take(WINDOW_SAMPLES).collect();
        let told = self
            .listener
            .run(move |whisper| whisper.language_of(&joined, &expected));
        let (code, probability) = usable(told.await?)?.unwrap_or_default();
        let options = in_language(&code);
        let language = self.spoken.judged(code, probability);
        self.languages.insert(first.file_id, language);
        Ok(options)
    }

    /// Of a recording whose language was told already, now or by an earlier turn of the job.
    fn known(&self, segment: &Unheard) -> Option<Language> {
        let now = self.languages.get(&segment.file_id).cloned();
        now.or_else(|| {
            let before = segment.file_heard.as_ref()?;
            Some(Language {
                code: before.language.clone(),
                probability: before.probability,
                odd: before.odd,
            })
        })
    }

    async fn one(
        &mut self,
        segment: &Unheard,
        samples: Arc<[f32]>,
        options: Options,
    ) -> Result<(), JobError> {
        let found = self
            .listener
            .run(move |whisper| whisper.transcribe(&samples, &options));
        let found = usable(found.await?)?;
        let language = self.known(segment).unwrap_or_else(|| {
            let told = found.as_ref();
            let code = told.map(|told| told.language.clone()).unwrap_or_default();
            self.spoken
                .judged(code, told.and_then(|told| told.language_probability))
        });
        self.pending.push(HeardSegment {
            segment_id: segment.segment_id,
            was: segment.text.clone(),
            text: found.and_then(|told| text(&told)),
            heard: Heard {
                model: Some(self.recogniser.to_owned()),
                language: language.code,
                odd: language.odd,
                probability: language.probability,
                ..Heard::default()
            },
        });
        Ok(())
    }

    async fn keep(&mut self) -> Result<(), JobError> {
        self.kept_at = Instant::now();
        let pending = mem::take(&mut self.pending);
        if pending.is_empty() {
            return Ok(());
        }
        heard::note(&self.workshop.queue, self.attempt, &pending).await
    }
}

fn in_language(code: &str) -> Options {
    Options {
        language: Some(code.to_owned()),
        ..Options::default()
    }
}

async fn samples(workshop: &Workshop, fetched: &Fetched) -> Result<Vec<f32>, JobError> {
    let decoder = Decoder::new(workshop.ffmpeg.to_string_lossy());
    let sound = decoder.decode(fetched.file.path(), SAMPLE_RATE, LONGEST_SECONDS);
    match sound.await {
        Ok(sound) => Ok(sound.samples),
        Err(DecodeError::Unreadable(_) | DecodeError::Slow(_)) => Ok(Vec::new()),
        Err(other) => Err(JobError::Retry(other.to_string())),
    }
}

/// What cannot be heard has no words; a device that fails ends the attempt.
fn usable<T>(heard: Result<T, WhisperError>) -> Result<Option<T>, JobError> {
    match heard {
        Ok(heard) => Ok(Some(heard)),
        Err(WhisperError::Input(reason)) => {
            tracing::warn!(reason, "a segment cannot be heard");
            Ok(None)
        }
        Err(other) => Err(JobError::Retry(other.to_string())),
    }
}

/// On one line, without what is no letter or sign; none where nothing was said.
fn text(told: &Transcript) -> Option<String> {
    let plain: String = told
        .text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let text = words.join(" ");
    text.chars().any(char::is_alphanumeric).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_with_letters_in_it() {
        let of = |said: &str| {
            text(&Transcript {
                text: said.to_owned(),
                language: "en".to_owned(),
                language_probability: None,
                segments: Vec::new(),
                mean_log_probability: 0.0,
                no_speech: 0.0,
                temperature: 0.0,
                compression_ratio: 1.0,
            })
        };
        assert_eq!(
            of(" One\0 two\n three. "),
            Some("One two three.".to_owned())
        );
        assert_eq!(of(" … . "), None);
    }
}
