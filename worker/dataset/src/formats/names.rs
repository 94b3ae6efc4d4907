//! What the name of a file in a folder or an archive says. Names come from strangers: they are compared, never used as paths.

use unicode_normalization::UnicodeNormalization;

/// What recordings are called; whether they are some is for the decoder to say.
const AUDIO: [&str; 13] = [
    "wav", "flac", "mp3", "ogg", "opus", "m4a", "aac", "webm", "aif", "aiff", "wma", "mp4", "mka",
];
const TEXT: [&str; 5] = ["csv", "txt", "list", "jsonl", "tsv"];
/// What systems leave behind in folders.
const JUNK: [&str; 3] = ["thumbs.db", "desktop.ini", "ehthumbs.db"];
const JUNK_FOLDER: &str = "__MACOSX";

/// Whether a file is called as recordings are.
pub fn is_audio(name: &str) -> bool {
    !is_junk(name) && has_extension(name, &AUDIO)
}

/// Whether a file is called as texts are that say what is spoken.
pub fn is_text(name: &str) -> bool {
    !is_junk(name) && has_extension(name, &TEXT)
}

/// Whether a file is what a system left behind, hidden or not.
pub fn is_junk(name: &str) -> bool {
    let last = last_part(name);
    let is_in = |folder: &str| parts(name).any(|part| part == folder);
    last.starts_with('.') || is_in(JUNK_FOLDER) || JUNK.iter().any(|j| last.eq_ignore_ascii_case(j))
}

fn has_extension(name: &str, known: &[&str]) -> bool {
    extension(name).is_some_and(|found| known.iter().any(|one| found.eq_ignore_ascii_case(one)))
}

/// Behind the last dot of the last part.
pub(super) fn extension(name: &str) -> Option<&str> {
    let (stem, extension) = last_part(name).rsplit_once('.')?;
    (!stem.is_empty()).then_some(extension)
}

/// The parts of a path in either system's spelling, without what leads nowhere.
pub(super) fn parts(name: &str) -> impl DoubleEndedIterator<Item = &str> {
    let parts = name.split(['/', '\\']);
    parts.filter(|part| !matches!(*part, "" | "." | ".."))
}

pub(super) fn last_part(name: &str) -> &str {
    parts(name).next_back().unwrap_or_default()
}

/// The last part without the extension of a recording; other dots belong to the name.
pub(super) fn stem(name: &str) -> &str {
    let last = last_part(name);
    match last.rsplit_once('.') {
        Some((stem, _)) if has_extension(last, &AUDIO) => stem,
        _ => last,
    }
}

/// How names are compared: systems write accents in two ways, and case as they like.
pub(super) fn key(name: &str) -> String {
    name.nfc().collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_reduced_to_their_last_part() {
        for name in [
            "a/b/x.wav",
            "/etc/x.wav",
            "../../x.wav",
            r"C:\data\x.wav",
            "x.wav",
            "x.wav/",
        ] {
            assert_eq!(last_part(name), "x.wav");
        }
        assert_eq!(last_part("../.."), "");
    }

    #[test]
    fn only_the_extension_of_a_recording_is_cut_off() {
        assert_eq!(stem("wavs/LJ001.0001"), "LJ001.0001");
        assert_eq!(stem("wavs/LJ001.0001.WAV"), "LJ001.0001");
        assert_eq!(stem(".wav"), ".wav");
    }

    #[test]
    fn what_systems_leave_behind_is_no_recording() {
        assert!(is_audio("a/x.Flac") && is_text("metadata.CSV"));
        for name in ["__MACOSX/x.wav", "a/._x.wav", ".DS_Store", "a/Thumbs.db"] {
            assert!(is_junk(name) && !is_audio(name), "{name}");
        }
        assert!(!is_audio("wav") && !is_audio("x.wav.exe"));
    }

    #[test]
    fn accents_are_compared_however_they_are_written() {
        assert_eq!(key("Cafe\u{301}.wav"), key("caf\u{e9}.WAV"));
    }
}
