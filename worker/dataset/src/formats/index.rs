//! Which recording a row means.

use std::collections::HashMap;

use super::names::{extension, is_audio, key, parts, stem};

/// So many recordings may share a name: whoever sends more means to keep us busy.
const MOST_ALIKE: usize = 1_000;

/// The recordings of a dataset by what rows call them.
pub(super) struct AudioIndex<'a> {
    by_stem: HashMap<String, Vec<Recording<'a>>>,
}

struct Recording<'a> {
    name: &'a str,
    /// As they are compared, from the innermost.
    folders: Vec<String>,
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
        let mut by_stem: HashMap<String, Vec<Recording<'_>>> = HashMap::new();
        for name in names.filter(|name| is_audio(name)) {
            let folders = folders(name);
            let recording = Recording { name, folders };
            by_stem.entry(key(stem(name))).or_default().push(recording);
        }
        Self { by_stem }
    }

    /// By the last part of what a row says; the folders before it only choose among recordings that share it.
    pub(super) fn find(&self, called: &str) -> Found<'a> {
        let Some(same) = self.by_stem.get(&key(stem(called))) else {
            return Found::Missing;
        };
        if let [only] = &same[..] {
            return Found::One(only.name);
        }
        if same.len() > MOST_ALIKE {
            return Found::Several;
        }
        let wanted = folders(called);
        let likeness = |recording: &Recording<'_>| {
            let pairs = recording.folders.iter().zip(&wanted);
            let shared = pairs.take_while(|(one, other)| one == other).count();
            (is_of_kind(recording.name, called), shared)
        };
        let best = same.iter().map(likeness).max();
        let mut alike = same.iter().filter(|one| Some(likeness(one)) == best);
        match (alike.next(), alike.next()) {
            (Some(one), None) => Found::One(one.name),
            _ => Found::Several,
        }
    }
}

fn is_of_kind(name: &str, called: &str) -> bool {
    let [one, other] = [name, called].map(extension);
    one.zip(other)
        .is_some_and(|(one, other)| one.eq_ignore_ascii_case(other))
}

fn folders(name: &str) -> Vec<String> {
    parts(name).rev().skip(1).map(key).collect()
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
