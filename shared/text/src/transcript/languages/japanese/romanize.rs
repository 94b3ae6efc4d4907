//! Japanese in Latin letters: `東京へ行く` toukyou e iku. Words are parted by spaces, endings joined to their verbs.
//!
//! Kana are read here; kanji need the dictionary of `mecab`, which also knows where words end and which は is a particle.

use super::{
    counters::{self, is_numeral},
    kana::{is_kana, katakana, romaji},
    mecab::{self, Word},
};
use crate::transcript::TranscriptError;

/// The marks of Japanese, and those that models know; none is said.
const MARKS: &[(char, &str)] = &[
    ('。', "."),
    ('、', ","),
    ('！', "!"),
    ('？', "?"),
    ('：', ":"),
    ('；', ";"),
    ('，', ","),
    ('．', "."),
    ('…', "..."),
    ('・', ","),
];
const PLAIN_MARKS: &str = ".,!?;:";
/// Particles that are endings of their verb.
const ENDINGS: &[&str] = &["て", "で", "ば", "ちゃ", "じゃ", "たり", "だり"];
/// 何 is nan before these, else nani.
const BEHIND_NAN: &[char] = &[
    'で', 'だ', 'と', 'の', '度', '人', '時', '日', '月', '年', '回', '個', '歳',
];
/// Stands for the character before it, where the dictionary does not have both as a word.
const REPEATED: &str = "々";

pub(crate) fn romanize(text: &str) -> Result<String, TranscriptError> {
    let words = match mecab::words(text) {
        Err(error) if text.chars().any(needs_dictionary) => return Err(error),
        Err(_) => runs(text),
        Ok(words) => words,
    };
    Ok(join(&words))
}

fn needs_dictionary(c: char) -> bool {
    let is_kanji = matches!(c, '々' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}');
    is_kanji && !is_numeral(c) && c != '点'
}

/// The runs of one script each, for texts that are read without a dictionary.
fn runs(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let script = script(first);
        let end = rest
            .find(|c| c != 'ー' && self::script(c) != script)
            .unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        let reading = if run == "は" {
            "ワ".to_owned()
        } else {
            katakana(run)
        };
        words.push(Word {
            written: run.to_owned(),
            reading: run.chars().all(is_kana).then_some(reading),
            ..Word::default()
        });
        rest = after.trim_start();
    }
    words
}

fn script(c: char) -> u8 {
    match c {
        '\u{30a1}'..='\u{30fa}' => 1,
        _ if is_kana(c) => 2,
        _ if is_numeral(c) => 3,
        _ if c.is_alphanumeric() => 4,
        _ if c.is_whitespace() => 5,
        _ => 6,
    }
}

/// Kana of the words that are written together, and the text that they become.
#[derive(Default)]
struct Line {
    latin: String,
    kana: String,
}

impl Line {
    fn space(&mut self) {
        self.latin += &romaji(&std::mem::take(&mut self.kana));
        if !self.latin.is_empty() && !self.latin.ends_with(' ') {
            self.latin.push(' ');
        }
    }

    fn mark(&mut self, mark: &str) {
        self.space();
        self.latin.truncate(self.latin.trim_end().len());
        if !self.latin.is_empty() {
            self.latin.push_str(mark);
        }
    }
}

fn join(words: &[Word]) -> String {
    let mut line = Line::default();
    let mut index = 0;
    let mut is_open = false;
    while let Some(word) = words.get(index) {
        let previous = index
            .checked_sub(1)
            .and_then(|previous| words.get(previous));
        if let Some((reading, length)) = number(words.get(index..).unwrap_or_default()) {
            if !is_open {
                line.space();
            }
            line.kana += &reading;
            index += length;
            is_open = false;
            continue;
        }
        let next = words.get(index + 1);
        let is_joined = is_open || is_joined(word, previous);
        let reading = match previous {
            Some(previous) if word.written == REPEATED => reading(previous, None),
            _ => reading(word, next),
        };
        write(word, reading, is_joined, &mut line);
        is_open = word.part == "接頭詞";
        index += 1;
    }
    line.space();
    line.latin.trim().to_owned()
}

/// A word in katakana, if it can be read.
fn reading(word: &Word, next: Option<&Word>) -> Option<String> {
    let is_short = next.is_some_and(|next| next.written.starts_with(BEHIND_NAN));
    if word.written == "何" && is_short {
        return Some("ナン".to_owned());
    }
    word.reading.clone().or_else(|| {
        let is_kana = word.written.chars().all(is_kana);
        is_kana.then(|| katakana(&word.written))
    })
}

fn write(word: &Word, reading: Option<String>, is_joined: bool, line: &mut Line) {
    let is_repeated = word.written == REPEATED && reading.as_deref() != Some(REPEATED);
    let is_sign =
        !is_repeated && word.part == "記号" || !word.written.chars().any(char::is_alphanumeric);
    match reading.filter(|_| !is_sign) {
        Some(reading) => {
            if !is_joined {
                line.space();
            }
            line.kana += &reading;
        }
        None => foreign(&word.written, line),
    }
}

