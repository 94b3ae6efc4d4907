//! The import of a published model: `config.json`, the weights, and a vocabulary as one file or as two.
//!
//! The folder that is written is the one that [`Whisper::open`] reads. It takes its name only after the model in it was opened and has
//! listened once.

mod source;
mod terms;
mod vocabulary;

use std::{collections::BTreeMap, ops::ControlFlow, path::Path};

use candle_core::Device;
use kiskadee_checkpoint::{
    Checkpoint, ModelFolder, TensorToWrite,
    folder::{Acceptance, FolderWriter, Licence, Progress, Provenance, files},
};

pub use self::source::Source;
use crate::{
    config::Config,
    error::{Result, WhisperError},
    mel::SAMPLE_RATE,
    model::Precision,
    transcript::Options,
    whisper::Whisper,
};

/// As the manifest names it.
pub const ENGINE: &str = "whisper";
pub(crate) const TOKENIZER: &str = "tokenizer.json";
/// How text is generated, which is kept for those who ask.
const GENERATION: &str = "generation_config.json";

/// What is imported, where to, and under whose acceptance of which licence.
#[derive(Debug, Clone)]
pub struct Import<'a> {
    pub source: &'a Source,
    /// The model's folder; what is there is replaced.
    pub target: &'a Path,
    /// What the manifest says of the source.
    pub origin: String,
    pub licence: Licence,
    pub acceptance: Option<Acceptance>,
}

/// Writes the folder of a model and tries it there. `progress` may stop it. An import that fails, is stopped or is killed leaves the
/// target as it was.
pub fn import(
    request: &Import<'_>,
    progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<ModelFolder> {
    let source = request.source;
    let config_path = source.folder().join(files::CONFIG);
    let config = Config::read(&config_path)?;
    let tokenizer = vocabulary::read(source.folder(), &config)?;
    let weights = Checkpoint::open(source.weights())?;
    let mut writer = FolderWriter::begin(request.target, progress)?;
    writer.copy(files::CONFIG, &config_path)?;
    writer.put(TOKENIZER, &tokenizer)?;
    let generation = source.folder().join(GENERATION);
    if generation.is_file() {
        writer.copy(GENERATION, &generation)?;
    }
    for (name, text) in source.documents() {
        writer.put(name, text.as_bytes())?;
    }
    let parameters = copy_weights(&mut writer, &weights)?;
    try_out(writer.path())?;
    Ok(writer.publish(Provenance {
        engine: ENGINE.to_owned(),
        source: request.origin.clone(),
        licence: request.licence.clone(),
        acceptance: request.acceptance.clone(),
        parameters,
    })?)
}

/// The tensors of both halves in the numbers that they are stored in; how many numbers there are.
fn copy_weights(writer: &mut FolderWriter<'_>, weights: &Checkpoint) -> Result<u64> {
    let fault = |reason: String| WhisperError::file(weights.path(), reason);
    let of_network = |name: &str| {
        let name = name.strip_prefix("model.").unwrap_or(name);
        name.starts_with("encoder.") || name.starts_with("decoder.")
    };
    let mut tensors = Vec::new();
    for (name, found) in weights.state_dict() {
        if of_network(name) {
            let stored = found.as_ref();
            let stored = stored.map_err(|reason| fault(format!("tensor `{name}` {reason}")))?;
            tensors.push(TensorToWrite::stored(name.to_owned(), weights, stored));
        }
    }
    if tensors.is_empty() {
        let reason = "holds no tensors of an encoder and a decoder".to_owned();
        return Err(fault(reason));
    }
    let count = |tensor: &TensorToWrite<'_>| tensor.shape.iter().product::<usize>() as u64;
    let parameters = tensors.iter().map(count).sum();
    writer.tensors(files::MODEL, &tensors, &BTreeMap::new())?;
    Ok(parameters)
}

/// Opens a folder, and has the model listen to a second of noise: whatever it hears, its numbers must be numbers.
fn try_out(folder: &Path) -> Result<()> {
    let model = Whisper::open_with(folder, &Device::Cpu, Precision::EightBits)?;
    let noise = |place: u32| (place.wrapping_mul(2_654_435_761) >> 16) as f32 / 65_536.0 - 0.5;
    let samples: Vec<f32> = (0..SAMPLE_RATE).map(|place| 0.01 * noise(place)).collect();
    let options = Options {
        language: model.languages().first().map(|&code| code.to_owned()),
        temperatures: vec![0.0],
        ..Options::default()
    };
    let heard = model.transcribe(&samples, &options)?;
    if heard.no_speech.is_finite() && heard.mean_log_probability.is_finite() {
        return Ok(());
    }
    let reason = "the weights give no numbers: the file is broken";
    Err(WhisperError::file(folder.join(files::MODEL), reason))
}
