//! A recording from its first window to its last.

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use candle_core::Tensor;

use crate::decoding::{Chosen, Judge, Prompted, Rules, compression_ratio};
use crate::error::{Result, WhisperError};
use crate::mel::{WINDOW_FRAMES, WINDOW_SAMPLES, window_at};
use crate::model::Heard;
use crate::segments::{Phrase, cut};
use crate::transcript::{Options, Segment, Task, Transcript};
use crate::vocabulary::Vocabulary;
use crate::whisper::{Whisper, check};

/// Frames of a spectrogram a second.
const FRAMES_PER_SECOND: f64 = 100.0;
/// Above it a text is no good beginning for the next one.
const HOTTEST_BEGINNING: f32 = 0.5;

impl Whisper {
    /// What is said in mono samples at 16 kHz.
    pub fn transcribe(&self, samples: &[f32], options: &Options) -> Result<Transcript> {
        check(samples)?;
        let mel = self.mel.compute(samples, WINDOW_SAMPLES)?;
        let frames = mel.dim(0)? - WINDOW_FRAMES;
        let window = |at: usize| {
            let count = WINDOW_FRAMES.min(frames - at);
            Ok::<_, WhisperError>((self.hear(&window_at(&mel, at, count)?)?, count))
        };
        let expected = options.expected.as_ref();
        let expected = expected.filter(|_| options.language.is_none());
        // What tells the language is what the first words are heard in.
        let mut begun = match expected {
            Some(_) if frames > 0 => Some(window(0)?),
            _ => None,
        };
        let language = match (expected, &begun) {
            (Some(expected), Some((heard, _))) => self.unless_another(heard, expected)?,
            (Some(expected), None) => (expected.language.clone(), None),
            (None, _) => self.language(&mel, options)?,
        };
        let mut listening = Listening::new(self, options, &language.0, samples.len())?;
        let mut at = 0;
        while at < frames {
            let (heard, count) = match begun.take() {
                Some(begun) => begun,
                None => window(at)?,
            };
            at += listening.window(&heard, at, count)?;
        }
        Ok(listening.finish(language))
    }

    /// The language, and its probability where it is detected.
    fn language(&self, mel: &Tensor, options: &Options) -> Result<(String, Option<f32>)> {
        if let Some(code) = &options.language {
            if self.languages().contains(&code.as_str()) {
                return Ok((code.clone(), None));
            }
            let reason = format!("the model does not know the language `{code}`");
            return Err(WhisperError::Input(reason));
        }
        let heard = self.hear(&window_at(mel, 0, WINDOW_FRAMES)?)?;
        let guess = self.guess(&heard)?.into_iter().next();
        let guess = guess.ok_or_else(|| WhisperError::Input("no language is known".to_owned()))?;
        Ok((guess.language, Some(guess.probability)))
    }

    /// What stands before a text: language, task, and whether times are said.
    fn beginning(&self, language: &str, task: Task, timestamps: bool) -> Result<Vec<u32>> {
        let tokens = &self.tokens;
        let mut beginning = vec![tokens.sot];
        if self.config.is_multilingual() {
            beginning.extend(tokens.language_id(language));
            beginning.push(match task {
                Task::Transcribe => tokens.transcribe,
                Task::Translate => tokens.translate,
            });
        } else if task == Task::Translate {
            let reason = "a model of English alone does not translate";
            return Err(WhisperError::Input(reason.to_owned()));
        }
        beginning.extend((!timestamps).then_some(tokens.no_timestamps));
        Ok(beginning)
    }
}

/// What was said so far.
struct Listening<'a> {
    model: &'a Whisper,
    vocabulary: &'a Vocabulary,
    options: &'a Options,
    beginning: Vec<u32>,
    rules: Rules<'a>,
    rng: ChaCha8Rng,
    /// Tokens that the next window is read with.
    before: Vec<u32>,
    segments: Vec<Segment>,
    /// Of all windows, tokens with their end, and the sum of their log probabilities.
    sure: (usize, f64),
    no_speech: Option<f64>,
    temperature: f32,
}

impl<'a> Listening<'a> {
    fn new(
        model: &'a Whisper,
        options: &'a Options,
        language: &str,
        samples: usize,
    ) -> Result<Self> {
        let usable = |temperature: &f32| (0.0..=10.0).contains(temperature);
        if options.temperatures.is_empty() || !options.temperatures.iter().all(usable) {
            let reason = "temperatures must be there, and from 0 to 10";
            return Err(WhisperError::Input(reason.to_owned()));
        }
        let vocabulary = model.vocabulary.as_ref();
        let vocabulary = vocabulary
            .ok_or_else(|| WhisperError::Input("the model has no vocabulary".to_owned()))?;
        let timestamps = options.timestamps || samples > WINDOW_SAMPLES;
        let prompt = options.prompt.as_deref().map(str::trim);
        let before = match prompt.filter(|prompt| !prompt.is_empty()) {
            Some(prompt) => vocabulary.encode(&format!(" {prompt}"))?,
            None => Vec::new(),
        };
        Ok(Self {
            beginning: model.beginning(language, options.task, timestamps)?,
            rules: Rules {
                tokens: &model.tokens,
                blank: &model.blank,
                suppressed: &model.suppressed,
                timestamps,
            },
            rng: ChaCha8Rng::seed_from_u64(options.seed),
            model,
            vocabulary,
            options,
            before,
            segments: Vec::new(),
            sure: (0, 0.0),
            no_speech: None,
            temperature: 0.0,
        })
    }

