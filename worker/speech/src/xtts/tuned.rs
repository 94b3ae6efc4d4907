//! Tuned voices: each speaks with a GPT of its own, in a process of its own, beside the model that it was tuned from. The processes of those
//! that spoke last live on, as many as their memory allows.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Arc,
};

use kiskadee_xtts::{
    ModelFolder, XttsError,
    folder::{Progress, TunedVoice},
};
use sha2::{Digest as _, Sha256};
use tempfile::{TempDir, TempPath};

use super::{
    protocol::{Load, Part, Source, XttsProtocol},
    voices::{Ingredients, ingredients},
};
use crate::{
    CacheError, CacheStats, EngineProgram, ModelCache, SpeechError, VoicePart, process::Supervisor,
};

/// A voice that can speak.
pub(super) struct Tuned {
    pub(super) supervisor: Supervisor<XttsProtocol>,
    /// The folder of its model, which the process reads again when it has to be started anew.
    _folder: TempDir,
}

/// What a request asks for: the file, and the voice in it.
pub(super) struct Wanted {
    file: Arc<TempPath>,
    /// As [`crate::VoiceMaker`] would have made it.
    conditioning: Arc<[u8]>,
}

pub(super) struct TunedModels {
    cache: ModelCache<Tuned>,
    program: EngineProgram,
    /// How the model is loaded that they were tuned from.
    load: Load,
    /// Where their folders lie.
    scratch: PathBuf,
    /// Of the memory of each.
    bytes: u64,
}

impl Wanted {
    /// What its process is told that it is made of.
    pub(super) fn ingredients(&self) -> Ingredients {
        let part = Part {
            weight: 1.0,
            source: Source::Conditioning(self.conditioning.len()),
        };
        ingredients(vec![part], self.conditioning.to_vec())
    }
}

impl TunedModels {
    /// For voices of the model that `load` tells of, on a device of this name.
    pub(super) fn new(
        program: EngineProgram,
        load: Load,
        device: &str,
        (scratch, budget): (PathBuf, u64),
    ) -> Self {
        Self {
            cache: ModelCache::new(budget),
            bytes: memory(&load, device),
            program,
            load,
            scratch,
        }
    }

    pub(super) fn stats(&self) -> CacheStats {
        self.cache.stats()
    }

    /// The voice of the file; voices of the same file are one.
    pub(super) async fn get(&self, wanted: &Wanted) -> Result<Arc<Tuned>, SpeechError> {
        let name = name(wanted);
        let file = Arc::clone(&wanted.file);
        let model = self
            .cache
            .get(&name, self.bytes, async || self.start(file).await);
        model.await.map_err(reason)
    }

    async fn start(&self, file: Arc<TempPath>) -> Result<Tuned, SpeechError> {
        let (base, scratch) = (self.load.model.clone(), self.scratch.clone());
        let unfolding = tokio::task::spawn_blocking(move || unfold(&file, base, &scratch));
        let unfolded = unfolding
            .await
            .map_err(|error| SpeechError::Retry(error.to_string()));
        let folder = unfolded??;
        let load = Load {
            model: folder.path().join(MODEL),
            ..self.load.clone()
        };
        let started = Supervisor::<XttsProtocol>::start(self.program.clone(), load).await;
        Ok(Tuned {
            supervisor: started?.0,
            _folder: folder,
        })
    }
}

/// The model's folder within its own.
const MODEL: &str = "xtts";

fn unfold(file: &TempPath, base: PathBuf, scratch: &Path) -> Result<TempDir, SpeechError> {
    let folder = TempDir::new_in(scratch).map_err(|error| {
        SpeechError::Retry(format!("the scratch directory cannot be written: {error}"))
    })?;
    let mut go_on = |_: Progress<'_>| ControlFlow::Continue(());
    let unfolded = ModelFolder::open(base).and_then(|base| {
        let voice = TunedVoice::open(&**file)?;
        voice.unfold(&base, &folder.path().join(MODEL), &mut go_on)
    });
    unfolded.map_err(|error| damaged(&error))?;
    Ok(folder)
}

/// The tuned voice that a request asks for, if it does.
pub(super) fn wanted(parts: &[VoicePart]) -> Result<Option<Wanted>, SpeechError> {
    let tuned = parts
        .iter()
        .find_map(|part| Some((part, part.weights.as_ref()?)));
    let Some((part, file)) = tuned else {
        return Ok(None);
    };
    if parts.len() > 1 {
        return Err(SpeechError::Reject(format!(
            "`{}` is a tuned voice, which has weights of its own and cannot be mixed with others",
            part.voice
        )));
    }
    let conditioning = TunedVoice::open(&**file).and_then(|voice| voice.conditioning().to_bytes());
    Ok(Some(Wanted {
        file: Arc::clone(file),
        conditioning: conditioning.map_err(|error| damaged(&error))?.into(),
    }))
}

fn damaged(error: &XttsError) -> SpeechError {
    SpeechError::Reject(format!("the tuned voice cannot be spoken with: {error}"))
}

/// A file is named anew each time it is fetched; its voice tells it from others that had the name before.
fn name(wanted: &Wanted) -> String {
    let voice = Sha256::digest(&wanted.conditioning);
    format!("{} {voice:x}", wanted.file.display())
}

/// What a process takes of its device, next to nothing of which is shared: its weights as they are computed with.
fn memory(load: &Load, device: &str) -> u64 {
    let Ok(folder) = ModelFolder::open(&load.model) else {
        return 0;
    };
    let whole = fs::metadata(folder.model()).map_or(0, |file| file.len());
    let quantised = folder.gpt_q8().and_then(|path| fs::metadata(path).ok());
    match (load.precision.as_str(), quantised) {
        ("f16" | "bf16", _) => whole / 2,
        // The vocoder and the tables stay in f32: a fifth of the whole.
        ("q8", Some(file)) => file.len() + whole / 5,
        ("auto", Some(file)) if device.starts_with("cpu") => file.len() + whole / 5,
        ("auto", _) if !device.starts_with("cpu") => whole / 2,
        _ => whole,
    }
}

fn reason(error: CacheError<SpeechError>) -> SpeechError {
    match error {
        CacheError::Load(error) => error,
        CacheError::Full { .. } => SpeechError::Retry(error.to_string()),
        CacheError::TooLarge { .. } => SpeechError::Unavailable(error.to_string()),
    }
}
