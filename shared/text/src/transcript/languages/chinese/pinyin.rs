//! Chinese characters as pinyin with the tone behind each syllable as a figure, five for the neutral tone:
//! `ni3hao3`.
//!
//! Words are looked up in a dictionary, the longest first, for the reading of many characters depends on their word;
//! [`heteronyms`] holds what the dictionary has wrong.

use pinyin::{Converter, Pinyin};
use unicode_normalization::UnicodeNormalization;

use super::heteronyms::PHRASES;
use crate::transcript::TranscriptError;

const NEUTRAL_TONE: char = '5';
/// Marks of the end and of parts of a sentence. XTTS-v2 has learned Chinese with commas alone.
const MARKS: &[char] = &[
    ',', '.', ';', ':', '!', '?', '。', '、', '，', '；', '：', '！', '？',
];

/// Syllables of one run of characters stand together, as the model has learned them; other words are parted by spaces.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the romanisation of another language can fail, and all are called alike"
)]
pub(crate) fn romanize(text: &str) -> Result<String, TranscriptError> {
    let mut romanized = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let is_chinese = is_han(next);
        let end = rest.find(|c| is_han(c) != is_chinese).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        if is_chinese {
            part(&mut romanized);
            romanized.push_str(&read(run));
        } else {
            if run.starts_with(char::is_alphanumeric) {
                part(&mut romanized);
            }
            copy(run, &mut romanized);
        }
        rest = after;
    }
    Ok(romanized.trim().to_owned())
}

fn is_han(c: char) -> bool {
    matches!(c, '〇' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

fn part(romanized: &mut String) {
    if romanized.ends_with(char::is_alphanumeric) {
        romanized.push(' ');
    }
}

/// Of several marks the first is kept.
fn copy(run: &str, romanized: &mut String) {
    for c in run.chars() {
        if !MARKS.contains(&c) {
            romanized.push(c);
        } else if !romanized.trim_end().ends_with(',') {
            romanized.push(',');
        }
    }
}

/// The syllables of a run of characters. Those without a known reading have none.
fn read(run: &str) -> String {
    let mut syllables = String::new();
    let (mut unread, mut rest) = (0, run);
    while let Some(c) = rest.chars().next() {
        let at = run.len() - rest.len();
        if let Some((phrase, reading)) = phrase_at(rest) {
            look_up(run.get(unread..at).unwrap_or_default(), &mut syllables);
            syllables.extend(reading.split(' '));
            unread = at + phrase.len();
            rest = rest.get(phrase.len()..).unwrap_or_default();
        } else {
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    look_up(run.get(unread..).unwrap_or_default(), &mut syllables);
    syllables
}

fn phrase_at(text: &str) -> Option<(&'static str, &'static str)> {
    let found = PHRASES
        .iter()
        .filter(|(phrase, _)| text.starts_with(phrase));
    found.max_by_key(|(phrase, _)| phrase.len()).copied()
}

fn look_up(run: &str, syllables: &mut String) {
    for word in Converter::new(run).raw_words().convert().words() {
        if word.text.chars().nth(1).is_none() {
            // The dictionary of words reads single characters as surnames.
            let alone = Pinyin::chars(&word.text);
            for word in alone.words() {
                number(&word.pinyin, syllables);
            }
            continue;
        }
        for syllable in word.pinyin.split_whitespace() {
            number(syllable, syllables);
        }
    }
}

/// `hǎo` as `hao3`.
fn number(marked: &str, syllables: &mut String) {
    let mut tone = NEUTRAL_TONE;
    for c in marked.nfd() {
        match c {
            '\u{304}' => tone = '1',
            '\u{301}' => tone = '2',
            '\u{30c}' => tone = '3',
            '\u{300}' => tone = '4',
            '\u{308}' => {
                syllables.pop();
                syllables.push('v');
            }
            _ if c.is_ascii_alphabetic() => syllables.push(c.to_ascii_lowercase()),
            _ => {}
        }
    }
    if syllables.ends_with(|c: char| c.is_ascii_alphabetic()) {
        syllables.push(tone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_read_by_their_word() {
        for (characters, expected) in [
            ("你好,世界.", "ni3hao3,shi4jie4,"),
            ("我在银行工作", "wo3zai4yin2hang2gong1zuo4"),
            ("这很重要", "zhe4hen3zhong4yao4"),
            ("请重复一遍", "qing3chong2fu4yi1bian4"),
            ("音乐和快乐", "yin1yue4he2kuai4le4"),
            ("还是把书还给他", "hai2shi4ba3shu1huan2gei3ta1"),
            ("他觉得很累", "ta1jue2de5hen3lei4"),
            ("我要睡觉了", "wo3yao4shui4jiao4le5"),
            ("校长长大了", "xiao4zhang3zhang3da4le5"),
            ("绿女", "lv4nv3"),
            ("六点过了", "liu4dian3guo4le5"),
            ("我们都去", "wo3men5dou1qu4"),
            ("首都很大", "shou3du1hen3da4"),
            ("便宜的东西", "pian2yi5de5dong1xi5"),
            ("二零二四年", "er4ling2er4si4nian2"),
            ("百分之三点五", "bai3fen1zhi1san1dian3wu3"),
        ] {
            assert_eq!(romanize(characters).unwrap(), expected, "{characters}");
        }
    }

    #[test]
    fn what_is_not_chinese_is_kept() {
        for (written, expected) in [
            ("我用iphone,好吗?", "wo3yong4 iphone,hao3ma5,"),
            ("hello world你好", "hello world ni3hao3"),
            ("abc, d", "abc, d"),
            ("", ""),
            ("？！", ","),
        ] {
            assert_eq!(romanize(written).unwrap(), expected, "{written}");
        }
    }
}
