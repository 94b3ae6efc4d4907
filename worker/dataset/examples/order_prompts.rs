//! Chooses sentences to be read aloud and orders them so that the first ones have all phones, and soon most pairs of phones:
//! `order_prompts en|pt COUNT < SENTENCES > shared/text/prompts/LANGUAGE.txt`. The same sentences give the same list.

use std::collections::{BTreeSet, HashMap};
use std::{env, error::Error, io};

use kiskadee_pronunciation::Pronouncer;
use kiskadee_text::{Language, normalize};

/// Words of a sentence that is easily read at sight.
const WORDS: std::ops::RangeInclusive<usize> = 5..=15;
/// A new phone is worth so many new pairs.
const PHONE: f64 = 5.0;
/// What was heard already is worth so much, and less each time.
const AGAIN: f64 = 0.1;

struct Sentence {
    text: String,
    phones: Vec<u8>,
}

/// Phones alone and in pairs, by how often they were heard.
type Heard = HashMap<(u8, Option<u8>), u32>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (language, count) = (arguments.next(), arguments.next());
    let language = language.and_then(|tag| Language::from_tag(&tag));
    let (Some(language), Some(count)) = (language, count) else {
        return Err("usage: order_prompts en|pt COUNT < SENTENCES".into());
    };
    let mut left = sentences(language)?;
    let mut heard = Heard::new();
    for _ in 0..count.parse()? {
        let values = left.iter().map(|sentence| sentence.value(&heard));
        let best = values.enumerate().rev().max_by(|a, b| a.1.total_cmp(&b.1));
        let Some((best, _)) = best else { break };
        let sentence = left.remove(best);
        for sound in sentence.sounds() {
            *heard.entry(sound).or_default() += 1;
        }
        println!("{}", sentence.text);
    }
    Ok(())
}

fn sentences(language: Language) -> Result<Vec<Sentence>, Box<dyn Error>> {
    let pronouncer = Pronouncer::built_in(language)?;
    let (mut sentences, mut seen) = (Vec::new(), BTreeSet::new());
    for line in io::stdin().lines() {
        let text = line?.trim().to_owned();
        if !is_readable(&text) || !seen.insert(text.to_lowercase()) {
            continue;
        }
        let mut phones = Vec::new();
        for sentence in normalize(&text, language) {
            let tokens = pronouncer.pronounce(&sentence)?;
            phones.extend(tokens.iter().map(|token| token.phone.0));
        }
        sentences.push(Sentence { text, phones });
    }
    Ok(sentences)
}

/// Nothing that two people would read in two ways.
fn is_readable(text: &str) -> bool {
    let is_plain = |c: char| c.is_alphabetic() || " ,.?!'-".contains(c);
    let is_spelled = |word: &str| word.chars().filter(|c| c.is_uppercase()).count() > 1;
    WORDS.contains(&text.split_whitespace().count())
        && text.chars().all(is_plain)
        && text.ends_with(['.', '?', '!'])
        && !text.split_whitespace().any(is_spelled)
}

impl Sentence {
    fn sounds(&self) -> BTreeSet<(u8, Option<u8>)> {
        let phones = self.phones.iter().map(|phone| (*phone, None));
        let pairs = self
            .phones
            .array_windows()
            .map(|[one, next]| (*one, Some(*next)));
        phones.chain(pairs).collect()
    }

    /// New sounds by the time that it takes to say them.
    fn value(&self, heard: &Heard) -> f64 {
        let value = |sound: &(u8, Option<u8>)| {
            let weight = if sound.1.is_none() { PHONE } else { 1.0 };
            let times = heard.get(sound).copied().unwrap_or_default();
            weight
                * if times == 0 {
                    1.0
                } else {
                    AGAIN / f64::from(times)
                }
        };
        self.sounds().iter().map(value).sum::<f64>() / self.phones.len().max(1) as f64
    }
}
