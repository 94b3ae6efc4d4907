//! Transcripts to the ids of a checkpoint's vocabulary.

use std::path::Path;

use tokenizers::Tokenizer as Vocabulary;

use crate::error::{Result, XttsError};

/// The byte-pair encoding of `vocab.json`.
pub struct Tokenizer {
    vocabulary: Vocabulary,
}

impl Tokenizer {
    pub fn open(path: &Path) -> Result<Self> {
        let vocabulary =
            Vocabulary::from_file(path).map_err(|error| XttsError::file(path, error))?;
        let tokenizer = Self { vocabulary };
        for token in ["[START]", "[STOP]", "[SPACE]", "[UNK]"] {
            if tokenizer.id(token).is_none() {
                let reason = format!("not the vocabulary of an XTTS model: it has no {token}");
                return Err(XttsError::file(path, reason));
            }
        }
        Ok(tokenizer)
    }

    /// The highest id and one more.
    pub fn size(&self) -> usize {
        let ids = self.vocabulary.get_vocab(true).into_values();
        ids.max().map_or(0, |highest| highest as usize + 1)
    }

    pub fn id(&self, token: &str) -> Option<u32> {
        self.vocabulary.token_to_id(token)
    }

    /// The ids of a transcript, that of its language in front. `language` is a name of the checkpoint, such as `en` or `zh-cn`.
    pub fn encode(&self, transcript: &str, language: &str) -> Result<Vec<u32>> {
        let tag = format!("[{language}]");
        if self.id(&tag).is_none() {
            return Err(XttsError::Input(format!(
                "the model's vocabulary has no language `{language}`"
            )));
        }
        let marked = format!("{tag}{}", transcript.replace(' ', "[SPACE]"));
        let encoding = self.vocabulary.encode(marked, false);
        let encoding = encoding.map_err(|error| XttsError::Input(error.to_string()))?;
        Ok(encoding.get_ids().to_vec())
    }
}
