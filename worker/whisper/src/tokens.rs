//! The special tokens: what begins and ends a text, names its language and its times.

use crate::languages::LANGUAGES;

/// Seconds from one timestamp to the next.
pub(crate) const TIME_STEP: f64 = 0.02;
/// Timestamps of a vocabulary: from 0 to 30 s.
pub(crate) const TIMES: usize = 1_501;

/// Ids of special tokens. What is below `eot` is text; what is from `timestamp_begin` on is a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    pub eot: u32,
    pub sot: u32,
    pub translate: u32,
    pub transcribe: u32,
    /// In front of the first word of a text without times.
    pub no_timestamps: u32,
    pub sot_lm: u32,
    /// In front of what was said before.
    pub sot_prev: u32,
    pub no_speech: u32,
    pub timestamp_begin: u32,
    /// The languages' codes with their ids.
    pub languages: Vec<(String, u32)>,
}

impl Tokens {
    /// The ids of a vocabulary that is laid out as all published ones, with so many languages and the end of the text at `eot`.
    pub fn laid_out(eot: u32, languages: usize) -> Self {
        let sot = eot + 1;
        let first = sot + 1;
        let behind = first + languages as u32;
        let codes = LANGUAGES.iter().map(|code| (*code).to_owned());
        Self {
            eot,
            sot,
            translate: behind,
            transcribe: behind + 1,
            sot_lm: behind + 2,
            sot_prev: behind + 3,
            no_speech: behind + 4,
            no_timestamps: behind + 5,
            timestamp_begin: behind + 6,
            languages: codes.zip(first..behind).collect(),
        }
    }

    /// By the names that the tokens have in a vocabulary; the name of the first one that it lacks otherwise.
    pub(crate) fn named(id: impl Fn(&str) -> Option<u32>) -> Result<Self, String> {
        let find = |name: &str| id(name).ok_or_else(|| name.to_owned());
        let languages = LANGUAGES.iter().filter_map(|code| {
            let id = id(&format!("<|{code}|>"))?;
            Some(((*code).to_owned(), id))
        });
        let no_timestamps = find("<|notimestamps|>")?;
        Ok(Self {
            eot: find("<|endoftext|>")?,
            sot: find("<|startoftranscript|>")?,
            translate: find("<|translate|>")?,
            transcribe: find("<|transcribe|>")?,
            sot_lm: find("<|startoflm|>")?,
            sot_prev: find("<|startofprev|>")?,
            // Its first name is that of the older vocabularies.
            no_speech: find("<|nocaptions|>").or_else(|_| find("<|nospeech|>"))?,
            no_timestamps,
            timestamp_begin: no_timestamps + 1,
            languages: languages.collect(),
        })
    }

    pub fn language_id(&self, code: &str) -> Option<u32> {
        let mut languages = self.languages.iter();
        languages
            .find(|(known, _)| known == code)
            .map(|(_, id)| *id)
    }

    pub(crate) fn is_time(&self, id: u32) -> bool {
        id >= self.timestamp_begin
    }

    /// Seconds from the window's beginning; none for what is no time.
    pub(crate) fn seconds(&self, id: u32) -> Option<f64> {
        let steps = id.checked_sub(self.timestamp_begin)?;
        Some(f64::from(steps) * TIME_STEP)
    }

    /// What may never be said within a text, whatever the vocabulary.
    pub(crate) fn never_said(&self) -> [u32; 6] {
        [
            self.transcribe,
            self.translate,
            self.sot,
            self.sot_prev,
            self.sot_lm,
            self.no_speech,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_layout_is_met() {
        let tokens = Tokens::laid_out(50_257, 99);
        assert_eq!(tokens.sot, 50_258);
        assert_eq!(tokens.language_id("en"), Some(50_259));
        assert_eq!(tokens.language_id("su"), Some(50_357));
        assert_eq!(tokens.transcribe, 50_359);
        assert_eq!(tokens.no_speech, 50_362);
        assert_eq!(tokens.timestamp_begin, 50_364);
        assert_eq!(tokens.seconds(50_414), Some(1.0));
        assert_eq!(tokens.language_id("yue"), None);
        assert_eq!(
            Tokens::laid_out(50_257, 100).language_id("yue"),
            Some(50_358)
        );
    }

    #[test]
    fn a_vocabulary_that_lacks_one_is_told() {
        assert_eq!(Tokens::named(|_| None).unwrap_err(), "<|notimestamps|>");
    }
}
