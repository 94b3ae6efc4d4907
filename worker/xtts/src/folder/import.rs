//! The import: reads a source in any of its shapes, checks it, and writes a model's folder.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use candle_core::Device;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::manifest::{Acceptance, FORMAT, FileRecord, KIND, Licence, Manifest};
use super::publish::Staging;
use super::source::{Source, vocabulary_size};
use super::{ModelFolder, files, speakers};
use crate::checkpoint::{self, Checkpoint, Stored, canonical_names, check};
use crate::config::Config;
use crate::error::{Result, XttsError};
use crate::gpt::quantize_gpt;
use crate::layout::{self, Layout};
use crate::weights::Weights;

/// What is imported, where to, and under whose acceptance of the licence.
#[derive(Debug, Clone)]
pub struct Import<'a> {
    pub source: &'a Source,
    /// The model's folder; what is there is replaced.
    pub target: &'a Path,
    /// What the manifest says of the source.
    pub origin: String,
    pub acceptance: Acceptance,
}

/// How far an import is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// The file that is written.
    pub file: &'a str,
    /// Bytes of it.
    pub done: u64,
    pub total: u64,
}

/// Writes the folder of a model. `progress` may stop it. Memory holds one tensor at most; an import that fails, is stopped or is
/// killed leaves the target as it was.
pub fn import(
    request: &Import<'_>,
    progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<ModelFolder> {
    let source = request.source;
    let (config_path, vocabulary) = (
        source.required(files::CONFIG)?,
        source.required(files::VOCABULARY)?,
    );
    let config = Config::read(&config_path)?;
    let licence = source.licence()?;
    let parts = Parts::open(source, &config, &vocabulary)?;
    let staging = Staging::begin(request.target)?;
    let mut writer = FolderWriter {
        folder: staging.path(),
        records: BTreeMap::new(),
        progress,
    };
    writer.copy(files::CONFIG, &config_path)?;
    writer.copy(files::VOCABULARY, &vocabulary)?;
    if let Some(text) = &licence {
        writer.put(files::LICENCE, text.as_bytes())?;
    }
    let parameters = parts.write(&config, &mut writer)?;
    writer.quantized_gpt(&config)?;
    let manifest = Manifest {
        format: FORMAT,
        kind: KIND.to_owned(),
        source: request.origin.clone(),
        licence: Licence::of_text(licence.as_deref()),
        acceptance: Some(request.acceptance.clone()),
        imported_at: OffsetDateTime::now_utc(),
        parameters,
        files: std::mem::take(&mut writer.records),
    };
    let text = serde_json::to_vec_pretty(&manifest);
    let text = text.map_err(|error| XttsError::file(request.target, error))?;
    writer.put(files::MANIFEST, &text)?;
    staging.publish()?;
    ModelFolder::open(request.target)
}

/// The files of tensors, and what the model needs of each.
struct Parts {
    model: (Checkpoint, Layout),
    dvae: Option<(Checkpoint, Layout)>,
    mel_stats: Option<(Checkpoint, Layout)>,
    speakers: Option<Checkpoint>,
}

impl Parts {
    fn open(source: &Source, config: &Config, vocabulary: &Path) -> Result<Self> {
        let text_tokens = match config.model_args.gpt_number_text_tokens {
            Some(tokens) => tokens,
            None => vocabulary_size(vocabulary)?,
        };
        let optional = |names: &[&str]| {
            let path = source.optional(names);
            path.map(|path| Checkpoint::open(&path)).transpose()
        };
        let dvae = optional(&["dvae.pth", files::DVAE])?;
        let mel_stats = optional(&["mel_stats.pth", files::MEL_STATS])?;
        let bands = Layout::from([("mel_stats".to_owned(), vec![layout::MEL_BANDS])]);
        Ok(Self {
            model: (
                Checkpoint::open(&source.model)?,
                layout::model(config, text_tokens),
            ),
            dvae: dvae.map(|file| (file, layout::dvae(config))),
            mel_stats: mel_stats.map(|file| (file, bands)),
            speakers: optional(&["speakers_xtts.pth"])?,
        })
    }

    /// Returns how many parameters the model has.
    fn write(&self, config: &Config, writer: &mut FolderWriter<'_>) -> Result<u64> {
        // Everything is checked before the first of the large files is written.
        let checked =
            |(file, needed): &'_ (Checkpoint, Layout)| needed_tensors(file, needed).map(drop);
        self.dvae.as_ref().map_or(Ok(()), checked)?;
        self.mel_stats.as_ref().map_or(Ok(()), checked)?;
        let speakers = self.speakers.as_ref().map(|file| {
            let speakers = speakers::collect(file, config);
            speakers.map_err(|reason| XttsError::file(file.path(), reason))
        });
        let speakers = speakers.transpose()?;
        let none = BTreeMap::new();
        let named = [
            (files::MODEL, Some(&self.model)),
            (files::DVAE, self.dvae.as_ref()),
            (files::MEL_STATS, self.mel_stats.as_ref()),
        ];
        for (name, part) in named {
            if let Some((file, needed)) = part {
                writer.tensors(name, file, &needed_tensors(file, needed)?, &none)?;
            }
        }
        if let (Some(file), Some(speakers)) = (&self.speakers, speakers) {
            writer.tensors(files::SPEAKERS, file, &speakers.tensors, &speakers.metadata)?;
        }
        let counts = self
            .model
            .1
            .values()
            .map(|shape| shape.iter().product::<usize>() as u64);
        Ok(counts.sum())
    }
}

fn needed_tensors<'a>(
    file: &'a Checkpoint,
    needed: &'a Layout,
) -> Result<BTreeMap<String, &'a Stored>> {
    let mut found = file.state_dict();
    if let [only] = file.entries()
        && let (true, [(name, _)]) = (only.path.is_empty(), &needed.iter().collect::<Vec<_>>()[..])
    {
        // A bare tensor, whose file is its name.
        found.insert(name, &only.found);
    }
    let checked = check(needed, &canonical_names(found));
    checked.map_err(|reason| XttsError::file(file.path(), reason))
}

