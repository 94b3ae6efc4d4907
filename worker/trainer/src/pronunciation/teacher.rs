//! How the teachers say words: flite for English, espeak-ng for Portuguese. Both run as processes of their own.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use kiskadee_pronunciation::{Phone, Sound};
use kiskadee_text::Language;

use crate::teacher::{Program, TeacherError, missing};

const LEXICON: Program = Program {
    name: "lexicon_dump",
    source: include_str!("../../teacher/lexicon_dump.c"),
    libraries: &["-lflite_cmulex", "-lflite_usenglish", "-lflite", "-lm"],
    package: "flite1-dev",
};

/// What flite says for each word; words that it cannot say are left out.
pub(super) fn english(
    words: &[String],
    scratch: &Path,
) -> Result<Vec<(String, Vec<Sound>)>, TeacherError> {
    let program = LEXICON.compile(scratch)?;
    let mut command = Command::new(&program);
    let said = talk(&mut command, ("lexicon_dump", "flite1-dev"), words)?;
    let lines = said.lines().filter_map(|line| line.split_once('\t'));
    let said = lines.filter(|(_, phones)| !phones.is_empty());
    said.map(|(word, phones)| Ok((word.to_owned(), english_sounds(phones)?)))
        .collect()
}

/// Flite's phones as it writes them, stress behind vowels: `hh ax l ow1`.
pub(super) fn english_sounds(phones: &str) -> Result<Vec<Sound>, TeacherError> {
    let sound = |name: &str| {
        let plain = name.trim_end_matches(['0', '1', '2']);
        let phone = Phone::named(Language::English, plain);
        phone
            .map(|phone| Sound::new(phone, name.ends_with('1')))
            .ok_or_else(|| TeacherError::UnknownPhone(name.to_owned()))
    };
    phones.split_whitespace().map(sound).collect()
}

/// What espeak-ng says for each word.
pub(super) fn portuguese(words: &[String]) -> Result<Vec<(String, Vec<Sound>)>, TeacherError> {
    let mut command = Command::new("espeak-ng");
    command.args(["-v", "pt-br", "-q", "-x", "--sep= ", "--stdin"]);
    // Each word as a paragraph of its own: within a sentence words change each other.
    let lines: Vec<String> = words.iter().map(|word| format!("{word}.\n")).collect();
    let said = talk(&mut command, ("espeak-ng", "espeak-ng"), &lines)?;
    let said: Vec<&str> = said
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    if said.len() != words.len() {
        let said = format!("it said {} words of {}", said.len(), words.len());
        return Err(TeacherError::Failed {
            program: "espeak-ng",
            said,
        });
    }
    // Foreign words have phonemes of their own; nothing is to be learned from them.
    let known = |(word, said): (&String, &str)| Some((word.clone(), portuguese_sounds(said).ok()?));
    Ok(words.iter().zip(said).filter_map(known).collect())
}

/// espeak-ng's phonemes with blanks between them, stress before vowels: `k ,o * a s '&U~`.
pub(super) fn portuguese_sounds(phonemes: &str) -> Result<Vec<Sound>, TeacherError> {
    let sound = |name: &str| {
        let plain = name.trim_start_matches(['\'', ',', '%', '=']);
        let phone = Phone::named(Language::Portuguese, plain);
        phone
            .map(|phone| Sound::new(phone, name.starts_with('\'')))
            .ok_or_else(|| TeacherError::UnknownPhone(name.to_owned()))
    };
    let names = phonemes
        .split_whitespace()
        .filter(|name| !matches!(*name, "|" | "||" | "_" | "_:"));
    names.map(sound).collect()
}

fn talk(
    command: &mut Command,
    (program, package): (&'static str, &'static str),
    lines: &[String],
) -> Result<String, TeacherError> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|source| missing((program, package), source))?;
    let stdin = child.stdin.take();
    let text = lines.join("\n") + "\n";
    // From a thread, for the answer must be read while the question is still being written.
    let writing =
        std::thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(text.as_bytes())));
    let output = child
        .wait_with_output()
        .map_err(|source| missing((program, package), source))?;
    let _ = writing.join();
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(TeacherError::Failed {
        program,
        said: output.status.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_write_stress_are_read() {
        let stressed = |sounds: Vec<Sound>| {
            sounds
                .iter()
                .map(|sound| sound.is_stressed())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            stressed(english_sounds("hh ax0 l ow1").unwrap()),
            [false, false, false, true]
        );
        assert_eq!(
            stressed(portuguese_sounds("k ,o * a s '&U~").unwrap()),
            [false, false, false, false, false, true]
        );
        assert!(english_sounds("qq").is_err());
    }
}
