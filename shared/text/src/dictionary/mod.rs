//! Words that a writer wants to have said in a way of their own.
//!
//! Entries are found in the text as it is written, so `SQL` and `Nguyen` are found although the first is read as three
//! letters. An entry is a whole word or several, in any case; where two begin at one place, the longer one counts. Possessives and
//! plurals follow their word (`Nguyen's`, `Nguyens`), unless they are entries themselves. What
//! [`normalize`] read for the place then gives way to the entry. A reading that goes beyond the entry (`km` in
//! `5 km`) stays as it is: it cannot be taken apart.

mod inflection;

use std::{borrow::Cow, collections::HashMap, ops::Range};

use self::inflection::{inflected, may_be_plural};
use crate::{Boundary, Language, Sentence, Word, clean::Clean, normalize, reading::strength};

/// Characters that aliases may put into one text; words beyond them are said as written. Without it a short text could
/// become a very long one.
const ALIAS_CHARS: usize = 10_000;

/// How a word is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// With these phones, as written by the one who wants them.
    Pronounced(String),
    /// As if this stood there.
    Alias(String),
}

/// Entries by their words, for one language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dictionary {
    entries: HashMap<String, Entry>,
    english: HashMap<String, Form>,
    portuguese: HashMap<String, Form>,
    /// Characters of the longest word.
    longest: usize,
}

/// An entry whose word stands in a text with an ending.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Form {
    entry: Entry,
    /// Characters before the ending of a plural.
    plural_of: Option<usize>,
}

/// An entry's place in a text.
struct Match<'a> {
    source: Range<usize>,
    entry: &'a Entry,
}

impl Dictionary {
    /// Of entries for the same word the last one counts; one without a word is left out.
    pub fn new(entries: impl IntoIterator<Item = (String, Entry)>) -> Self {
        let entries: HashMap<String, Entry> = entries
            .into_iter()
            .map(|(word, entry)| (folded(&word), entry))
            .filter(|(word, _)| !word.is_empty())
            .collect();
        let english = forms(&entries, Language::English);
        let portuguese = forms(&entries, Language::Portuguese);
        let words = entries
            .keys()
            .chain(english.keys())
            .chain(portuguese.keys());
        Self {
            longest: words
                .map(|word| word.chars().count())
                .max()
                .unwrap_or_default(),
            entries,
            english,
            portuguese,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// About how much memory it takes.
    pub fn bytes(&self) -> usize {
        let bytes = |(word, entry): (&String, &Entry)| {
            let (Entry::Pronounced(said) | Entry::Alias(said)) = entry;
            size_of::<(String, Entry)>() + word.len() + said.len()
        };
        let forms = self.english.iter().chain(&self.portuguese);
        let forms = forms.map(|(word, form)| (word, &form.entry));
        self.entries.iter().chain(forms).map(bytes).sum()
    }

    /// Has the entries' words in `sentences` said as the entries want it. `text` is what the sentences were read from, and
    /// their words' `source` stands in it.
    ///
    /// Words with a `pronunciation` keep it, for it was given in the text itself. Phones for which `is_readable` is false
    /// are passed over, so their words are said as ever.
    pub fn apply(
        &self,
        text: &str,
        sentences: &mut [Sentence],
        language: Language,
        is_readable: impl Fn(&str) -> bool,
    ) {
        let mut matches = self.matches(text, Some(language));
        matches.retain(|found| match found.entry {
            Entry::Pronounced(phones) => is_readable(phones),
            Entry::Alias(_) => true,
        });
        if matches.is_empty() {
            return;
        }
        let mut speaker = Speaker {
            text,
            language,
            alias_chars: ALIAS_CHARS,
        };
        for sentence in sentences {
            sentence.words = speaker.replace(&sentence.words, &matches);
        }
    }

    /// The text with aliases in place of their words, for engines that take text.
    pub fn rewrite<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let (mut rewritten, mut from, mut left) = (String::new(), 0, ALIAS_CHARS);
        for Match { source, entry } in self.matches(text, None) {
            if let Entry::Alias(alias) = entry
                && spend(&mut left, alias)
            {
                rewritten.push_str(text.get(from..source.start).unwrap_or_default());
                rewritten.push_str(alias);
                from = source.end;
            }
        }
        if from == 0 {
            return Cow::Borrowed(text);
        }
        rewritten.push_str(text.get(from..).unwrap_or_default());
        Cow::Owned(rewritten)
    }

    /// In the order of the text, without overlaps. Where the language is not known, endings are those of English.
    fn matches(&self, text: &str, language: Option<Language>) -> Vec<Match<'_>> {
        if self.is_empty() {
            return Vec::new();
        }
        let clean = Clean::new(text, 0);
        let (mut matches, mut from) = (Vec::new(), 0);
        for (start, first) in clean.text().char_indices() {
            if start < from || first == ' ' || !is_edge(clean.text(), start) {
                continue;
            }
            if let Some((end, entry)) = self.longest_at(clean.text(), start, language) {
                let source = clean.source(start..end);
                matches.push(Match { source, entry });
                from = end;
            }
        }
        matches
    }

    fn longest_at(
        &self,
        text: &str,
        start: usize,
        language: Option<Language>,
    ) -> Option<(usize, &Entry)> {
        let (mut word, mut found) = (String::new(), None);
        let rest = text.get(start..).unwrap_or_default();
        for (at, c) in rest.char_indices().take(self.longest) {
            word.extend(c.to_lowercase());
            let end = start + at + c.len_utf8();
            if is_edge(text, end)
                && let Some(entry) = self.said(&word, rest, language)
            {
                found = Some((end, entry));
            }
        }
        found
    }

