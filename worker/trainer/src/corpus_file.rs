//! A speaker's recordings in a file, so that a run that goes on need not ask the teacher again.

use std::collections::HashMap;
use std::path::Path;

use kiskadee_pronunciation::{Phone, PhoneToken, Stress};
use kiskadee_text::Language;
use kiskadee_voice::acoustic::SentenceKind;
use kiskadee_voice::{MEL_CEPSTRUM, STRENGTHS, VocoderFrames};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};

use crate::TrainError;
use crate::corpus::{Recording, Speaker};

const DOCUMENT: &str = "kiskadee";
const NO_WORD: u32 = u32::MAX;
const KINDS: [SentenceKind; 3] = [
    SentenceKind::Statement,
    SentenceKind::Question,
    SentenceKind::Exclamation,
];
const STRESSES: [Stress; 3] = [Stress::None, Stress::Primary, Stress::Secondary];

/// Raised when analysis, lengths or spelling change.
const VERSION: u32 = 1;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Header {
    /// Of how recordings are made; others are made anew.
    #[serde(default)]
    version: u32,
    name: String,
    language: String,
    warps: (f32, f32),
    /// What the recordings were made from; another request makes them anew.
    request: String,
}

/// The columns of the file, each a list of little-endian values of four bytes.
#[derive(Default)]
struct Columns {
    frame_counts: Vec<u32>,
    token_counts: Vec<u32>,
    kinds: Vec<u32>,
    phones: Vec<u32>,
    stresses: Vec<u32>,
    words: Vec<u32>,
    durations: Vec<u32>,
    f0: Vec<f32>,
    cepstra: Vec<f32>,
    strengths: Vec<f32>,
}

/// Writes `speaker`, made from `request`.
pub fn save_speaker(path: &Path, speaker: &Speaker, request: &str) -> Result<(), TrainError> {
    let mut columns = Columns::default();
    speaker
        .recordings
        .iter()
        .for_each(|recording| columns.add(recording));
    let header = Header {
        version: VERSION,
        name: speaker.name.clone(),
        language: speaker.language.tag().to_owned(),
        warps: speaker.warps,
        request: request.to_owned(),
    };
    let bytes = columns
        .encode(&header)
        .map_err(|reason| TrainError::damaged(path, reason))?;
    let partial = path.with_extension("partial");
    std::fs::write(&partial, bytes).map_err(TrainError::file(&partial))?;
    std::fs::rename(&partial, path).map_err(TrainError::file(path))
}

/// The speaker in the file at `path`; none if there is no file, or it was made from another request or in another way.
pub fn load_speaker(path: &Path, request: &str) -> Result<Option<Speaker>, TrainError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(TrainError::file(path)(error)),
    };
    let (header, columns) =
        Columns::decode(&bytes).map_err(|reason| TrainError::damaged(path, reason))?;
    if header.version != VERSION || header.request != request {
        return Ok(None);
    }
    let recordings = columns
        .recordings()
        .ok_or_else(|| TrainError::damaged(path, "its counts do not add up"))?;
    let language = Language::from_tag(&header.language)
        .ok_or_else(|| TrainError::damaged(path, "its language is unknown"))?;
    Speaker::new(header.name, language, header.warps, recordings).map(Some)
}

impl Columns {
    fn add(&mut self, recording: &Recording) {
        self.frame_counts.push(recording.frames.len() as u32);
        self.token_counts.push(recording.tokens.len() as u32);
        self.kinds.push(recording.kind as u32);
        for token in &recording.tokens {
            self.phones.push(token.phone.0.into());
            self.stresses.push(token.stress as u32);
            self.words.push(token.word.unwrap_or(NO_WORD));
        }
        self.durations.extend(&recording.durations);
        self.f0.extend(&recording.frames.f0);
        self.cepstra
            .extend(recording.frames.mel_cepstrum.as_flattened());
        self.strengths
            .extend(recording.frames.strengths.as_flattened());
    }

