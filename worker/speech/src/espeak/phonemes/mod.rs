//! Words to phonemes in the International Phonetic Alphabet, by espeak-ng processes that live on between sentences.
//!
//! For models that were trained on espeak-ng's phonemes. It prints a line for each clause and drops the marks, so clauses
//! are cut here and their marks kept. It knows nothing of a model's vocabulary.

mod align;
mod clause;
mod given;
mod pool;
mod process;
mod speaker;

use std::{ops::Range, time::Duration};

use kiskadee_text::Word;

use self::{pool::Pool, speaker::Speaker};
use crate::SpeechError;

/// How long a sentence may take in all, restarts of the process included.
const DEADLINE: Duration = Duration::from_secs(20);

/// How the processes are run.
#[derive(Debug, Clone)]
pub struct PhonemizerConfig {
    /// The program: a name on the search path, or a path.
    pub program: String,
    /// How many processes are kept; beyond that the one that was longest unused makes room.
    pub processes: usize,
    /// A process that says nothing for so long when it was asked hangs, and is started anew.
    pub silence: Duration,
    /// After so many lines a process is started anew, for what it may have gathered.
    pub lines_per_process: usize,
}

impl Default for PhonemizerConfig {
    fn default() -> Self {
        Self {
            program: "espeak-ng".to_owned(),
            processes: 8,
            silence: Duration::from_secs(2),
            lines_per_process: 2_000,
        }
    }
}

/// How phonemes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhonemeStyle {
    /// Symbols as they are: `tʃˈɔɪs`. For Piper.
    Plain,
    /// Affricates and diphthongs tied by `^`: `t^ʃˈɔ^ɪs`. For Kokoro.
    Tied,
}

/// A stretch of a sentence up to a mark.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Clause {
    /// Words apart by blanks, `ˈ` and `ˌ` before the vowels that have stress. Composed as espeak-ng writes it; nothing of
    /// the mark.
    pub ipa: String,
    /// One of `, ; . ? !`; none where a sentence was cut between two words.
    pub mark: Option<char>,
    /// Every word of the clause, in order.
    pub words: Vec<WordPhones>,
}

/// Where a word's phonemes stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordPhones {
    /// The place of the word in the sentence.
    pub word: usize,
    /// Bytes of [`Clause::ipa`], without the blanks around; empty for a word that is not heard. espeak-ng joins and splits
    /// words (`of the` is `ʌvðə`): a word then has all the parts that it was split into, and of what was joined a share
    /// by its number of letters.
    pub phones: Range<usize>,
}

/// Asks espeak-ng for phonemes. One process a voice and style, which answers one sentence at a time.
#[derive(Debug)]
pub struct Phonemizer {
    pool: Pool,
    version: String,
}

impl Phonemizer {
    /// Asks the program for its version.
    ///
    /// Errors: [`SpeechError::Unavailable`] where it is not installed.
    pub async fn start(config: PhonemizerConfig) -> Result<Self, SpeechError> {
        let version = process::version(&config).await?;
        Ok(Self {
            pool: Pool::new(config),
            version,
        })
    }

    /// espeak-ng's version, such as `1.51`. Phonemes differ between versions, and models know those they were trained on.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The clauses of a sentence. `voice` is espeak-ng's name for the language (`en-us`, `pt-br`); words are taken in the
    /// case that they come in (see [`kiskadee_text::written_case`]), with the phones that they were given in IPA or as
    /// flite's phones.
    ///
    /// Errors: `Unavailable` for a voice that espeak-ng lacks, `Reject` for a name that cannot be one, `Retry` where the
    /// program failed twice.
    pub async fn phonemize(
        &self,
        voice: &str,
        style: PhonemeStyle,
        words: &[Word],
    ) -> Result<Vec<Clause>, SpeechError> {
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let slot = self.pool.slot(voice, style)?;
        let mut speaker = Speaker::new(slot.lock().await);
        let answer = tokio::time::timeout(DEADLINE, speaker.sentence(words)).await;
        answer.unwrap_or_else(|_| {
            Err(SpeechError::Retry(format!(
                "espeak-ng took over {} s for the phonemes of a sentence",
                DEADLINE.as_secs()
            )))
        })
    }
}
