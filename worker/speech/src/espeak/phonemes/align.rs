//! Which phonemes belong to which word. espeak-ng parts words by blanks, but joins some (`of the` is `ʌvðə`) and splits others
//! (`21`), and does not say which.

use std::ops::Range;

/// The most words that are joined into one, or parts that one is split into.
const MOST: usize = 6;
/// Sound-alikes: what is not here stands for itself, vowels for nothing.
const CONSONANTS: &[(char, char)] = &[
    ('c', 'k'),
    ('q', 'k'),
    ('ɡ', 'g'),
    ('ɹ', 'r'),
    ('ɾ', 'r'),
    ('ʁ', 'r'),
    ('ð', 't'),
    ('θ', 't'),
    ('ŋ', 'n'),
    ('ɲ', 'n'),
    ('ʎ', 'l'),
    ('ɫ', 'l'),
    ('ʃ', 's'),
    ('ʒ', 's'),
    ('z', 's'),
    ('ç', 's'),
    ('x', 's'),
    ('β', 'b'),
    ('ɣ', 'g'),
];

/// For each word the bytes of `line` that it is heard in, in order; see [`super::WordPhones`].
pub(super) fn align(words: &[&str], line: &str) -> Vec<Range<usize>> {
    let parts = parts(line);
    if words.len() == parts.len() {
        return parts;
    }
    let mut shares = Vec::new();
    for group in groups(words, line, &parts) {
        let words = words.get(group.words).unwrap_or_default();
        let parts = parts.get(group.parts).unwrap_or_default();
        let range = match (parts.first(), parts.last()) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => line.len()..line.len(),
        };
        shares.extend(shared(words, line, range));
    }
    shares
}

/// The stretches between blanks.
fn parts(line: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    let ranges = line.split(' ').map(|part| {
        let range = at..at + part.len();
        at = range.end + 1;
        range
    });
    ranges.filter(|range| !range.is_empty()).collect()
}

/// Words that are heard in the same parts.
#[derive(Debug, Clone)]
struct Group {
    words: Range<usize>,
    parts: Range<usize>,
}

/// The cheapest way to pair words with parts in order: one with one, several with one, or one with several.
fn groups(words: &[&str], line: &str, parts: &[Range<usize>]) -> Vec<Group> {
    let (rows, columns) = (words.len(), parts.len());
    let width = columns + 1;
    let letters: Vec<String> = words.iter().map(|word| skeleton(word)).collect();
    let heard: Vec<String> = parts
        .iter()
        .map(|part| skeleton(line.get(part.clone()).unwrap_or_default()))
        .collect();
    let mut best: Vec<(usize, Option<Group>)> = vec![(usize::MAX, None); (rows + 1) * width];
    if let Some(first) = best.first_mut() {
        first.0 = 0;
    }
    for row in 0..=rows {
        for column in 0..=columns {
            let cost = best
                .get(row * width + column)
                .map_or(usize::MAX, |cell| cell.0);
            if cost == usize::MAX {
                continue;
            }
            for (down, right) in steps() {
                let group = Group {
                    words: row..row + down,
                    parts: column..column + right,
                };
                let (Some(said), Some(sounds)) = (
                    letters.get(group.words.clone()),
                    heard.get(group.parts.clone()),
                ) else {
                    continue;
                };
                let cost = cost + cost_of(&said.concat(), &sounds.concat(), down, right);
                let target = (row + down) * width + column + right;
                if let Some(cell) = best.get_mut(target).filter(|cell| cost < cell.0) {
                    *cell = (cost, Some(group));
                }
            }
        }
    }
    trace(&best, rows, columns)
}

fn steps() -> impl Iterator<Item = (usize, usize)> {
    let joined = (1..=MOST).map(|count| (count, 1));
    let split = (2..=MOST).map(|count| (1, count));
    // More parts than six times the words, or words that are not heard at all.
    joined.chain(split).chain([(1, 0), (0, 1)])
}

/// How little letters and sounds are alike, and how unusual the group is.
fn cost_of(letters: &str, sounds: &str, words: usize, parts: usize) -> usize {
    let unusual = match (words, parts) {
        (0, _) | (_, 0) => 12,
        _ => 2 * (words.max(parts) - 1),
    };
    // Figures look like nothing that they are called.
    let is_figure = !letters.is_empty() && letters.chars().all(|c| c.is_ascii_digit());
    let difference = if is_figure && parts > 0 {
        1
    } else {
        distance(letters, sounds)
    };
    3 * difference + unusual
}

