//! Makes a language's files: rules from all words, and of the words those that the rules get wrong.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use kiskadee_pronunciation::{Letters, Lexicon, Sound};
use kiskadee_text::Language;

use super::{grow::grow, teacher};
use crate::teacher::TeacherError;

/// One word in so many is kept aside to measure the rules.
const HELD_OUT: usize = 20;
/// Enough for a language whose spelling is regular.
const PORTUGUESE_WORDS: usize = 60_000;
/// Words of so few letters are all asked for: they are the frequent ones, and the irregular ones.
const SHORT_WORD: usize = 7;
const ENGLISH_LETTERS: &str = "abcdefghijklmnopqrstuvwxyz'";
const PORTUGUESE_LETTERS: &str = "abcdefghijklmnopqrstuvwxyzáàâãçéêíóôõúü";
/// Words that lists of words leave out.
const CONTRACTIONS: &str = "i'm i'll i'd i've you're you'll you'd you've he's he'll he'd she's she'll she'd it's it'll \
    it'd we're we'll we'd we've they're they'll they'd they've that's that'll that'd there's there'll here's what's \
    what're where's who's who'll who'd how's when's why's let's isn't aren't wasn't weren't don't doesn't didn't haven't \
    hasn't hadn't won't wouldn't can't couldn't shouldn't mustn't needn't mightn't ain't y'all o'clock ma'am";

/// What was made, and how good it is.
#[derive(Debug, Clone)]
pub struct Made {
    pub words: usize,
    pub exceptions: usize,
    pub rules_bytes: usize,
    pub lexicon_bytes: usize,
    /// Shares of words and of phones that rules learned from the others get right, over the words kept aside; and of
    /// phones when stress counts, too.
    pub words_right: f64,
    pub phones_right: f64,
    pub stressed_right: f64,
}

/// Writes `<language>.rules` and `<language>.lexicon` into `out`. `list` is a list of words, one in each line.
pub fn make(language: Language, list: &Path, out: &Path) -> Result<Made, TeacherError> {
    let file = |path: &Path, source| TeacherError::File {
        path: path.to_owned(),
        source,
    };
    let text = fs::read_to_string(list).map_err(|source| file(list, source))?;
    fs::create_dir_all(out).map_err(|source| file(out, source))?;
    let (alphabet, said) = match language {
        Language::English => (
            ENGLISH_LETTERS,
            teacher::english(&english_words(&text), out)?,
        ),
        Language::Portuguese => (
            PORTUGUESE_LETTERS,
            teacher::portuguese(&portuguese_words(&text))?,
        ),
    };
    let alphabet: Vec<char> = alphabet.chars().collect();
    let measured = measure(&alphabet, &said);
    let rules = grow(alphabet, &said);
    let exceptions = exceptions(&rules, &said);
    let (packed_rules, packed_lexicon) = (rules.encode(), Lexicon::encode(&exceptions));
    for (extension, packed) in [("rules", &packed_rules), ("lexicon", &packed_lexicon)] {
        if extension == "lexicon" && exceptions.is_empty() {
            continue;
        }
        let path: PathBuf = out.join(file_name(language)).with_extension(extension);
        fs::write(&path, packed).map_err(|source| file(&path, source))?;
    }
    Ok(Made {
        words: said.len(),
        exceptions: exceptions.len(),
        rules_bytes: packed_rules.len(),
        lexicon_bytes: packed_lexicon.len(),
        ..measured
    })
}

fn file_name(language: Language) -> &'static str {
    match language {
        Language::English => "english",
        Language::Portuguese => "portuguese",
    }
}

/// Words in small letters, names among them, and without possessives, which have a rule.
fn english_words(list: &str) -> Vec<String> {
    let words = list
        .lines()
        .map(str::to_ascii_lowercase)
        .chain(CONTRACTIONS.split_whitespace().map(str::to_owned));
    let plain = |word: &String| {
        let is_contraction = CONTRACTIONS.split_whitespace().any(|known| known == word);
        is_contraction || (word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase()))
    };
    let mut words: BTreeSet<String> = words.filter(plain).collect();
    words.extend(["a".to_owned(), "i".to_owned()]);
    words.into_iter().collect()
}

/// All short words, and the others evenly from the whole list.
fn portuguese_words(list: &str) -> Vec<String> {
    let is_word = |word: &String| {
        word.chars()
            .all(|letter| PORTUGUESE_LETTERS.contains(letter))
    };
    let words: BTreeSet<String> = list
        .lines()
        .map(str::to_lowercase)
        .filter(is_word)
        .collect();
    let step = (words.len() / PORTUGUESE_WORDS).max(1);
    let is_asked = |(index, word): &(usize, String)| {
        index.is_multiple_of(step) || word.chars().count() <= SHORT_WORD
    };
    let words = words.into_iter().enumerate().filter(is_asked);
    words.map(|(_, word)| word).collect()
}

/// The words whose sounds the rules do not give.
fn exceptions(rules: &Letters, said: &[(String, Vec<Sound>)]) -> BTreeMap<String, Vec<Sound>> {
    let wrong = said
        .iter()
        .filter(|(word, sounds)| rules.sounds(word) != *sounds);
    wrong.cloned().collect()
}

fn measure(alphabet: &[char], said: &[(String, Vec<Sound>)]) -> Made {
    let is_held_out = |index: usize| index % HELD_OUT == HELD_OUT / 2;
    let (held_out, learned): (Vec<_>, Vec<_>) = said
        .iter()
        .cloned()
        .enumerate()
        .partition(|(index, _)| is_held_out(*index));
    let learned: Vec<_> = learned.into_iter().map(|(_, word)| word).collect();
    let rules = grow(alphabet.to_vec(), &learned);
    let (mut right, mut phones, mut wrong, mut wrong_stressed) = (0, 0, 0, 0);
    for (_, (word, sounds)) in &held_out {
        let found = rules.sounds(word);
        let plain = |sounds: &[Sound]| sounds.iter().map(|sound| sound.phone()).collect::<Vec<_>>();
        let errors = distance(&plain(&found), &plain(sounds));
        right += usize::from(errors == 0);
        phones += sounds.len();
        wrong += errors;
        wrong_stressed += distance(&found, sounds);
    }
    let share = |wrong: usize| 1.0 - wrong as f64 / phones.max(1) as f64;
    Made {
        words: 0,
        exceptions: 0,
        rules_bytes: 0,
        lexicon_bytes: 0,
        words_right: right as f64 / held_out.len().max(1) as f64,
        phones_right: share(wrong),
        stressed_right: share(wrong_stressed),
    }
}

/// Levenshtein's.
fn distance<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != y))
                .min(above + 1)
                .min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_become_words() {
        let words = english_words("Anna\nanna's\nzip\nx\nnaïve\n");
        assert!(words.contains(&"anna".to_owned()) && words.contains(&"don't".to_owned()));
        assert!(
            !words
                .iter()
                .any(|word| word == "anna's" || word == "x" || word == "naïve")
        );
        assert_eq!(portuguese_words("Ação\na.C.\nåbo\n"), ["ação"]);
    }

    #[test]
    fn errors_are_counted() {
        assert_eq!(distance(b"kitten", b"sitting"), 3);
        assert_eq!(distance(b"", b"abc"), 3);
    }
}
