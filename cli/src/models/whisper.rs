//! The import of a Whisper model, which writes down what is said.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use kiskadee_checkpoint::folder::files;
use kiskadee_whisper::import::{self, ENGINE, Import, Source};

use super::download::Download;
use super::hub::{Hub, Repository};
use super::import::{ImportOptions, STOPPED, downloads, forget, shown, tell, unless_stopped};
use super::licence;
use crate::stop::Stop;

const VOCABULARY: &str = "tokenizer.json";
/// What older models have in its place.
const VOCABULARY_PARTS: [&str; 2] = ["vocab.json", "merges.txt"];
const GENERATION: &str = "generation_config.json";
/// How spectrograms are made: of the models that are imported here only these tell it.
const SPECTROGRAMS: &str = "preprocessor_config.json";
/// The longest name that a model may have, without what all names of these begin with.
const LONGEST: usize = 50;

/// Whether a repository holds such a model: its name says so, or what lies in it.
pub(super) async fn is_model(repository: &Repository) -> Result<bool> {
    if repository.last().to_lowercase().contains(ENGINE) {
        return Ok(true);
    }
    let hub = Hub::of(repository)?;
    Ok(hub.describe(repository, SPECTROGRAMS).await?.is_some())
}

pub(super) async fn from_path(path: &Path, options: &ImportOptions, stop: &Stop) -> Result<()> {
    let source = Source::find(path)?;
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = if whole.is_dir() {
        Some(whole.as_path())
    } else {
        whole.parent()
    };
    let name = folder.and_then(Path::file_name).unwrap_or_default();
    let name = name.to_string_lossy().into_owned();
    import(source, &name, whole.display().to_string(), options, stop).await
}

pub(super) async fn from_hub(
    repository: Repository,
    options: &ImportOptions,
    stop: &Stop,
) -> Result<()> {
    let name = repository.last();
    // What stands in the way is told before anything is brought.
    options.target(&model_name(&name))?;
    let download = tokio::select! {
        downloaded = download(repository, options) => downloaded?,
        () = stop.orderly.cancelled() => bail!(STOPPED),
    };
    let source = Source::find(&download.folder)?;
    let origin = download.repository.name();
    import(source, &name, origin, options, stop).await?;
    forget(&options.place, &download.folder)
}

/// What is small comes first, and tells what the rest is.
async fn download(repository: Repository, options: &ImportOptions) -> Result<Download> {
    options.place.create()?;
    let download = Download::begin(repository, files::CONFIG, &downloads(&options.place)).await?;
    let name = download.repository.name();
    download.bring(files::CONFIG).await?;
    let config = download.folder.join(files::CONFIG);
    let config = std::fs::read_to_string(&config)
        .with_context(|| format!("cannot read {}", config.display()))?;
    ensure!(
        Source::is_config(&config),
        "{name} is no Whisper model: its {} tells of another one",
        files::CONFIG
    );
    for file in [Source::CARD, GENERATION].iter().chain(&Source::LICENCES) {
        download.bring(file).await?;
    }
    bring_vocabulary(&download).await?;
    for file in Source::WEIGHTS {
        if download.bring(file).await? {
            return Ok(download);
        }
    }
    let [usual, older] = Source::WEIGHTS;
    bail!("{name} has no {usual} and no {older}, of which a Whisper model needs one")
}

async fn bring_vocabulary(download: &Download) -> Result<()> {
    if download.bring(VOCABULARY).await? {
        return Ok(());
    }
    for part in VOCABULARY_PARTS {
        ensure!(
            download.bring(part).await?,
            "{} has no {VOCABULARY} and no {part}, of which a Whisper model needs one",
            download.repository.name()
        );
    }
    Ok(())
}

async fn import(
    source: Source,
    name: &str,
    origin: String,
    options: &ImportOptions,
    stop: &Stop,
) -> Result<()> {
    let target = options.target(&model_name(name))?;
    let licence = source.terms(options.licence.as_deref())?;
    let by_option = options.accept_licence;
    let (asked, text) = (licence.clone(), source.licence_text().map(str::to_owned));
    let asked = tokio::task::spawn_blocking(move || {
        let text = text.filter(|_| asked.needs_acceptance);
        licence::accept(&asked, text.as_deref(), by_option)
    });
    let acceptance = asked.await.context("cannot ask")??;
    options.place.create()?;
    let imported = unless_stopped(stop, move |stopped| {
        let request = Import {
            source: &source,
            target: &target,
            origin,
            licence,
            acceptance,
        };
        Ok(import::import(&request, &mut shown(stopped))?)
    });
    let folder = imported.await?;
    tell(folder.manifest(), folder.path());
    Ok(())
}

/// `whisper-` and what the source is called beside that, in the letters that names may have.
fn model_name(source: &str) -> String {
    let plain = source.to_lowercase();
    let plain = plain.trim_start_matches(ENGINE);
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    let kept: String = plain
        .chars()
        .filter(|c| allowed(*c))
        .take(LONGEST)
        .collect();
    let kept = kept.trim_matches(['-', '_', '.']);
    match kept {
        "" => ENGINE.to_owned(),
        kept => format!("{ENGINE}-{kept}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_called_after_its_source() {
        for (source, name) in [
            ("whisper-tiny", "whisper-tiny"),
            ("Whisper-Large-v3", "whisper-large-v3"),
            ("distil-large-v3", "whisper-distil-large-v3"),
            (".tmpAb c", "whisper-tmpabc"),
            ("whisper", "whisper"),
            ("…", "whisper"),
        ] {
            assert_eq!(model_name(source), name);
        }
    }
}
