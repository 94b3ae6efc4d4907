//! The vocabulary: `tokenizer.json` as it is, or made of the `vocab.json` and `merges.txt` of older models.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
};

use serde_json::{Value, json};

use super::TOKENIZER;
use crate::{
    config::Config,
    error::{Result, WhisperError},
    languages::LANGUAGES,
    tokens::TIMES,
};

const VOCABULARY: &str = "vocab.json";
const MERGES: &str = "merges.txt";
const END: &str = "<|endoftext|>";
/// Behind the languages, in this order.
const TASKS: [&str; 6] = [
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
];

/// The text of a `tokenizer.json`.
pub(super) fn read(folder: &Path, config: &Config) -> Result<Vec<u8>> {
    let whole = folder.join(TOKENIZER);
    let read = |path: &Path| fs::read(path).map_err(|error| WhisperError::file(path, error));
    if whole.is_file() {
        return read(&whole);
    }
    let (vocabulary, merges) = (folder.join(VOCABULARY), folder.join(MERGES));
    if !vocabulary.is_file() || !merges.is_file() {
        let reason = format!("has no {TOKENIZER}, and not both of {VOCABULARY} and {MERGES}");
        return Err(WhisperError::file(folder, reason));
    }
    let words: HashMap<String, u32> = serde_json::from_slice(&read(&vocabulary)?)
        .map_err(|error| WhisperError::file(&vocabulary, error))?;
    let added = special(&words, config.vocab_size)
        .map_err(|reason| WhisperError::file(&vocabulary, reason))?;
    let merges = String::from_utf8_lossy(&read(&merges)?).into_owned();
    Ok(put_together(words, &added, &merges)
        .to_string()
        .into_bytes())
}

/// The names of the special tokens, which follow on the end of the text in the order of all published models.
fn special(words: &HashMap<String, u32>, size: usize) -> Result<Vec<(String, u32)>, String> {
    let end = words.get(END);
    let end = *end.ok_or_else(|| format!("has no {END}: not the vocabulary of a Whisper model"))?;
    // The end, the beginning, and the tasks; times come last and have no names.
    let others = end as usize + 2 + TASKS.len() + TIMES;
    let languages = size.checked_sub(others);
    let languages = languages.filter(|count| (1..=LANGUAGES.len()).contains(count));
    let languages = languages.ok_or_else(|| {
        format!("ends at {end}, which does not go with the {size} ids of config.json")
    })?;
    let codes = LANGUAGES[..languages].iter();
    let names = ["<|startoftranscript|>".to_owned()].into_iter();
    let names = [END.to_owned()].into_iter().chain(names);
    let names = names.chain(codes.map(|code| format!("<|{code}|>")));
    let names = names.chain(TASKS.map(str::to_owned));
    let places: Vec<(String, u32)> = names.zip(end..).collect();
    let elsewhere = places
        .iter()
        .find(|(name, id)| words.get(name).is_some_and(|found| found != id));
    match elsewhere {
        Some((name, id)) => Err(format!("has {name} at another place than {id}")),
        None => Ok(places),
    }
}

fn put_together(words: HashMap<String, u32>, added: &[(String, u32)], merges: &str) -> Value {
    let added = added.iter().map(|(name, id)| {
        json!({"id": id, "content": name, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
            "special": true})
    });
    let merges = merges.lines().filter(|line| {
        let is_comment = line.starts_with("#version");
        !is_comment && !line.trim().is_empty()
    });
    let byte_level = json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true});
    let words: BTreeMap<String, u32> = words.into_iter().collect();
    json!({"version": "1.0", "truncation": null, "padding": null, "added_tokens": added.collect::<Vec<_>>(), "normalizer": null,
        "pre_tokenizer": byte_level, "post_processor": null, "decoder": byte_level,
        "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "", "end_of_word_suffix": "",
            "fuse_unk": false, "vocab": words, "merges": merges.collect::<Vec<_>>()}})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(end: u32) -> HashMap<String, u32> {
        HashMap::from([("a".to_owned(), 0), (END.to_owned(), end)])
    }

    #[test]
    fn special_tokens_lie_as_in_published_models() {
        for (end, size, no_times) in [
            (50_257, 51_865, 50_363),
            (50_257, 51_866, 50_364),
            (50_256, 51_864, 50_362),
        ] {
            let named = special(&words(end), size).unwrap();
            assert_eq!(named[2], ("<|en|>".to_owned(), end + 2));
            assert_eq!(
                named.last().unwrap(),
                &("<|notimestamps|>".to_owned(), no_times)
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let fault = special(&words(10), 51_865).unwrap_err();
        assert!(fault.contains("51865"), "{fault}");
        let nothing = special(&HashMap::new(), 51_865).unwrap_err();
        assert!(nothing.contains(END), "{nothing}");
        let mut moved = words(50_257);
        moved.insert("<|en|>".to_owned(), 7);
        assert!(special(&moved, 51_865).unwrap_err().contains("<|en|>"));
    }
}
