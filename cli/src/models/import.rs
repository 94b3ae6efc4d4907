//! `kiskadee models import`: from a path or from Hugging Face, after the licence is accepted.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use kiskadee_xtts::ModelFolder;
use kiskadee_xtts::folder::{self, Acceptance, Import, Progress, Source, files};

use super::download::Download;
use super::hub::{Hub, Repository};
use super::licence;
use super::meter::{Meter, size};
use super::place::ModelsPlace;
use crate::stop::Stop;

const FROM_HUB: &str = "hf:";
/// The published model, in the order in which it is downloaded: what is small and needed first.
const NEEDED: [&str; 3] = [files::CONFIG, files::VOCABULARY, "model.pth"];
const OPTIONAL: [&str; 3] = ["speakers_xtts.pth", "mel_stats.pth", "dvae.pth"];

#[derive(Args)]
#[command(after_long_help = "\
A path is a folder with config.json, vocab.json and model.pth or model.safetensors, as XTTS-v2 is published and as trainers leave \
it, or the model's file in such a folder. Beside them speakers_xtts.pth, dvae.pth, mel_stats.pth and LICENSE.txt are taken along. \
Pickles are read without executing anything.

hf:coqui/XTTS-v2 downloads these files (2.1 GB) from Hugging Face; the disk needs twice as much for a while. An interrupted \
download goes on when the same command is run again. HF_ENDPOINT names a mirror, HF_TOKEN a user.

The licence is shown and must be accepted, by typing yes on a terminal or with --accept-licence. Who accepted it, when and how \
stands in the model's manifest.")]
pub(crate) struct ImportOptions {
    /// A folder or a file, or hf:OWNER/NAME[@REVISION], such as hf:coqui/XTTS-v2
    source: String,
    /// What the model is called on this machine
    #[arg(long, value_name = "NAME", default_value = "xtts")]
    name: String,
    /// Accept the model's licence, which is shown nevertheless
    #[arg(long, alias = "accept-license")]
    accept_licence: bool,
    /// Replace a model of this name
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    place: ModelsPlace,
}

pub(super) async fn run(options: ImportOptions) -> Result<()> {
    let target = options.place.model(&options.name)?;
    ensure!(
        options.force || !target.exists(),
        "there is a model `{}` already: --force replaces it, --name calls this one otherwise",
        options.name
    );
    let stop = Stop::on_signals()?;
    match options.source.strip_prefix(FROM_HUB) {
        None => {
            let source = Source::find(options.source.as_ref())?;
            let acceptance = licence::accept(source.licence()?.as_deref(), options.accept_licence)?;
            options.place.create()?;
            let path = Path::new(&options.source);
            let origin = path.canonicalize().unwrap_or_else(|_| path.to_owned());
            import(
                source,
                target,
                origin.display().to_string(),
                acceptance,
                &stop,
            )
            .await
        }
        Some(repository) => {
            let repository = Repository::parse(repository)?;
            let downloaded = tokio::select! {
                downloaded = download(repository, &options) => downloaded?,
                () = stop.orderly.cancelled() => bail!("stopped; the same command goes on with the download"),
            };
            let (download, acceptance) = downloaded;
            let source = Source::find(&download.folder)?;
            import(
                source,
                target,
                download.repository.name(),
                acceptance,
                &stop,
            )
            .await?;
            let downloads = downloads(&options.place);
            fs::remove_dir_all(&download.folder).context("cannot delete the downloaded files")?;
            // Others may lie there.
            let _ = fs::remove_dir(downloads);
            Ok(())
        }
    }
}

fn downloads(place: &ModelsPlace) -> PathBuf {
    place.path().join(".downloads")
}

/// The licence comes first: nothing else is brought before it is accepted.
async fn download(
    repository: Repository,
    options: &ImportOptions,
) -> Result<(Download, Acceptance)> {
    options.place.create()?;
    let hub = Hub::from_environment()?;
    let download =
        Download::begin(hub, repository, files::CONFIG, &downloads(&options.place)).await?;
    let text = if download.bring(files::LICENCE).await? {
        let text = fs::read(download.folder.join(files::LICENCE))?;
        Some(String::from_utf8_lossy(&text).into_owned())
    } else {
        None
    };
    let accepted = options.accept_licence;
    let asked = tokio::task::spawn_blocking(move || licence::accept(text.as_deref(), accepted));
    let acceptance = asked.await.context("cannot ask")??;
    for file in NEEDED {
        let name = download.repository.name();
        ensure!(
            download.bring(file).await?,
            "{name} has no {file}, which an XTTS model needs"
        );
    }
    for file in OPTIONAL {
        if !download.bring(file).await? {
            eprintln!(
                "{} has no {file}; it is passed over",
                download.repository.name()
            );
        }
    }
    Ok((download, acceptance))
}

async fn import(
    source: Source,
    target: PathBuf,
    origin: String,
    acceptance: Acceptance,
    stop: &Stop,
) -> Result<()> {
    let stopped = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stopped);
    let importing = tokio::task::spawn_blocking(move || {
        let request = Import {
            source: &source,
            target: &target,
            origin,
            acceptance,
        };
        folder::import(&request, &mut shown(&asked))
    });
    tokio::pin!(importing);
    let imported = tokio::select! {
        imported = &mut importing => imported,
        () = stop.orderly.cancelled() => {
            stopped.store(true, Ordering::Relaxed);
            importing.await
        }
    };
    tell(&imported.context("the import broke down")??);
    Ok(())
}

fn shown(stopped: &AtomicBool) -> impl FnMut(Progress<'_>) -> ControlFlow<()> {
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

fn tell(folder: &ModelFolder) {
    eprintln!(
        "imported {:.1} M parameters, {} in all",
        folder.manifest().parameters as f64 / 1e6,
        size(folder.bytes())
    );
    println!("{}", folder.path().display());
}