    /// What is said for a word that a text begins with.
    fn said(&self, word: &str, text: &str, language: Option<Language>) -> Option<&Entry> {
        let form = || match language {
            Some(Language::Portuguese) => self.portuguese.get(word),
            Some(Language::English) | None => self.english.get(word),
        };
        self.entries.get(word).or_else(|| {
            let Form { entry, plural_of } = form()?;
            let is_it = plural_of.is_none_or(|stem| {
                let mut stem_and_end = text.char_indices().map(|(at, _)| at);
                let at = stem_and_end.nth(stem).unwrap_or(text.len());
                let (stem, rest) = text.split_at_checked(at).unwrap_or_default();
                let end = rest.find(|c: char| !c.is_alphanumeric());
                may_be_plural(
                    stem,
                    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default(),
                )
            });
            is_it.then_some(entry)
        })
    }
}

/// The forms of all words, by how they are written. What is an entry itself is none.
fn forms(entries: &HashMap<String, Entry>, language: Language) -> HashMap<String, Form> {
    let mut forms = HashMap::new();
    let mut words: Vec<_> = entries.iter().collect();
    // Two words may have a form in common: which of them counts does not hang on the map's order.
    words.sort_unstable_by_key(|(word, _)| *word);
    for (word, entry) in words {
        for form in inflected(word, entry, language) {
            if !entries.contains_key(&form.written) {
                let (entry, plural_of) = (form.entry, form.plural_of);
                forms
                    .entry(form.written)
                    .or_insert(Form { entry, plural_of });
            }
        }
    }
    forms
}

/// A word in the form in which texts are searched.
fn folded(word: &str) -> String {
    let clean = Clean::new(word, 0);
    clean
        .text()
        .trim()
        .chars()
        .flat_map(char::to_lowercase)
        .collect()
}

/// No word goes on across this place. An apostrophe between letters belongs to the word.
fn is_edge(text: &str, at: usize) -> bool {
    let (before, after) = text.split_at_checked(at).unwrap_or_default();
    let before = before.strip_suffix('\'').unwrap_or(before);
    let after = after.strip_prefix('\'').unwrap_or(after);
    !(before.ends_with(char::is_alphanumeric) && after.starts_with(char::is_alphanumeric))
}

/// Whether there is room for another alias, which then takes it.
fn spend(left: &mut usize, alias: &str) -> bool {
    let rest = left.checked_sub(alias.chars().count());
    *left = rest.unwrap_or(*left);
    rest.is_some()
}

/// Puts entries in the place of words.
struct Speaker<'a> {
    text: &'a str,
    language: Language,
    /// What aliases may still add.
    alias_chars: usize,
}

impl Speaker<'_> {
    fn replace(&mut self, words: &[Word], matches: &[Match<'_>]) -> Vec<Word> {
        let place = |word: &Word| {
            let first = matches.partition_point(|found| found.source.end <= word.source.start);
            matches
                .get(first)
                .is_some_and(|found| found.source.start < word.source.end)
                .then_some(first)
        };
        let mut said = Vec::with_capacity(words.len());
        for group in words.chunk_by(|a, b| place(a) == place(b)) {
            let found = group.first().and_then(place).and_then(|at| matches.get(at));
            match found.and_then(|found| self.say(found, group)) {
                Some(words) => said.extend(words),
                None => said.extend_from_slice(group),
            }
        }
        said
    }

    /// The words in place of `group`; none when the group must stay.
    fn say(&mut self, found: &Match<'_>, group: &[Word]) -> Option<Vec<Word>> {
        let (first, last) = (group.first()?, group.last()?);
        let start = group.iter().map(|word| word.source.start).min()?;
        let end = group.iter().map(|word| word.source.end).max()?;
        if !self.is_same(&found.source, &(start..end))
            || group.iter().any(|word| word.pronunciation.is_some())
        {
            return None;
        }
        let mut words = match found.entry {
            Entry::Pronounced(phones) => vec![Word {
                text: group.iter().map(|word| word.text.as_str()).collect(),
                spelled: false,
                pronunciation: Some(phones.clone()),
                ..first.clone()
            }],
            Entry::Alias(alias) => self.read(alias)?,
        };
        for word in &mut words {
            word.source = start..end;
            word.prosody = first.prosody;
            if strength(word.boundary) > strength(Boundary::Major) {
                // The sentence goes on.
                word.boundary = Boundary::Major;
            }
        }
        words.last_mut()?.boundary = last.boundary;
        Some(words)
    }

    fn read(&mut self, alias: &str) -> Option<Vec<Word>> {
        spend(&mut self.alias_chars, alias).then(|| {
            normalize(alias, self.language)
                .into_iter()
                .flat_map(|sentence| sentence.words)
                .collect()
        })
    }

    /// The two differ in signs at most, as `Dr` and `Dr.` do.
    fn is_same(&self, a: &Range<usize>, b: &Range<usize>) -> bool {
        [(a.start, b.start), (a.end, b.end)]
            .into_iter()
            .all(|(a, b)| {
                let between = self.text.get(a.min(b)..a.max(b));
                between.is_some_and(|between| !between.contains(char::is_alphanumeric))
            })
    }
}
