//! English words that are written alike and said differently, told apart by the word before.
//!
//! A rule of thumb, not a parser: after `to`, a pronoun or a modal stands a verb; after an article, a possessive or a
//! preposition stands a noun. Words that no neighbour decides are said as the lexicon says them.

/// What the word before says about a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hint {
    Verb,
    Noun,
    /// After a form of `have` or `be`.
    Participle,
}

const VERB_AFTER: &str = "to will would can could shall should must may might do does did don't doesn't didn't won't \
    wouldn't can't couldn't shouldn't i you we they i'll you'll we'll they'll he'll she'll let's please not never always \
    often who";
const NOUN_AFTER: &str = "the a an this that these those my your his her its our their no any some each every another of \
    in on at by for with from new old first last next big small good great";
const PARTICIPLE_AFTER: &str = "have has had having i've you've we've they've he's she's was were been be is are being \
    already";

/// Word, then how it is said as a noun or adjective, as a verb, and as a participle where that differs from the verb.
const WORDS: &[(&str, &str, &str, &str)] = &[
    ("read", "r eh1 d", "r iy1 d", "r eh1 d"),
    ("live", "l ay1 v", "l ih1 v", ""),
    ("lives", "l ay1 v z", "l ih1 v z", ""),
    ("lead", "l iy1 d", "l iy1 d", ""),
    ("wind", "w ih1 n d", "w ay1 n d", ""),
    ("tear", "t ih1 r", "t eh1 r", ""),
    ("tears", "t ih1 r z", "t eh1 r z", ""),
    ("close", "k l ow1 s", "k l ow1 z", ""),
    ("use", "y uw1 s", "y uw1 z", ""),
    ("uses", "y uw1 s ax z", "y uw1 z ax z", ""),
    ("house", "hh aw1 s", "hh aw1 z", ""),
    ("abuse", "ax b y uw1 s", "ax b y uw1 z", ""),
    ("excuse", "ih k s k y uw1 s", "ih k s k y uw1 z", ""),
    ("record", "r eh1 k er d", "r ax k ao1 r d", ""),
    ("records", "r eh1 k er d z", "r ax k ao1 r d z", ""),
    ("present", "p r eh1 z ax n t", "p r ax z eh1 n t", ""),
    ("object", "aa1 b jh eh k t", "ax b jh eh1 k t", ""),
    ("project", "p r aa1 jh eh k t", "p r ax jh eh1 k t", ""),
    ("subject", "s ah1 b jh ih k t", "s ax b jh eh1 k t", ""),
    ("permit", "p er1 m ih t", "p er m ih1 t", ""),
    ("produce", "p r ow1 d uw s", "p r ax d uw1 s", ""),
    ("refuse", "r eh1 f y uw s", "r ax f y uw1 z", ""),
    ("contract", "k aa1 n t r ae k t", "k ax n t r ae1 k t", ""),
    ("conduct", "k aa1 n d ah k t", "k ax n d ah1 k t", ""),
    ("conflict", "k aa1 n f l ih k t", "k ax n f l ih1 k t", ""),
    ("contest", "k aa1 n t eh s t", "k ax n t eh1 s t", ""),
    ("content", "k aa1 n t eh n t", "k ax n t eh1 n t", ""),
    ("convert", "k aa1 n v er t", "k ax n v er1 t", ""),
    ("desert", "d eh1 z er t", "d ih z er1 t", ""),
    ("increase", "ih1 n k r iy s", "ih n k r iy1 s", ""),
    ("decrease", "d iy1 k r iy s", "d ih k r iy1 s", ""),
    ("insult", "ih1 n s ah l t", "ih n s ah1 l t", ""),
    ("progress", "p r aa1 g r eh s", "p r ax g r eh1 s", ""),
    ("protest", "p r ow1 t eh s t", "p r ax t eh1 s t", ""),
    ("rebel", "r eh1 b ax l", "r ih b eh1 l", ""),
    ("suspect", "s ah1 s p eh k t", "s ax s p eh1 k t", ""),
    (
        "transport",
        "t r ae1 n s p ao r t",
        "t r ae n s p ao1 r t",
        "",
    ),
    ("upset", "ah1 p s eh t", "ah p s eh1 t", ""),
    ("separate", "s eh1 p er ax t", "s eh1 p er ey t", ""),
    ("estimate", "eh1 s t ax m ax t", "eh1 s t ax m ey t", ""),
    (
        "duplicate",
        "d uw1 p l ax k ax t",
        "d uw1 p l ax k ey t",
        "",
    ),
    ("graduate", "g r ae1 jh uw ax t", "g r ae1 jh uw ey t", ""),
    ("alternate", "ao1 l t er n ax t", "ao1 l t er n ey t", ""),
    ("minute", "m ih1 n ax t", "m ih1 n ax t", ""),
];

/// How a word is said behind another, where that can be told: flite's phones with stress behind vowels.
pub(super) fn pronunciation(word: &str, before: Option<&str>) -> Option<&'static str> {
    let (_, noun, verb, participle) = WORDS.iter().find(|(known, ..)| *known == word)?;
    match hint(before?)? {
        Hint::Noun => Some(noun),
        Hint::Verb => Some(verb),
        Hint::Participle if participle.is_empty() => None,
        Hint::Participle => Some(participle),
    }
}

fn hint(before: &str) -> Option<Hint> {
    let among = |words: &str| words.split_whitespace().any(|word| word == before);
    if among(VERB_AFTER) {
        Some(Hint::Verb)
    } else if among(NOUN_AFTER) {
        Some(Hint::Noun)
    } else if among(PARTICIPLE_AFTER) {
        Some(Hint::Participle)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phone::Phone;
    use kiskadee_text::Language;

    #[test]
    fn the_word_before_decides() {
        assert_eq!(pronunciation("read", Some("to")), Some("r iy1 d"));
        assert_eq!(pronunciation("read", Some("have")), Some("r eh1 d"));
        assert_eq!(pronunciation("record", Some("the")), Some("r eh1 k er d"));
        assert_eq!(
            pronunciation("record", Some("will")),
            Some("r ax k ao1 r d")
        );
        assert_eq!(pronunciation("record", Some("green")), None);
        assert_eq!(pronunciation("record", None), None);
        assert_eq!(pronunciation("house", Some("was")), None);
        assert_eq!(pronunciation("table", Some("the")), None);
    }

    #[test]
    fn every_phone_is_known() {
        for (word, noun, verb, participle) in WORDS {
            for phone in [noun, verb, participle]
                .iter()
                .flat_map(|said| said.split_whitespace())
            {
                assert!(
                    Phone::named(Language::English, phone.trim_end_matches('1')).is_some(),
                    "{word}: {phone}"
                );
            }
        }
    }
}