    fn encode(&self, header: &Header) -> Result<Vec<u8>, String> {
        let whole = |values: &[u32]| {
            values
                .iter()
                .flat_map(|v| v.to_le_bytes())
                .collect::<Vec<u8>>()
        };
        let real = |values: &[f32]| {
            values
                .iter()
                .flat_map(|v| v.to_le_bytes())
                .collect::<Vec<u8>>()
        };
        let columns = [
            ("frame_counts", Dtype::U32, whole(&self.frame_counts)),
            ("token_counts", Dtype::U32, whole(&self.token_counts)),
            ("kinds", Dtype::U32, whole(&self.kinds)),
            ("phones", Dtype::U32, whole(&self.phones)),
            ("stresses", Dtype::U32, whole(&self.stresses)),
            ("words", Dtype::U32, whole(&self.words)),
            ("durations", Dtype::U32, whole(&self.durations)),
            ("f0", Dtype::F32, real(&self.f0)),
            ("cepstra", Dtype::F32, real(&self.cepstra)),
            ("strengths", Dtype::F32, real(&self.strengths)),
        ];
        let views = columns.iter().map(|(name, dtype, bytes)| {
            TensorView::new(*dtype, vec![bytes.len() / 4], bytes)
                .map(|view| (*name, view))
                .map_err(|e| e.to_string())
        });
        let document = serde_json::to_string(header).map_err(|error| error.to_string())?;
        let header = HashMap::from([(DOCUMENT.to_owned(), document)]);
        safetensors::serialize(views.collect::<Result<Vec<_>, _>>()?, Some(header))
            .map_err(|error| error.to_string())
    }

    fn decode(bytes: &[u8]) -> Result<(Header, Self), String> {
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
        let document = metadata
            .metadata()
            .as_ref()
            .and_then(|map| map.get(DOCUMENT));
        let header = serde_json::from_str(document.ok_or("it describes no speaker")?)
            .map_err(|error| error.to_string())?;
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        let chunks = |name: &str, dtype: Dtype| -> Result<Vec<[u8; 4]>, String> {
            let view = tensors.tensor(name).map_err(|error| error.to_string())?;
            let (chunks, rest) = view.data().as_chunks::<4>();
            if view.dtype() == dtype && rest.is_empty() {
                Ok(chunks.to_vec())
            } else {
                Err(format!("{name} has the wrong form"))
            }
        };
        let whole = |name| {
            Ok::<_, String>(
                chunks(name, Dtype::U32)?
                    .into_iter()
                    .map(u32::from_le_bytes)
                    .collect(),
            )
        };
        let real = |name| {
            Ok::<_, String>(
                chunks(name, Dtype::F32)?
                    .into_iter()
                    .map(f32::from_le_bytes)
                    .collect(),
            )
        };
        let columns = Self {
            frame_counts: whole("frame_counts")?,
            token_counts: whole("token_counts")?,
            kinds: whole("kinds")?,
            phones: whole("phones")?,
            stresses: whole("stresses")?,
            words: whole("words")?,
            durations: whole("durations")?,
            f0: real("f0")?,
            cepstra: real("cepstra")?,
            strengths: real("strengths")?,
        };
        Ok((header, columns))
    }

    /// None if the counts do not fit the columns.
    fn recordings(&self) -> Option<Vec<Recording>> {
        let (mut token, mut frame) = (0usize, 0usize);
        let counts = self
            .frame_counts
            .iter()
            .zip(&self.token_counts)
            .zip(&self.kinds);
        let recordings = counts.map(|((frames, tokens), kind)| {
            let tokens = token..token.checked_add(*tokens as usize)?;
            let frames = frame..frame.checked_add(*frames as usize)?;
            (token, frame) = (tokens.end, frames.end);
            Some(Recording {
                tokens: tokens
                    .clone()
                    .map(|index| self.token(index))
                    .collect::<Option<_>>()?,
                durations: self.durations.get(tokens)?.to_vec(),
                kind: *KINDS.get(*kind as usize)?,
                frames: VocoderFrames {
                    f0: self.f0.get(frames.clone())?.to_vec(),
                    mel_cepstrum: self
                        .cepstra
                        .as_chunks::<MEL_CEPSTRUM>()
                        .0
                        .get(frames.clone())?
                        .to_vec(),
                    strengths: self
                        .strengths
                        .as_chunks::<STRENGTHS>()
                        .0
                        .get(frames)?
                        .to_vec(),
                },
            })
        });
        recordings.collect()
    }

    fn token(&self, index: usize) -> Option<PhoneToken> {
        let word = *self.words.get(index)?;
        Some(PhoneToken {
            phone: Phone(u8::try_from(*self.phones.get(index)?).ok()?),
            stress: *STRESSES.get(*self.stresses.get(index)? as usize)?,
            word: (word != NO_WORD).then_some(word),
            seconds: None,
        })
    }
}
