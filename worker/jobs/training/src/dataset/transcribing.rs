//! Words by a recogniser: segment by segment, kept as they come, so that whoever goes on with the job hears only what is left.

use std::{
    collections::HashMap,
    mem,
    sync::Arc,
    time::{Duration, Instant},
};

use kiskadee_media::{DecodeError, Decoder};
use kiskadee_runner::{Attempt, Job, JobError, Made};
use kiskadee_whisper::{
    Expected, Options, SAMPLE_RATE, Transcript, WINDOW_SAMPLES, WhisperError, code_of_tag,
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    args::WordsArgs,
    heard::{self, Heard, HeardSegment, Next, Unheard},
    import::told,
    recording::{Fetched, fetch, refusal},
    words,
};
use crate::{family::Workshop, hearing::Listener};

/// Others may come in between after so long.
const TURN: Duration = Duration::from_mins(1);
/// What was heard is kept so often.
const KEEP_EVERY: Duration = Duration::from_secs(2);
/// Segments that are asked for at a time.
const AT_ONCE: usize = 32;
/// No segment is longer.
const LONGEST_SECONDS: f64 = 60.0;
/// Probability from which another language than the dataset's is believed.
const LEAST_OF_OTHERS: f32 = 0.5;

#[derive(Debug, Deserialize)]
struct HearArgs {
    dataset_id: Uuid,
    /// Of the dataset.
    language: String,
    recogniser: String,
    hear: Wanted,
}

/// What is to be heard, as the database understands it; it is given back with each question.
#[derive(Debug, Clone, Deserialize, serde::Serialize)]
pub(super) struct Wanted {
    source: String,
    #[serde(default)]
    all: bool,
    #[serde(default)]
    overwrite: bool,
    /// What is spoken, whatever it sounds like.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
}

/// Whether the words of a job are to be heard.
pub(super) fn is_heard(job: &Job) -> bool {
    job.args.get("hear").is_some()
}

pub(super) async fn transcribe(workshop: &Workshop, job: &Job) -> Result<Made, JobError> {
    let args: HearArgs = job.read_args()?;
    let attempt = &job.attempt;
    attempt.progress.enter("transcribing");
    Box::pin(hear(workshop, attempt, &args)).await?;
    attempt.progress.enter("judging");
    let facts = heard::facts(&workshop.queue, attempt, &args.hear);
    let facts = Box::pin(attempt.cancel.run_until_cancelled(facts)).await;
    let segments = facts.unwrap_or(Err(JobError::Cancelled))?;
    let args = WordsArgs {
        language: args.language,
        segments,
    };
    words::transcribe(attempt, args).await
}

async fn hear(workshop: &Workshop, attempt: &Attempt, args: &HearArgs) -> Result<(), JobError> {
    let mut begun: Option<Hearing<'_>> = None;
    let until = Instant::now() + TURN;
    loop {
        let next = heard::next(&workshop.queue, attempt, &args.hear, AT_ONCE).await?;
        told(attempt, next.done, next.of);
        if next.segments.is_empty() {
            return Ok(());
        }
        if Instant::now() >= until {
            return Err(JobError::Yielded);
        }
        let hearing = match begun.take() {
            Some(hearing) => hearing,
            None => Hearing::begin(workshop, attempt, args).await?,
        };
        Box::pin(begun.insert(hearing).all(next, until)).await?;
    }
}

/// A recogniser at work for an attempt.
struct Hearing<'a> {
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

/// What is known of the language before anything is heard.
enum Spoken {
    /// Somebody said so.
    Given(&'static str),
    /// That of the dataset, unless it sounds otherwise.
    Expected(&'static str),
    /// The model does not know that of the dataset, or it has no code.
    Unknown,
}

/// The language of a recording.
#[derive(Debug, Clone, PartialEq)]
struct Language {
    code: String,
    probability: Option<f32>,
    /// Another one than the dataset's.
    odd: bool,
}

impl<'a> Hearing<'a> {
    async fn begin(
        workshop: &'a Workshop,
        attempt: &'a Attempt,
        args: &'a HearArgs,
    ) -> Result<Self, JobError> {
        let listener = workshop.recognisers.listener(&args.recogniser).await?;
        tracing::debug!(dataset = %args.dataset_id, recogniser = args.recogniser, "hearing");
        Ok(Self {
            spoken: spoken(args, &listener)?,
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
    async fn all(&mut self, next: Next, until: Instant) -> Result<(), JobError> {
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
        let expected = self.expected();
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
        let language = self.judged(code, probability);
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

    fn expected(&self) -> Expected {
        let (language, least) = match self.spoken {
            Spoken::Given(code) | Spoken::Expected(code) => (code, LEAST_OF_OTHERS),
            Spoken::Unknown => ("", 0.0),
        };
        Expected {
            language: language.to_owned(),
            least,
        }
    }

    fn judged(&self, code: String, probability: Option<f32>) -> Language {
        let odd = match self.spoken {
            Spoken::Given(_) => false,
            Spoken::Expected(own) => code != own,
            Spoken::Unknown => true,
        };
        Language {
            code,
            probability,
            odd,
        }
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
            self.judged(code, told.and_then(|told| told.language_probability))
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

/// By what the caller says, else by the dataset.
fn spoken(args: &HearArgs, listener: &Listener) -> Result<Spoken, JobError> {
    let known = |tag: &str| code_of_tag(tag).filter(|code| listener.knows(code));
    match &args.hear.language {
        Some(tag) => known(tag).map(Spoken::Given).ok_or_else(|| {
            let recogniser = &args.recogniser;
            JobError::Reject(format!(
                "the recogniser `{recogniser}` does not know `{tag}`"
            ))
        }),
        None => Ok(known(&args.language).map_or(Spoken::Unknown, Spoken::Expected)),
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
