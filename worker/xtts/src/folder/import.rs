//! The import: reads a source in any of its shapes, checks it, and writes a model's folder.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use candle_core::Device;
use kiskadee_checkpoint::folder::{Acceptance, FolderWriter, Licence, Progress, Provenance};
use kiskadee_checkpoint::{Checkpoint, Stored, TensorToWrite, Weights, check};

use super::source::{Source, vocabulary_size};
use super::{ENGINE, ModelFolder, files, speakers};
use crate::config::Config;
use crate::error::{Result, XttsError};
use crate::gpt::quantize_gpt;
use crate::layout::{self, Layout};
use crate::names::canonical_names;

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
    let mut writer = FolderWriter::begin(request.target, progress)?;
    writer.copy(files::CONFIG, &config_path)?;
    writer.copy(files::VOCABULARY, &vocabulary)?;
    if let Some(text) = &licence {
        writer.put(files::LICENCE, text.as_bytes())?;
    }
    let parameters = parts.write(&config, &mut writer)?;
    write_quantized_gpt(&mut writer, &config)?;
    writer.publish(Provenance {
        engine: ENGINE.to_owned(),
        source: request.origin.clone(),
        licence: Licence {
            text: licence.as_ref().map(|_| files::LICENCE.to_owned()),
            ..Licence::of_text(licence.as_deref())
        },
        acceptance: Some(request.acceptance.clone()),
        parameters,
    })?;
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
                copy_tensors(writer, name, file, &needed_tensors(file, needed)?, &none)?;
            }
        }
        if let (Some(file), Some(speakers)) = (&self.speakers, speakers) {
            copy_tensors(
                writer,
                files::SPEAKERS,
                file,
                &speakers.tensors,
                &speakers.metadata,
            )?;
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

/// Copies tensors into a file of the folder, under their canonical names.
fn copy_tensors(
    writer: &mut FolderWriter<'_>,
    name: &str,
    source: &Checkpoint,
    tensors: &BTreeMap<String, &Stored>,
    metadata: &BTreeMap<String, String>,
) -> Result<()> {
    let tensors = tensors
        .iter()
        .map(|(name, stored)| TensorToWrite::stored(name.clone(), source, stored));
    Ok(writer.tensors(name, &tensors.collect::<Vec<_>>(), metadata)?)
}

/// The GPT's large matrices once more, in the form in which CPUs use them.
pub(super) fn write_quantized_gpt(writer: &mut FolderWriter<'_>, config: &Config) -> Result<()> {
    let (model, path) = (
        writer.path().join(files::MODEL),
        writer.path().join(files::GPT_Q8),
    );
    let weights = Weights::open(&model, &Device::Cpu)?;
    quantize_gpt(&weights, config, &path)?;
    // Whoever may read the model may read this.
    let permissions = fs::metadata(model).map(|metadata| metadata.permissions());
    let set = permissions.and_then(|permissions| fs::set_permissions(&path, permissions));
    set.map_err(|error| XttsError::file(&path, error))?;
    Ok(writer.take_up(files::GPT_Q8)?)
}