    /// Says what was heard in a window that begins at frame `at` and has `count` of the recording, and by how many frames the next one
    /// begins later.
    fn window(&mut self, heard: &Heard, at: usize, count: usize) -> Result<usize> {
        let (initial, sot_place) = self.initial();
        let (tokens, room) = (&self.model.tokens, self.model.room());
        let prompted = Prompted::new(
            &self.model.network.decoder,
            heard,
            &initial,
            (sot_place, tokens.no_speech),
            room,
        )?;
        let no_speech = prompted.no_speech;
        let judge = Judge {
            most_compression: self.options.most_compression,
            least_log_probability: self.options.least_log_probability,
            most_no_speech: self.options.most_no_speech,
        };
        let chosen = judge.choose(&self.options.temperatures, no_speech, |temperature| {
            let count = (temperature, self.options.best_of);
            let show = &mut |_: &[f32], _: &[f32]| {};
            let answer = prompted.answer(&self.rules, count, room, &mut self.rng, show)?;
            let text = self.vocabulary.decode(&answer.tokens, tokens)?;
            Ok((answer, text.trim().to_owned()))
        })?;
        self.no_speech = Some(
            self.no_speech
                .map_or(no_speech, |least| least.min(no_speech)),
        );
        let Some(chosen) = chosen.filter(|chosen| !chosen.is_silent) else {
            return Ok(count);
        };
        let (phrases, advance) = cut(&chosen.answer.tokens, count, tokens);
        let begin = at as f64 / FRAMES_PER_SECOND;
        for phrase in phrases {
            self.keep(phrase, begin, &chosen, no_speech)?;
        }
        self.remember(&chosen);
        Ok(advance)
    }

    /// What the decoder reads first, and where `sot` is in it.
    fn initial(&self) -> (Vec<u32>, usize) {
        let most = self.model.config.longest_answer().saturating_sub(1);
        let before = &self.before[self.before.len().saturating_sub(most)..];
        let mark = (!before.is_empty()).then_some(self.model.tokens.sot_prev);
        let initial = mark.into_iter().chain(before.iter().copied());
        let mut initial: Vec<u32> = initial.collect();
        let sot_place = initial.len();
        initial.extend(&self.beginning);
        (initial, sot_place)
    }

    fn keep(&mut self, phrase: Phrase, begin: f64, chosen: &Chosen, no_speech: f64) -> Result<()> {
        let text = self.vocabulary.decode(&phrase.tokens, &self.model.tokens)?;
        if text.trim().is_empty() || phrase.start >= phrase.end {
            return Ok(());
        }
        self.segments.push(Segment {
            start: begin + phrase.start,
            end: begin + phrase.end,
            text,
            tokens: phrase.tokens,
            mean_log_probability: chosen.answer.mean_log_probability,
            no_speech,
            temperature: chosen.temperature,
            compression_ratio: chosen.compression_ratio,
        });
        Ok(())
    }

    fn remember(&mut self, chosen: &Chosen) {
        let count = chosen.answer.tokens.len() + 1;
        self.sure.0 += count;
        self.sure.1 += chosen.answer.mean_log_probability * count as f64;
        self.temperature = self.temperature.max(chosen.temperature);
        if !self.options.condition_on_previous || chosen.temperature > HOTTEST_BEGINNING {
            self.before.clear();
        } else {
            self.before.extend(&chosen.answer.tokens);
        }
    }

    fn finish(mut self, (language, language_probability): (String, Option<f32>)) -> Transcript {
        let text: String = self.segments.iter().map(|one| one.text.as_str()).collect();
        let text = text.trim().to_owned();
        for segment in &mut self.segments {
            segment.text = segment.text.trim().to_owned();
        }
        Transcript {
            compression_ratio: compression_ratio(&text),
            text,
            language,
            language_probability,
            segments: self.segments,
            mean_log_probability: match self.sure {
                (0, _) => 0.0,
                (count, sum) => sum / count as f64,
            },
            // Nothing was heard of a recording without a frame.
            no_speech: self.no_speech.unwrap_or(1.0),
            temperature: self.temperature,
        }
    }
}
