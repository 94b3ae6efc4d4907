//! A model that somebody imported: where it is, what it comes under, and what decides how it sounds.

use std::path::Path;

use kiskadee_checkpoint::{
    ModelFolder,
    folder::{self, files},
};

use super::protocol::{ModelKind, ModelPlace};
use crate::{CommercialUse, Licence, SpeechError};

pub(crate) struct Imported {
    pub(crate) place: ModelPlace,
    pub(crate) licence: Licence,
    /// Of all files.
    pub(crate) signature: String,
}

impl Imported {
    /// Fails with [`SpeechError::Unavailable`] for a folder that holds no model of the engine, or one that nobody may use.
    pub(crate) fn open(kind: ModelKind, engine: &str, path: &Path) -> Result<Self, SpeechError> {
        let model = ModelFolder::open_for(engine, path)
            .map_err(|error| SpeechError::Unavailable(error.to_string()))?;
        let manifest = model.manifest();
        let weights = manifest.files.get(files::MODEL).ok_or_else(|| {
            let (folder, file) = (path.display(), files::MODEL);
            SpeechError::Unavailable(format!("{folder} lists no {file}: import the model again"))
        })?;
        let signatures = manifest.files.iter();
        let signatures = signatures.map(|(name, file)| format!("{name} {}", file.sha256));
        let commercial = match manifest.licence.commercial_use {
            folder::CommercialUse::Yes => CommercialUse::Yes,
            folder::CommercialUse::No => CommercialUse::No,
            folder::CommercialUse::Unknown => CommercialUse::Unknown,
        };
        Ok(Self {
            place: ModelPlace {
                kind,
                folder: path.to_owned(),
                sha256: weights.sha256.clone(),
                bytes: weights.bytes,
            },
            licence: Licence::new(&manifest.licence.id, commercial),
            signature: signatures.collect::<Vec<_>>().join("\n"),
        })
    }
}
