//! What a run trains and measures with, as one object: analysed and aligned once, read again by every slice, to the bit.

use std::{fs, path::Path};

use kiskadee_trainer::{
    TrainError,
    corpus::Speaker,
    corpus_file::{load_speaker, save_speaker},
};

/// Stands for nothing: a run's corpus is made once.
const REQUEST: &str = "run";

/// The speakers of a run.
pub(super) struct Corpus {
    /// The one that it is for, then those that are rehearsed.
    pub(super) speakers: Vec<Speaker>,
    /// Sentences of the first that the run never sees.
    pub(super) held_out: Speaker,
}

impl Corpus {
    /// The one that the run is for.
    pub(super) fn own(&self) -> Option<&Speaker> {
        self.speakers.first()
    }

    /// As an object: the number of files, and of each its length and its bytes; what is held out comes first. `scratch` is an empty folder.
    pub(super) fn encode(&self, scratch: &Path) -> Result<Vec<u8>, TrainError> {
        let files: Vec<&Speaker> = std::iter::once(&self.held_out)
            .chain(&self.speakers)
            .collect();
        let mut object = (files.len() as u64).to_le_bytes().to_vec();
        let path = scratch.join("speaker");
        for speaker in files {
            save_speaker(&path, speaker, REQUEST)?;
            let bytes = read(&path)?;
            object.extend((bytes.len() as u64).to_le_bytes());
            object.extend(bytes);
        }
        Ok(object)
    }

    pub(super) fn decode(object: &[u8], scratch: &Path) -> Result<Self, TrainError> {
        let path = scratch.join("speaker");
        let mut rest = object;
        let count = number(&mut rest)?;
        let mut speakers = Vec::new();
        for _ in 0..count {
            let length = usize::try_from(number(&mut rest)?).unwrap_or(usize::MAX);
            let (bytes, behind) = rest.split_at_checked(length).ok_or_else(damaged)?;
            fs::write(&path, bytes).map_err(|source| file(&path, source))?;
            speakers.push(load_speaker(&path, REQUEST)?.ok_or_else(damaged)?);
            rest = behind;
        }
        if speakers.len() < 2 || !rest.is_empty() {
            return Err(damaged());
        }
        let held_out = speakers.remove(0);
        Ok(Self { speakers, held_out })
    }
}

fn number(rest: &mut &[u8]) -> Result<u64, TrainError> {
    let (bytes, behind) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
    *rest = behind;
    Ok(u64::from_le_bytes(*bytes))
}

fn read(path: &Path) -> Result<Vec<u8>, TrainError> {
    fs::read(path).map_err(|source| file(path, source))
}

fn file(path: &Path, source: std::io::Error) -> TrainError {
    TrainError::File {
        path: path.to_owned(),
        source,
    }
}

/// Another version of this program may have written it.
fn damaged() -> TrainError {
    TrainError::Options(
        "what the run was prepared with cannot be read by this version: start another run"
            .to_owned(),
    )
}
