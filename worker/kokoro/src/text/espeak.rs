//! What espeak-ng writes with ties (`--ipa --tie=^`), as the symbols that Kokoro learnt from.

use std::ops::Range;

use super::{Symbol, mark, opens};

/// A clause as espeak-ng spoke it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause<'a> {
    /// Its line of phonemes.
    pub line: &'a str,
    /// The words that are in it, by their places in the sentence.
    pub words: Range<u32>,
    /// The marks in front of it and behind it, as they are written.
    pub before: &'a str,
    pub behind: &'a str,
}

/// Diphthongs and affricates that have a symbol of their own.
const TIED: &[(&str, char)] = &[
    ("a^ɪ", 'I'),
    ("a^ʊ", 'W'),
    ("d^z", 'ʣ'),
    ("d^ʒ", 'ʤ'),
    ("e^ɪ", 'A'),
    ("o^ʊ", 'O'),
    ("s^s", 'S'),
    ("t^s", 'ʦ'),
    ("t^ʃ", 'ʧ'),
    ("ɔ^ɪ", 'Y'),
];

/// Clauses as symbols, with blanks between them. Blanks between words are espeak-ng's; where it makes one word of several, each part is given
/// to the word at its place.
pub fn symbols(clauses: &[Clause<'_>]) -> Vec<Symbol> {
    let mut symbols: Vec<Symbol> = Vec::new();
    for clause in clauses {
        if !symbols.is_empty() {
            symbols.push(plain(' '));
        }
        symbols.extend(
            clause
                .before
                .chars()
                .filter_map(mark)
                .filter(|mark| opens(*mark))
                .map(plain),
        );
        spoken(clause, &mut symbols);
        symbols.extend(clause.behind.chars().filter_map(mark).map(plain));
    }
    symbols
}

fn plain(symbol: char) -> Symbol {
    Symbol { symbol, word: None }
}

fn spoken(clause: &Clause<'_>, symbols: &mut Vec<Symbol>) {
    let line = without_switches(clause.line);
    let groups: Vec<&str> = line.split_whitespace().collect();
    let count = clause.words.len();
    for (place, group) in groups.iter().enumerate() {
        if place > 0 {
            symbols.push(plain(' '));
        }
        let within = (place * count / groups.len()) as u32;
        let word = (count > 0).then_some(clause.words.start + within);
        symbols.extend(untied(group).map(|symbol| Symbol { symbol, word }));
    }
}

/// espeak-ng tells a change of language in brackets: `(en)`.
fn without_switches(line: &str) -> String {
    let mut inside = false;
    let keep = |symbol: &char| {
        let was_inside = inside;
        inside = match symbol {
            '(' => true,
            ')' => false,
            _ => inside,
        };
        !was_inside && !inside
    };
    line.chars().filter(keep).collect()
}

/// Ties with a symbol become it; other ties and hyphens go.
fn untied(group: &str) -> impl Iterator<Item = char> {
    let mut symbols = Vec::new();
    let mut rest = group;
    while let Some(first) = rest.chars().next() {
        if let Some((tied, symbol)) = TIED.iter().find(|(tied, _)| rest.starts_with(tied)) {
            symbols.push(*symbol);
            rest = &rest[tied.len()..];
            continue;
        }
        symbols.extend((first != '^' && first != '-').then_some(first));
        rest = &rest[first.len_utf8()..];
    }
    symbols.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(symbols: &[Symbol]) -> String {
        symbols.iter().map(|symbol| symbol.symbol).collect()
    }

    #[test]
    fn ties_become_symbols_or_go() {
        let clauses = [
            Clause {
                line: "d^ʒy kˈazæ",
                words: 0..2,
                before: "«",
                behind: ",",
            },
            Clause {
                line: "(en)t^ʃˈe^ɪn(pt-br) sˈɐ̃^ʊ̃-",
                words: 2..4,
                before: "",
                behind: "».",
            },
        ];
        let found = symbols(&clauses);
        assert_eq!(said(&found), "“ʤy kˈazæ, ʧˈAn sˈɐ̃ʊ̃”.");
        let words: Vec<u32> = found.iter().filter_map(|symbol| symbol.word).collect();
        assert!(words.is_sorted() && words.first() == Some(&0) && words.last() == Some(&3));
    }

    #[test]
    fn fewer_groups_than_words_still_cover_the_clause() {
        let clause = Clause {
            line: "ɐ vˈidæ",
            words: 4..7,
            before: "",
            behind: ".",
        };
        let words: Vec<_> = symbols(&[clause])
            .iter()
            .map(|symbol| symbol.word)
            .collect();
        assert_eq!(words[0], Some(4));
        assert_eq!(words[3], Some(5));
    }
}