/// Latin letters are kept, marks made plain, and kanji that nobody can read left out.
fn foreign(written: &str, line: &mut Line) {
    if written.starts_with(char::is_alphanumeric) {
        line.space();
    }
    for c in written.chars() {
        let mark = MARKS.iter().find(|(mark, _)| *mark == c);
        match mark {
            Some((_, plain)) => line.mark(plain),
            None if PLAIN_MARKS.contains(c) => line.mark(c.encode_utf8(&mut [0; 4])),
            None if c.is_alphanumeric() && !needs_dictionary(c) || c == '\'' || c == '-' => {
                line.kana.push(c);
            }
            None => line.space(),
        }
    }
}

/// Whether a word is written together with the one before it.
fn is_joined(word: &Word, previous: Option<&Word>) -> bool {
    let Some(previous) = previous.filter(|previous| previous.part != "記号") else {
        return false;
    };
    match (word.part.as_str(), word.kind.as_str()) {
        ("助動詞", _) => {
            let is_copula = matches!(word.base.as_str(), "です" | "だ" | "らしい");
            let is_negated = previous.part == "形容詞" && word.base == "ない";
            !(is_negated || is_copula) || is_copula && previous.base == "ます"
        }
        ("助詞", "接続助詞" | "並立助詞") => {
            ENDINGS.contains(&word.written.as_str())
                && matches!(previous.part.as_str(), "動詞" | "形容詞" | "助動詞")
        }
        ("動詞" | "形容詞", "接尾") => true,
        ("名詞", "接尾") => {
            let is_loan = word
                .written
                .starts_with(|c| matches!(c, '\u{30a1}'..='\u{30fa}'));
            word.detail != "地域" && !is_loan
        }
        _ => false,
    }
}

/// A number in kanji at the beginning, with its counter: its reading, and how many words it is.
fn number(words: &[Word]) -> Option<(String, usize)> {
    let figures = figures(words);
    let whole = words.get(..figures).filter(|words| !words.is_empty())?;
    let whole = written(whole);
    let behind = words.get(figures..)?;
    let decimals = match behind.split_first() {
        Some((point, after)) if point.written == "点" => self::figures(after),
        _ => 0,
    };
    if decimals > 0 {
        let fraction = written(behind.get(1..=decimals)?);
        let whole = if whole == "零" {
            "レイ".to_owned()
        } else {
            counters::reading(&whole)
        };
        let reading = format!("{whole} テン {}", counters::reading(&fraction));
        return Some((reading, figures + 1 + decimals));
    }
    let counter = behind.first().map_or("", |word| word.written.as_str());
    match counters::counted(&whole, counter) {
        Some(reading) => Some((reading, figures + 1)),
        None => Some((counters::reading(&whole), figures)),
    }
}

fn figures(words: &[Word]) -> usize {
    let is_number = |word: &&Word| {
        matches!(word.kind.as_str(), "数" | "") && word.written.chars().all(is_numeral)
    };
    words.iter().take_while(is_number).count()
}

fn written(words: &[Word]) -> String {
    words.iter().map(|word| word.written.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kanji_are_read_by_the_dictionary() {
        for (japanese, expected) in [
            ("東京へ行く。", "toukyou e iku."),
            ("私は学生です。", "watashi wa gakusei desu."),
            ("お茶を一杯ください", "ocha wo ippai kudasai"),
            ("食べないでください", "tabenaide kudasai"),
            ("勉強しています", "benkyou shite imasu"),
            ("三百人が来ました。", "sanbyakunin ga kimashita."),
            ("信用、雑誌、大きい", "shin'you, zasshi, ookii"),
            ("それは何ですか？", "sore wa nan desu ka?"),
            ("行けなかった", "ikenakatta"),
            ("美しくない", "utsukushiku nai"),
            ("田中さん", "tanakasan"),
            ("五月三日", "gogatsu mikka"),
            ("三点一四", "san ten ichiyon"),
            ("八千円", "hassen en"),
            ("昔々", "mukashi mukashi"),
            ("時々", "tokidoki"),
            ("aiとは何か", "ai to wa nani ka"),
        ] {
            let romanized = romanize(japanese)
                .expect("mecab and mecab-ipadic-utf8, which cargo xtask test installs");
            assert_eq!(romanized, expected, "{japanese}");
        }
    }

    #[test]
    fn kana_and_numbers_need_no_dictionary() {
        for (japanese, expected) in [
            ("こーひー、ください！", "koohii, kudasai!"),
            ("コーヒーをください", "koohii wokudasai"),
            ("八千三百", "hassensanbyaku"),
            ("零点五パーセント", "rei ten go paasento"),
            ("abc テスト 二", "abc tesuto ni"),
            ("", ""),
        ] {
            assert_eq!(join(&runs(japanese)), expected, "{japanese}");
        }
        assert!(!"八千三百テスト零点五".chars().any(needs_dictionary));
    }
}
