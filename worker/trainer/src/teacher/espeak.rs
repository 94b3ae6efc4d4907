//! espeak-ng: phonemes with their places in the waveform, for any of its languages.

use std::path::Path;

use super::TeacherError;
use super::program::{Answer, Program, questions};

const DUMP: Program = Program {
    name: "espeak_dump",
    source: include_str!("../../teacher/espeak_dump.c"),
    libraries: &["-lespeak-ng"],
    package: "libespeak-ng-dev",
};
/// How far the phonemes that were said may be from those that were meant.
const LOOK_AHEAD: usize = 4;

#[derive(Debug, Clone, PartialEq)]
pub struct EspeakPhone {
    /// As espeak-ng writes it, without marks of stress; `_` and `_:` are pauses.
    pub name: String,
    pub start_sample: usize,
    /// 0, 1 (primary) or 2 (secondary); of the phoneme alone, which is a vowel then.
    pub stress: u8,
    /// Which word of the text it is in; none for pauses.
    pub word: Option<u32>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct EspeakUtterance {
    /// Index of the text.
    pub text: usize,
    /// Each lasts until the next begins, the last to the end of the samples.
    pub phones: Vec<EspeakPhone>,
    pub samples: Vec<i16>,
    /// Hz
    pub sample_rate: u32,
}

/// Has `voice` (a language with an optional variant, like `pt-br+f2`) say each text and gives the utterances to `take`
/// as they come. The program that does it is compiled into `cache`.
pub fn espeak<T: AsRef<str>>(
    cache: &Path,
    voice: &str,
    texts: &[T],
    take: &mut dyn FnMut(EspeakUtterance),
) -> Result<(), TeacherError> {
    DUMP.run(cache, &[], questions(voice, texts)?, |answer| {
        while let Some(head) = answer.line()? {
            take(read(answer, &head)?);
        }
        Ok(())
    })
}

fn read(answer: &mut Answer, head: &[String]) -> Result<EspeakUtterance, TeacherError> {
    if head.first().map(String::as_str) != Some("utterance") {
        return Err(answer.broken(format!("{head:?}")));
    }
    let [events, samples] = [2, 3].map(|index| answer.count(head, index));
    let meant = answer.next_line()?.join(" ");
    let mut phones = Vec::new();
    let mut word = None;
    for _ in 0..events? {
        let fields = answer.next_line()?;
        match fields.first().map(String::as_str) {
            Some("phoneme") => phones.extend(phone(answer, &fields, word)?),
            // Counted from 1.
            Some("word") => word = answer.number::<u32>(&fields, 2)?.checked_sub(1),
            _ => {}
        }
    }
    stress(&mut phones, &meant);
    Ok(EspeakUtterance {
        text: answer.number(head, 1)?,
        phones,
        samples: answer.samples(samples?)?,
        sample_rate: answer.number(head, 4)?,
    })
}

/// None for marks without a name.
fn phone(
    answer: &Answer,
    fields: &[String],
    word: Option<u32>,
) -> Result<Option<EspeakPhone>, TeacherError> {
    let name = fields.get(2).cloned().unwrap_or_default();
    let pause = name.starts_with('_');
    Ok((!name.is_empty()).then_some(EspeakPhone {
        start_sample: answer.count(fields, 1)?,
        stress: 0,
        word: word.filter(|_| !pause),
        name,
    }))
}

/// Events do not tell stress; the phonemes that were meant do, of which a few are said otherwise or not at all.
fn stress(phones: &mut [EspeakPhone], meant: &str) {
    let mut place = 0;
    for name in meant.split_whitespace() {
        let (stress, plain) = match name.split_at_checked(1) {
            Some(("'", plain)) => (1, plain),
            Some((",", plain)) => (2, plain),
            _ => (0, name),
        };
        let rest = phones.iter().enumerate().skip(place);
        let mut spoken = rest
            .filter(|(_, phone)| !phone.name.starts_with('_'))
            .take(LOOK_AHEAD);
        if let Some(index) = spoken
            .find(|(_, phone)| phone.name == plain)
            .map(|(index, _)| index)
        {
            phones[index].stress = stress;
            place = index + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stress_is_found_though_phonemes_differ() {
        let names = ["o", "l", "a", "_:", "a", "x", "a", "p", "o", "z"];
        let mut phones: Vec<EspeakPhone> = names
            .map(|name| EspeakPhone {
                name: name.to_owned(),
                start_sample: 0,
                stress: 0,
                word: None,
            })
            .to_vec();
        stress(&mut phones, "o l 'a a  x ,a Q p 'o ; z");
        let stresses: Vec<u8> = phones.iter().map(|phone| phone.stress).collect();
        assert_eq!(stresses, [0, 0, 1, 0, 0, 0, 2, 0, 1, 0]);
    }
}
