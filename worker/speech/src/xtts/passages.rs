//! Texts to passages that the model reads in one go.

use kiskadee_text::{Passage, TranscriptError, TranscriptLanguage, passages};

use super::NAME;
use crate::{SpeechError, SpeechRequest};

/// The most characters of one passage, by language: those beyond which the model's reference implementation warns that audio
/// may be cut off.
const MOST_CHARS: [(&str, usize); 17] = [
    ("ar", 166),
    ("cs", 186),
    ("de", 253),
    ("en", 250),
    ("es", 239),
    ("fr", 273),
    ("hi", 150),
    ("hu", 224),
    ("it", 213),
    ("ja", 71),
    ("ko", 95),
    ("nl", 251),
    ("pl", 224),
    ("pt", 203),
    ("ru", 182),
    ("tr", 226),
    ("zh", 82),
];
const MOST_CHARS_OF_OTHERS: usize = 150;

/// A language that both the model and the text rules know.
#[derive(Debug, Clone)]
pub(super) struct SpokenLanguage {
    pub(super) rules: TranscriptLanguage,
    /// As the model has it.
    pub(super) code: String,
}

/// In the model's order; a language that cannot be read is left out.
pub(super) fn spoken_languages(codes: &[String]) -> Vec<SpokenLanguage> {
    let known = codes.iter().filter_map(|code| {
        let rules = TranscriptLanguage::from_tag(code)?;
        Some(SpokenLanguage {
            rules,
            code: code.clone(),
        })
    });
    known.collect()
}

impl SpokenLanguage {
    /// As it is announced: regions of it fall back to it.
    pub(super) fn tag(&self) -> String {
        primary(&self.code)
    }
}

/// The language of a request's tag.
pub(super) fn language(
    tag: &str,
    languages: &[SpokenLanguage],
) -> Result<SpokenLanguage, SpeechError> {
    let wanted = TranscriptLanguage::from_tag(tag);
    let found = languages
        .iter()
        .find(|language| Some(language.rules) == wanted);
    found.cloned().ok_or_else(|| {
        let tags: Vec<String> = languages.iter().map(SpokenLanguage::tag).collect();
        let tags = tags.join(", ");
        SpeechError::Reject(format!("the engine {NAME} speaks {tags}, not `{tag}`"))
    })
}

/// The passages of a request; none where there is no word in it.
pub(super) fn of_request(
    request: &SpeechRequest,
    language: &SpokenLanguage,
) -> Result<Vec<Passage>, SpeechError> {
    let most = most_chars(&language.code);
    Ok(passages(
        &request.text,
        request.text_format,
        language.rules,
        &request.dictionary,
        most,
    )?)
}

impl From<TranscriptError> for SpeechError {
    fn from(error: TranscriptError) -> Self {
        match error {
            TranscriptError::Ssml(error) => error.into(),
            TranscriptError::Unavailable(why) => Self::Unavailable(why),
            other => Self::Reject(other.to_string()),
        }
    }
}

fn most_chars(code: &str) -> usize {
    let primary = primary(code);
    let known = MOST_CHARS.iter().find(|(language, _)| *language == primary);
    known.map_or(MOST_CHARS_OF_OTHERS, |(_, most)| *most)
}

fn primary(tag: &str) -> String {
    let primary = tag.split(['-', '_']).next().unwrap_or_default();
    primary.to_ascii_lowercase()
}

/// Two halves of a passage that has more tokens than the model reads; none of a single character.
pub(super) fn halve(passage: &Passage) -> Option<[Passage; 2]> {
    let at = middle(&passage.transcript)?;
    let (first, second) = passage.transcript.split_at(at);
    let half = |transcript: &str| Passage {
        transcript: transcript.trim().to_owned(),
        ..passage.clone()
    };
    let (mut first, mut second) = (half(first), half(second));
    // Progress is told by the second.
    first.trail = std::time::Duration::ZERO;
    second.lead = std::time::Duration::ZERO;
    Some([first, second])
}

/// The byte at which the second half begins: behind the mark, else at the space, else at the character next to the middle.
fn middle(transcript: &str) -> Option<usize> {
    let places: Vec<(usize, char)> = transcript.char_indices().collect();
    let half = places.len() / 2;
    let nearest = |suits: &dyn Fn(usize) -> bool| {
        // Halves far from equal would have to be halved again.
        let inner = places.len() / 4..places.len() - places.len() / 4;
        let suitable = inner.filter(|place| suits(*place));
        suitable.min_by_key(|place| place.abs_diff(half))
    };
    let char_at = |place: usize| places.get(place).map(|(_, c)| *c);
    let is_space = |place: usize| char_at(place).is_some_and(char::is_whitespace);
    let after_mark = |place: usize| {
        let before = place.checked_sub(1).and_then(char_at);
        is_space(place) && before.is_some_and(|c| ",;:.!?".contains(c))
    };
    let place = nearest(&after_mark)
        .or_else(|| nearest(&is_space))
        .unwrap_or(half);
    let (at, _) = places.get(place)?;
    (*at > 0).then_some(*at)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn passage(transcript: &str) -> Passage {
        Passage {
            transcript: transcript.to_owned(),
            lead: Duration::from_millis(10),
            trail: Duration::from_millis(20),
            spoken: 0.5,
        }
    }

    #[test]
    fn halves_are_cut_where_a_reader_would_pause() {
        let halves =
            |text: &str| halve(&passage(text)).map(|halves| halves.map(|half| half.transcript));
        let of = |first: &str, second: &str| Some([first.to_owned(), second.to_owned()]);
        assert_eq!(
            halves("one two, three four five"),
            of("one two,", "three four five")
        );
        assert_eq!(
            halves("a, two three four five"),
            of("a, two three", "four five")
        );
        assert_eq!(halves("我们走了"), of("我们", "走了"));
        assert_eq!(halves("x"), None);
        let [first, second] = halve(&passage("one two")).unwrap();
        assert_eq!((first.lead.as_millis(), first.trail.as_millis()), (10, 0));
        assert_eq!((second.lead.as_millis(), second.trail.as_millis()), (0, 20));
    }

    #[test]
    fn languages_are_those_that_can_be_read_and_spoken() {
        let languages = spoken_languages(&["en".to_owned(), "tlh".to_owned(), "pt".to_owned()]);
        let tags: Vec<String> = languages.iter().map(SpokenLanguage::tag).collect();
        assert_eq!(tags, ["en", "pt"]);
        assert_eq!(language("PT-br", &languages).unwrap().code, "pt");
        let refused = language("tlh", &languages).unwrap_err().to_string();
        assert!(refused.contains("speaks en, pt, not `tlh`"), "{refused}");
    }

    #[test]
    fn a_text_becomes_passages_of_bounded_length() {
        let languages = spoken_languages(&["en".to_owned()]);
        let request = SpeechRequest::new("The boat went home in the rain. ".repeat(40), "en");
        let passages = of_request(&request, &languages[0]).unwrap();
        assert!(passages.len() > 3);
        assert!(
            passages
                .iter()
                .all(|passage| passage.transcript.chars().count() <= 250)
        );
        let nothing = of_request(&SpeechRequest::new("?!…", "en"), &languages[0]).unwrap();
        assert!(nothing.is_empty());
    }
}
