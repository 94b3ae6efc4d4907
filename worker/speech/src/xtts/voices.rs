//! Who speaks: the checkpoint's own speakers, voices made from recordings, and mixes of both.

use std::{fmt::Write as _, sync::Arc};

use futures::executor::block_on;
use sha2::{Digest as _, Sha256};

use super::{
    NAME, RECORDING_RATE,
    protocol::{Done, Order, Part, Source, VoiceRecipe, XttsProtocol},
};
use crate::{
    CommercialUse, DEFAULT_VOICE, Licence, Recording, SpeechError, SpeechRequest, Voice, VoiceKind,
    VoiceMaker, VoicePart,
    process::{Answer, Supervisor, from_floats},
};

/// The voices that come with the checkpoint.
pub(super) struct Voices(Vec<BuiltIn>);

struct BuiltIn {
    id: String,
    /// As the checkpoint has it.
    name: String,
}

/// What a request's voice is made of, as the process is told it.
#[derive(Debug, Clone)]
pub(super) struct Ingredients {
    pub(super) recipe: VoiceRecipe,
    /// The conditioning of those parts that have one.
    pub(super) body: Arc<[u8]>,
}

impl Voices {
    pub(super) fn new(speakers: Vec<String>) -> Self {
        let mut voices: Vec<BuiltIn> = Vec::new();
        for name in speakers {
            let plain = slug(&name);
            let taken = |id: &str| voices.iter().any(|voice| voice.id == id);
            let mut id = plain.clone();
            let mut number = 2;
            while taken(&id) {
                id = format!("{plain}-{number}");
                number += 1;
            }
            voices.push(BuiltIn { id, name });
        }
        Self(voices)
    }

    pub(super) fn announce(&self, languages: &[String]) -> Vec<Voice> {
        let voices = self.0.iter().map(|voice| Voice {
            id: voice.id.clone(),
            engine: NAME.to_owned(),
            name: voice.name.clone(),
            kind: VoiceKind::Builtin,
            languages: languages.to_vec(),
            licence: Licence::new("Coqui Public Model License 1.0.0", CommercialUse::No),
        });
        voices.collect()
    }

    /// The voice that a request means, never [`DEFAULT_VOICE`], and what it is made of.
    pub(super) fn find(
        &self,
        request: &SpeechRequest,
    ) -> Result<(String, Ingredients), SpeechError> {
        if !request.parts.is_empty() {
            return Ok((request.voice.clone(), self.mix(&request.parts)?));
        }
        let voice = match request.voice.as_str() {
            DEFAULT_VOICE => self.0.first().ok_or_else(no_voice)?,
            id => self.built_in(id)?,
        };
        let part = Part {
            weight: 1.0,
            source: Source::Speaker(voice.name.clone()),
        };
        Ok((voice.id.clone(), ingredients(vec![part], Vec::new())))
    }

    fn mix(&self, parts: &[VoicePart]) -> Result<Ingredients, SpeechError> {
        let mut body = Vec::new();
        let mut told = Vec::with_capacity(parts.len());
        for part in parts {
            if !part.weight.is_finite() || part.weight <= 0.0 {
                let weight = part.weight;
                return Err(SpeechError::Reject(format!(
                    "the weight of a voice must be over 0, not {weight}"
                )));
            }
            let source = if let Some(conditioning) = &part.conditioning {
                body.extend_from_slice(conditioning);
                Source::Conditioning(conditioning.len())
            } else {
                Source::Speaker(self.built_in(&part.voice)?.name.clone())
            };
            told.push(Part {
                weight: part.weight,
                source,
            });
        }
        Ok(ingredients(told, body))
    }

    fn built_in(&self, id: &str) -> Result<&BuiltIn, SpeechError> {
        let voice = self.0.iter().find(|voice| voice.id == id);
        voice.ok_or_else(|| {
            if self.0.is_empty() {
                return no_voice();
            }
            let known: Vec<&str> = self.0.iter().map(|voice| voice.id.as_str()).collect();
            let known = known.join(", ");
            SpeechError::Reject(format!(
                "the engine {NAME} has no voice `{id}`; it has: {known}"
            ))
        })
    }
}

fn no_voice() -> SpeechError {
    SpeechError::Reject(format!(
        "the checkpoint of the engine {NAME} has no voices of its own; make one from a recording and name it"
    ))
}

/// The same parts have the same key, in whatever request.
pub(super) fn ingredients(parts: Vec<Part>, body: Vec<u8>) -> Ingredients {
    let mut hash = Sha256::new();
    for Part { weight, source } in &parts {
        hash.update(weight.to_le_bytes());
        match source {
            Source::Speaker(name) => hash.update(format!("speaker {name}\0")),
            Source::Conditioning(bytes) => hash.update(format!("bytes {bytes}\0")),
        }
    }
    hash.update(&body);
    let key = hash.finalize().iter().fold(String::new(), |mut key, byte| {
        // Writing to a string cannot fail.
        let _ = write!(key, "{byte:02x}");
        key
    });
    Ingredients {
        recipe: VoiceRecipe { key, parts },
        body: body.into(),
    }
}