fn trace(best: &[(usize, Option<Group>)], rows: usize, columns: usize) -> Vec<Group> {
    let (mut row, mut column) = (rows, columns);
    let mut found = Vec::new();
    while let Some(group) = best
        .get(row * (columns + 1) + column)
        .and_then(|cell| cell.1.clone())
    {
        (row, column) = (group.words.start, group.parts.start);
        found.push(group);
    }
    found.reverse();
    found
}

/// The consonants of a word or of its phonemes, alike where they sound alike.
fn skeleton(text: &str) -> String {
    let same = |c: char| {
        CONSONANTS
            .iter()
            .find(|(from, _)| *from == c)
            .map_or(c, |(_, to)| *to)
    };
    let lower = text.chars().flat_map(char::to_lowercase);
    lower
        .map(same)
        .filter(|c| "bdfgjklmnprstvw0123456789".contains(*c))
        .collect()
}

/// Levenshtein's.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, a) in left.chars().enumerate() {
        let mut diagonal = at;
        let mut before = at + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(&right) {
            let cost = (diagonal + usize::from(a != *b))
                .min(before + 1)
                .min(*cell + 1);
            diagonal = *cell;
            *cell = cost;
            before = cost;
        }
        if let Some(first) = row.first_mut() {
            *first = at + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Cuts a range between words by their numbers of letters. A sign that belongs to the symbol before it stays there.
fn shared(words: &[&str], line: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let total: usize = words.iter().map(|word| word.chars().count()).sum();
    let phones = line.get(range.clone()).unwrap_or_default();
    let count = phones.chars().count();
    let mut letters = 0;
    let mut start = range.start;
    let mut shares = Vec::new();
    for word in words {
        letters += word.chars().count();
        let place = (count * letters + total / 2) / total.max(1);
        let byte = phones.char_indices().nth(place).map(|(byte, _)| byte);
        let end = range.start + seam(phones, byte.unwrap_or(phones.len()));
        shares.push(start..end.max(start));
        start = end.max(start);
    }
    if let Some(last) = shares.last_mut() {
        last.end = range.end;
    }
    shares
}

/// The first place from `at` on where a symbol begins.
fn seam(phones: &str, at: usize) -> usize {
    let belongs = |c: char| matches!(c, 'ː' | 'ʲ' | '^' | '\u{300}'..='\u{36f}');
    let mut symbols = phones.char_indices().filter(|(_, c)| !belongs(*c));
    symbols
        .find(|(place, _)| *place >= at)
        .map_or(phones.len(), |(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aligned(words: &str, line: &str) -> Vec<String> {
        let words: Vec<&str> = words.split(' ').collect();
        let shares = align(&words, line);
        shares
            .into_iter()
            .map(|share| line[share].to_owned())
            .collect()
    }

    #[test]
    fn as_many_parts_as_words_are_one_each() {
        assert_eq!(aligned("the cat", "ðə kˈæt"), ["ðə", "kˈæt"]);
    }

    #[test]
    fn joined_words_share_their_part() {
        assert_eq!(
            aligned("the way of the world", "ðə wˈeɪ ʌvðə wˈɜːld"),
            ["ðə", "wˈeɪ", "ʌv", "ðə", "wˈɜːld"]
        );
        let shares = aligned("I am fine", "aɪɐm fˈaɪn");
        assert_eq!(
            (shares[0].clone() + &shares[1], shares[2].as_str()),
            ("aɪɐm".to_owned(), "fˈaɪn")
        );
    }

    #[test]
    fn a_split_word_has_all_its_parts() {
        assert_eq!(
            aligned("room 21 is free", "ɹˈuːm twˈɛnti wˈʌn ɪz fɹˈiː"),
            ["ɹˈuːm", "twˈɛnti wˈʌn", "ɪz", "fɹˈiː"]
        );
    }

    #[test]
    fn every_word_has_its_place_whatever_is_heard() {
        for (words, line) in [
            ("a b c", ""),
            ("a", "x y z"),
            ("a b", "b c d e f g h i j k l m n o p"),
        ] {
            let count = words.split(' ').count();
            let shares = align(&words.split(' ').collect::<Vec<_>>(), line);
            assert_eq!(shares.len(), count, "{line}");
            assert!(shares.is_sorted_by_key(|share| share.start));
            assert!(shares.iter().all(|share| line.get(share.clone()).is_some()));
        }
    }
}
