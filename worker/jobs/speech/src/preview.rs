//! What a built-in voice sounds like, for whoever chooses one.

use std::io::Read as _;

use futures::TryStreamExt as _;
use kiskadee_media::{Encoded, Encoding};
use kiskadee_runner::JobError;
use kiskadee_shared::format::ResponseFormat;
use kiskadee_speech::{SpeechError, SpeechRequest, Voice};
use kiskadee_storage::StoreError;
use sha2::{Digest as _, Sha256};

use crate::{
    error::{no_scratch, not_encoded, not_spoken},
    tools::Tools,
};

/// What a voice says, by language; those of other languages have no preview.
const SAMPLES: [(&str, &str); 2] = [
    (
        "en",
        "Hello! This is how I sound. On Monday at half past nine I will read you a story.",
    ),
    (
        "pt",
        "Olá! É assim que eu falo. Na segunda-feira, às nove e meia, vou ler uma história para você.",
    ),
];

/// Keeps a sample of the voice in the storage, unless the very same lies there, and gives its key.
pub(crate) async fn keep_preview(tools: &Tools, voice: &Voice) -> Result<Option<String>, JobError> {
    let Some((language, text)) = sample(voice) else {
        return Ok(None);
    };
    let engine = tools.engines.get(&voice.engine).map_err(not_spoken)?;
    let signed = engine.signature();
    let signed = signed.map(|signature| key(&voice.id, format!("{signature}\n{text}").as_bytes()));
    if let Some(key) = &signed
        && is_kept(tools, key).await?
    {
        return Ok(signed);
    }
    let encoded = speak(tools, voice, language, text).await?;
    let mut bytes = Vec::new();
    let mut file = encoded.file.reopen().map_err(|error| no_scratch(&error))?;
    file.read_to_end(&mut bytes)
        .map_err(|error| no_scratch(&error))?;
    let key = signed.unwrap_or_else(|| key(&voice.id, &bytes));
    if is_kept(tools, &key).await? {
        return Ok(Some(key));
    }
    let content_type = ResponseFormat::Wav.content_type();
    tools
        .store
        .upload(&key, content_type, &mut bytes.as_slice())
        .await?;
    Ok(Some(key))
}

async fn is_kept(tools: &Tools, key: &str) -> Result<bool, JobError> {
    match tools.store.info(key).await {
        Ok(_) => Ok(true),
        Err(StoreError::Missing(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn sample(voice: &Voice) -> Option<(&str, &'static str)> {
    voice.languages.iter().find_map(|tag| {
        let primary = tag.split(['-', '_']).next()?;
        let (_, text) = SAMPLES.iter().find(|(language, _)| *language == primary)?;
        Some((tag.as_str(), *text))
    })
}

async fn speak(
    tools: &Tools,
    voice: &Voice,
    language: &str,
    text: &str,
) -> Result<Encoded, JobError> {
    let request = SpeechRequest {
        voice: voice.id.clone(),
        ..SpeechRequest::new(text, language)
    };
    let engine = tools.engines.get(&voice.engine).map_err(not_spoken)?;
    let silent = || Err(SpeechError::Retry("the engine gave no answer".to_owned()));
    let utterance = engine.speak(vec![request]).pop().unwrap_or_else(silent);
    let utterance = utterance.map_err(not_spoken)?;
    let encoding = Encoding {
        format: ResponseFormat::Wav,
        sample_rate: utterance.sample_rate,
        stretch: utterance.stretch,
    };
    let audio = utterance.audio.map_ok(|chunk| chunk.samples);
    let encoded = tools.encoder.encode(encoding, audio).await;
    encoded.map_err(not_encoded)
}

/// Another sound has another key, so an old one is never taken for it. `sound` is the sound or what decides on it.
fn key(voice: &str, sound: &[u8]) -> String {
    let hash = u64::from_be_bytes(*Sha256::digest(sound).first_chunk().unwrap_or(&[0; 8]));
    format!("previews/{voice}/{hash:016x}.wav")
}

#[cfg(test)]
mod tests {
    use kiskadee_speech::{CommercialUse, Licence, VoiceKind};

    use super::*;

    #[test]
    fn voices_say_something_in_their_own_language() {
        let voice = |languages: &[&str]| Voice {
            id: "v".to_owned(),
            engine: "e".to_owned(),
            name: "V".to_owned(),
            kind: VoiceKind::Builtin,
            languages: languages.iter().map(|tag| (*tag).to_owned()).collect(),
            licence: Licence::new("MIT", CommercialUse::Yes),
        };
        let said = |languages: &[&str]| {
            let voice = voice(languages);
            sample(&voice).map(|(tag, text)| (tag.to_owned(), text.starts_with("Olá")))
        };
        assert_eq!(said(&["pt-br"]), Some(("pt-br".to_owned(), true)));
        assert_eq!(said(&["de", "en-us"]), Some(("en-us".to_owned(), false)));
        assert_eq!(said(&["de"]), None);
        assert_ne!(key("v", b"a"), key("v", b"b"));
    }
}