struct FolderWriter<'a> {
    folder: &'a Path,
    records: BTreeMap<String, FileRecord>,
    progress: &'a mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
}

impl FolderWriter<'_> {
    fn copy(&mut self, name: &str, from: &Path) -> Result<()> {
        let bytes = fs::read(from).map_err(|error| XttsError::file(from, error))?;
        self.put(name, &bytes)
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.folder.join(name);
        let write = || {
            let mut file = File::create_new(&path)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().map_err(|error| XttsError::file(&path, error))?;
        self.record(
            name,
            bytes.len() as u64,
            format!("{:x}", Sha256::digest(bytes)),
        );
        Ok(())
    }

    fn tensors(
        &mut self,
        name: &str,
        source: &Checkpoint,
        tensors: &BTreeMap<String, &Stored>,
        metadata: &BTreeMap<String, String>,
    ) -> Result<()> {
        let path: PathBuf = self.folder.join(name);
        let total: u64 = tensors.values().map(|stored| stored.bytes()).sum();
        let mut done = 0;
        let progress = &mut *self.progress;
        let mut copied = |bytes: u64| {
            done += bytes;
            progress(Progress {
                file: name,
                done,
                total,
            })
        };
        let written = checkpoint::write(&path, source, tensors, metadata, &mut copied);
        let written = written.map_err(|error| XttsError::file(path, error))?;
        self.record(name, written.bytes, written.sha256);
        Ok(())
    }

    /// The GPT's large matrices once more, in the form in which CPUs use them.
    fn quantized_gpt(&mut self, config: &Config) -> Result<()> {
        let path = self.folder.join(files::GPT_Q8);
        let weights = Weights::open(&self.folder.join(files::MODEL), &Device::Cpu)?;
        quantize_gpt(&weights, config, &path)?;
        let written = || -> std::io::Result<_> {
            let mut file = File::open(&path)?;
            // Whoever may read the model may read this.
            file.set_permissions(fs::metadata(self.folder.join(files::MODEL))?.permissions())?;
            file.sync_all()?;
            let mut hash = Sha256::new();
            let bytes = std::io::copy(&mut file, &mut hash)?;
            Ok((bytes, format!("{:x}", hash.finalize())))
        };
        let (bytes, sha256) = written().map_err(|error| XttsError::file(&path, error))?;
        self.record(files::GPT_Q8, bytes, sha256);
        Ok(())
    }

    fn record(&mut self, name: &str, bytes: u64, sha256: String) {
        self.records
            .insert(name.to_owned(), FileRecord { bytes, sha256 });
    }
}
