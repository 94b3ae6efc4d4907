//! The import of a Piper voice: an `.onnx` file, its JSON and its card.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use kiskadee_piper::import::PublishedVoice;

use super::download::Download;
use super::hub::Repository;
use super::import::{ImportOptions, STOPPED, downloads, forget, shown, tell, unless_stopped};
use super::licence;
use crate::stop::Stop;

const CARD: &str = "MODEL_CARD";

pub(super) fn is_onnx(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "onnx")
}

/// Whether a path is such a file, or a folder with one.
pub(super) fn is_voice(path: &Path) -> bool {
    let has_json = |path: &Path| path.with_added_extension("json").is_file();
    if path.is_file() {
        return is_onnx(path) && (has_json(path) || !path.with_file_name("config.json").is_file());
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut paths = entries.map(|entry| entry.path());
    paths.any(|path| is_onnx(&path) && has_json(&path))
}

pub(super) async fn from_path(path: &Path, options: &ImportOptions, stop: &Stop) -> Result<()> {
    let origin = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    import(path, origin.display().to_string(), options, stop).await
}

/// `OWNER/NAME[@REVISION]/PATH.onnx`
pub(super) async fn from_hub(text: &str, options: &ImportOptions, stop: &Stop) -> Result<()> {
    let (repository, file) = repository_and_file(text)?;
    from_repository(repository, file, options, stop).await
}

pub(super) async fn from_repository(
    repository: Repository,
    file: String,
    options: &ImportOptions,
    stop: &Stop,
) -> Result<()> {
    options.place.create()?;
    let around = downloads(&options.place);
    let bring = async {
        let download = Download::begin(repository, &file, &around).await?;
        let json = format!("{file}.json");
        let name = download.repository.name();
        for needed in [&json, &file] {
            ensure!(
                download.bring(needed).await?,
                "{name} has no {needed}, which a Piper voice needs"
            );
        }
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let card = format!("{folder}/{CARD}");
        download.bring(card.trim_start_matches('/')).await?;
        anyhow::Ok(download)
    };
    let download = tokio::select! {
        brought = bring => brought?,
        () = stop.orderly.cancelled() => bail!(STOPPED),
    };
    let origin = format!(
        "{}/{file}",
        download.repository.name().trim_end_matches('/')
    );
    import(&download.folder.join(&file), origin, options, stop).await?;
    forget(&options.place, &download.folder)
}

fn repository_and_file(text: &str) -> Result<(Repository, String)> {
    let parts: Vec<&str> = text.splitn(3, '/').collect();
    let [owner, name, file] = parts[..] else {
        bail!(
            "`hf:{text}` names no file of a repository: write hf:OWNER/NAME[@REVISION]/PATH.onnx"
        );
    };
    let plain = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains('\\');
    ensure!(
        file.split('/').all(plain),
        "`hf:{text}` names no file of a repository"
    );
    Ok((
        Repository::parse(&format!("{owner}/{name}"))?,
        file.to_owned(),
    ))
}

async fn import(path: &Path, origin: String, options: &ImportOptions, stop: &Stop) -> Result<()> {
    let voice = PublishedVoice::open(path)?;
    let licence = voice.licence(options.licence.as_deref())?;
    let target: PathBuf = options.target(&format!("piper-{}", voice.name()))?;
    let card = card(path);
    let by_option = options.accept_licence;
    let (shown_licence, text) = (licence.clone(), card);
    let asked = tokio::task::spawn_blocking(move || {
        licence::accept(&shown_licence, text.as_deref(), by_option)
    });
    let acceptance = asked.await.context("cannot ask")??;
    options.place.create()?;
    let imported = unless_stopped(stop, move |stopped| {
        let model = voice.import()?;
        Ok(model.write(&target, origin, licence, acceptance, &mut shown(stopped))?)
    });
    let folder = imported.await?;
    tell(folder.manifest(), folder.path());
    Ok(())
}

/// The text that is shown; the importer reads it on its own.
fn card(path: &Path) -> Option<String> {
    let card = if path.is_dir() {
        path.join(CARD)
    } else {
        path.with_file_name(CARD)
    };
    let text = std::fs::read(card).ok()?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_a_repository_stays_in_it() {
        let (repository, file) = repository_and_file(
            "rhasspy/piper-voices@v1.0.0/en/en_US/joe/medium/en_US-joe-medium.onnx",
        )
        .unwrap();
        assert_eq!(repository.name(), "hf:rhasspy/piper-voices@v1.0.0");
        assert_eq!(file, "en/en_US/joe/medium/en_US-joe-medium.onnx");
        for text in ["a/b.onnx", "a/b/../c.onnx", "a/b//c.onnx", "a/b/.c.onnx"] {
            repository_and_file(text).unwrap_err();
        }
    }
}
