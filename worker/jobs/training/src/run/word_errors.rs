//! How well a voice is understood: its words, as a recogniser hears them, against the text.

use kiskadee_runner::JobError;
use kiskadee_text::{Language, normalize};
use kiskadee_voice::resample::resample;
use kiskadee_whisper::{Options, SAMPLE_RATE, code_of_tag};

use super::speaking::Spoken;
use crate::{family::Workshop, hearing::Listener};

/// Who listens to a comparison.
pub(super) enum Witness {
    Here(Listener, &'static str),
    /// Why nobody does.
    Nobody(String),
}

impl Witness {
    /// A recogniser of this worker that knows the language.
    pub(super) async fn find(workshop: &Workshop, language: &str) -> Result<Self, JobError> {
        let code = code_of_tag(language);
        let known = code.and_then(|code| Some((workshop.recognisers.witness(code)?, code)));
        let Some((name, code)) = known else {
            return Ok(Self::Nobody(format!(
                "no recogniser of the worker knows `{language}`: `kiskadee models import hf:openai/whisper-base` brings one"
            )));
        };
        let listener = workshop.recognisers.listener(name).await?;
        Ok(Self::Here(listener, code))
    }

    /// The word error rate of what was spoken, or why there is none.
    pub(super) async fn word_error_rate(
        &self,
        spoken: &Spoken,
        text: &str,
        language: &str,
    ) -> Result<Result<f64, String>, JobError> {
        let (listener, code) = match self {
            Self::Here(listener, code) => (listener, *code),
            Self::Nobody(reason) => return Ok(Err(reason.clone())),
        };
        let samples = resample(&spoken.samples, spoken.sample_rate, SAMPLE_RATE);
        let samples = samples.unwrap_or_default();
        let options = Options {
            language: Some(code.to_owned()),
            // Chance would find words that nobody said.
            temperatures: vec![0.0],
            ..Options::default()
        };
        let heard = listener.run(move |whisper| whisper.transcribe(&samples, &options));
        Ok(match heard.await? {
            Ok(heard) => {
                let (said, heard) = (words(text, language), words(&heard.text, language));
                rate(&said, &heard).ok_or_else(|| "the text has no words".to_owned())
            }
            Err(error) => Err(error.to_string()),
        })
    }
}

/// As they are spoken, where that is known; else as they are written.
fn words(text: &str, language: &str) -> Vec<String> {
    if let Some(language) = Language::from_tag(language) {
        let sentences = normalize(text, language).into_iter();
        let words = sentences.flat_map(|sentence| sentence.words);
        return words.map(|word| word.text).collect();
    }
    let lower = text.to_lowercase();
    let words = lower.split(|letter: char| !letter.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// Words that are wrong, missing or too many, of those that were to be said; none where there were none.
fn rate(said: &[String], heard: &[String]) -> Option<f64> {
    let mut costs: Vec<usize> = (0..=heard.len()).collect();
    for (row, word) in said.iter().enumerate() {
        let mut diagonal = costs[0];
        costs[0] = row + 1;
        for (column, other) in heard.iter().enumerate() {
            let replaced = diagonal + usize::from(word != other);
            diagonal = costs[column + 1];
            costs[column + 1] = replaced.min(diagonal + 1).min(costs[column] + 1);
        }
    }
    (!said.is_empty()).then(|| costs[heard.len()] as f64 / said.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(said: &str, heard: &str, language: &str) -> Option<f64> {
        rate(&words(said, language), &words(heard, language))
    }

    #[test]
    fn wrong_missing_and_superfluous_words_count() {
        assert_eq!(
            of("One two three four.", "one two three four", "en"),
            Some(0.0)
        );
        assert_eq!(of("One two three four.", "one too three", "en"), Some(0.5));
        assert_eq!(of("One.", "one and one", "en"), Some(2.0));
        assert_eq!(of("One two.", "", "en"), Some(1.0));
        assert_eq!(of("…", "one", "en"), None);
    }

    #[test]
    fn numbers_are_words() {
        assert_eq!(of("Forty seven birds.", "47 birds", "en"), Some(0.0));
        assert_eq!(of("Zwei Vögel!", "zwei vögel", "de"), Some(0.0));
    }
}
