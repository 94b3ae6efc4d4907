//! Which recording a row means.

use std::collections::HashMap;

use super::names::{extension, is_audio, key, parts, stem};

/// The recordings of a dataset by what rows call them.
pub(super) struct AudioIndex<'a> {
    by_stem: HashMap<String, Vec<&'a str>>,
}

/// What became of a look-up.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    One(&'a str),
    Missing,
    /// Several recordings are called so, and nothing tells which one is meant.
    Several,
}

impl<'a> AudioIndex<'a> {
    pub(super) fn new(names: impl Iterator<Item = &'a str>) -> Self {
        let mut by_stem: HashMap<String, Vec<&str>> = HashMap::new();
        for name in names.filter(|name| is_audio(name)) {
            by_stem.entry(key(stem(name))).or_default().push(name);
        }
        Self { by_stem }
    }

    /// By the last part of what a row says; the folders before it only choose among recordings that share it.
    pub(super) fn find(&self, called: &str) -> Found<'a> {
        let Some(same) = self.by_stem.get(&key(stem(called))) else {
            return Found::Missing;
        };
        if let [only] = same[..] {
            return Found::One(only);
        }
        let likeness = |name: &str| (is_of_kind(name, called), shared_folders(name, called));
        let best = same.iter().map(|name| likeness(name)).max();
        let mut alike = same.iter().filter(|name| Some(likeness(name)) == best);
        match (alike.next(), alike.next()) {
            (Some(one), None) => Found::One(one),
            _ => Found::Several,
        }
    }
}

fn is_of_kind(name: &str, called: &str) -> bool {
    let [one, other] = [name, called].map(extension);
    one.zip(other)
        .is_some_and(|(one, other)| one.eq_ignore_ascii_case(other))
}

fn shared_folders(name: &str, called: &str) -> usize {
    let folders = parts(name).rev().skip(1).zip(parts(called).rev().skip(1));
    folders
        .take_while(|(one, other)| key(one) == key(other))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_may_call_a_recording_as_they_like() {
        let index =
            AudioIndex::new(["data/wavs/One.wav", "data/wavs/two.flac", "a.txt"].into_iter());
        for called in [
            "one",
            "one.wav",
            "/home/x/one.wav",
            "..\\ONE.WAV",
            "wavs/one",
        ] {
            assert_eq!(
                index.find(called),
                Found::One("data/wavs/One.wav"),
                "{called}"
            );
        }
        // Converted since the text was written.
        assert_eq!(index.find("two.wav"), Found::One("data/wavs/two.flac"));
        assert_eq!(index.find("a.txt"), Found::Missing);
        assert_eq!(index.find(""), Found::Missing);
    }

    #[test]
    fn folders_choose_among_recordings_of_one_name() {
        let index = AudioIndex::new(["x/ann/1.wav", "x/bob/1.wav", "x/bob/1.mp3"].into_iter());
        assert_eq!(index.find("ann/1.wav"), Found::One("x/ann/1.wav"));
        assert_eq!(index.find("/x/bob/1.mp3"), Found::One("x/bob/1.mp3"));
        assert_eq!(index.find("1"), Found::Several);
        assert_eq!(index.find("1.wav"), Found::Several);
    }
}