/// `Ana Florence` is `xtts-ana-florence`.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    let slug = std::iter::once(NAME.to_owned())
        .chain(words.map(str::to_ascii_lowercase))
        .collect::<Vec<_>>()
        .join("-");
    if slug == NAME {
        format!("{NAME}-voice")
    } else {
        slug
    }
}

/// Makes voices in the engine's process.
pub(super) struct Conditioner(pub(super) Supervisor<XttsProtocol>);

impl VoiceMaker for Conditioner {
    fn recording_rate(&self) -> u32 {
        RECORDING_RATE
    }

    fn condition(&self, recordings: &[Recording]) -> Result<Vec<u8>, SpeechError> {
        let mut body = Vec::new();
        let mut lengths = Vec::with_capacity(recordings.len());
        for recording in recordings {
            check_rate(recording)?;
            let bytes = from_floats(&recording.samples);
            lengths.push(bytes.len());
            body.extend(bytes);
        }
        let condition = Order::Condition {
            recordings: lengths,
        };
        let mut ticket = self.0.order(condition, &body)?;
        // The supervisor's own thread brings the answer, so this waits for no runtime.
        match block_on(ticket.next())? {
            Answer::Finished {
                end: Done::Conditioned,
                body,
            } => Ok(body),
            Answer::Part(_) | Answer::Finished { .. } => Err(SpeechError::Retry(
                "the speech process answered with something else than a voice".to_owned(),
            )),
        }
    }
}

fn check_rate(recording: &Recording) -> Result<(), SpeechError> {
    if recording.sample_rate == RECORDING_RATE {
        return Ok(());
    }
    Err(SpeechError::Reject(format!(
        "a recording must have {RECORDING_RATE} Hz, not {}",
        recording.sample_rate
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voices(names: &[&str]) -> Voices {
        Voices::new(names.iter().map(|name| (*name).to_owned()).collect())
    }

    fn request(voice: &str, parts: Vec<VoicePart>) -> SpeechRequest {
        SpeechRequest {
            voice: voice.to_owned(),
            parts,
            ..SpeechRequest::new("Hi.", "en")
        }
    }

    fn part(voice: &str, weight: f32, conditioning: Option<&[u8]>) -> VoicePart {
        VoicePart {
            voice: voice.to_owned(),
            weight,
            conditioning: conditioning.map(Arc::from),
            weights: None,
        }
    }

    #[test]
    fn speakers_have_plain_ids() {
        let voices = voices(&["Ana Florence", "ana  florence", "Żółw", "…"]);
        let ids: Vec<&str> = voices.0.iter().map(|voice| voice.id.as_str()).collect();
        assert_eq!(
            ids,
            [
                "xtts-ana-florence",
                "xtts-ana-florence-2",
                "xtts-w",
                "xtts-voice"
            ]
        );
    }

    #[test]
    fn the_default_voice_is_the_first() {
        let voices = voices(&["Ana", "Bob"]);
        let (id, found) = voices.find(&request(DEFAULT_VOICE, Vec::new())).unwrap();
        assert_eq!((id.as_str(), found.body.len()), ("xtts-ana", 0));
        let (_, same) = voices.find(&request("xtts-ana", Vec::new())).unwrap();
        assert_eq!(found.recipe, same.recipe);
        let unknown = voices.find(&request("eve", Vec::new())).unwrap_err();
        assert!(unknown.to_string().ends_with("it has: xtts-ana, xtts-bob"));
        let none = Voices::new(Vec::new())
            .find(&request(DEFAULT_VOICE, Vec::new()))
            .unwrap_err();
        assert!(none.to_string().contains("from a recording"));
    }

    #[test]
    fn mixes_are_told_by_their_parts() {
        let voices = voices(&["Ana"]);
        let mix = |weight| {
            let parts = vec![
                part("xtts-ana", weight, None),
                part("mine", 2.0, Some(b"bytes")),
            ];
            voices.find(&request("both", parts)).map(|(_, found)| found)
        };
        let found = mix(1.0).unwrap();
        assert_eq!(
            (&*found.body, found.recipe.parts.len()),
            (b"bytes".as_slice(), 2)
        );
        assert_eq!(found.recipe.key, mix(1.0).unwrap().recipe.key);
        assert_ne!(found.recipe.key, mix(1.5).unwrap().recipe.key);
        for weight in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            assert!(mix(weight).is_err(), "{weight}");
        }
    }
}
