//! The import of XTTS-v2, after its licence is accepted.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use kiskadee_xtts::folder::{self, Acceptance, Import, Licence, Source, files};

use super::download::Download;
use super::hub::Repository;
use super::import::{ImportOptions, STOPPED, downloads, forget, shown, tell, unless_stopped};
use super::licence;
use crate::stop::Stop;

/// The published model, in the order in which it is downloaded: what is small and needed first.
const NEEDED: [&str; 2] = [files::CONFIG, files::VOCABULARY];
/// One of them is there.
const MODELS: [&str; 2] = ["model.pth", "model.safetensors"];
const OPTIONAL: [&str; 3] = ["speakers_xtts.pth", "mel_stats.pth", "dvae.pth"];

/// Imports from a path.
pub(super) async fn from_path(options: &ImportOptions, target: PathBuf, stop: &Stop) -> Result<()> {
    let source = Source::find(options.source.as_ref())?;
    let acceptance = accept(source.licence()?.as_deref(), options.accept_licence)?;
    options.place.create()?;
    let path = Path::new(&options.source);
    let origin = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let origin = origin.display().to_string();
    import(source, target, origin, acceptance, stop).await
}

/// Imports a repository.
pub(super) async fn from_hub(
    repository: Repository,
    options: &ImportOptions,
    target: PathBuf,
    stop: &Stop,
) -> Result<()> {
    let downloaded = tokio::select! {
        downloaded = download(repository, options) => downloaded?,
        () = stop.orderly.cancelled() => bail!(STOPPED),
    };
    let (download, acceptance) = downloaded;
    let source = Source::find(&download.folder)?;
    let origin = download.repository.name();
    import(source, target, origin, acceptance, stop).await?;
    forget(&options.place, &download.folder)
}

/// XTTS is never without terms.
fn accept(text: Option<&str>, by_option: bool) -> Result<Acceptance> {
    let acceptance = licence::accept(&Licence::of_text(text), text, by_option)?;
    acceptance.context("nobody accepted the licence")
}

/// The licence comes first: nothing else is brought before it is accepted.
async fn download(
    repository: Repository,
    options: &ImportOptions,
) -> Result<(Download, Acceptance)> {
    options.place.create()?;
    let download = Download::begin(repository, files::CONFIG, &downloads(&options.place)).await?;
    let text = if download.bring(files::LICENCE).await? {
        let text = fs::read(download.folder.join(files::LICENCE))?;
        Some(String::from_utf8_lossy(&text).into_owned())
    } else {
        None
    };
    let accepted = options.accept_licence;
    let asked = tokio::task::spawn_blocking(move || accept(text.as_deref(), accepted));
    let acceptance = asked.await.context("cannot ask")??;
    for file in NEEDED {
        let name = download.repository.name();
        ensure!(
            download.bring(file).await?,
            "{name} has no {file}, which an XTTS model needs"
        );
    }
    bring_model(&download).await?;
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

async fn bring_model(download: &Download) -> Result<()> {
    for file in MODELS {
        if download.bring(file).await? {
            return Ok(());
        }
    }
    let [published, trained] = MODELS;
    bail!(
        "{} has no {published} and no {trained}, of which an XTTS model needs one",
        download.repository.name()
    )
}

async fn import(
    source: Source,
    target: PathBuf,
    origin: String,
    acceptance: Acceptance,
    stop: &Stop,
) -> Result<()> {
    let imported = unless_stopped(stop, move |stopped| {
        let request = Import {
            source: &source,
            target: &target,
            origin,
            acceptance,
        };
        Ok(folder::import(&request, &mut shown(stopped))?)
    });
    let folder = imported.await?;
    tell(folder.manifest(), folder.path());
    Ok(())
}
