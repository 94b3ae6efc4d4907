//! The models of this machine: listed, shown, removed.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use kiskadee_checkpoint::ModelFolder;
use kiskadee_checkpoint::folder::files;
use time::format_description::well_known::Rfc3339;

use super::meter::size;
use super::place::ModelsPlace;

#[derive(Args)]
pub(crate) struct ListOptions {
    #[command(flatten)]
    place: ModelsPlace,
}

#[derive(Args)]
pub(crate) struct ShowOptions {
    /// As `list` names it
    name: String,
    #[command(flatten)]
    place: ModelsPlace,
}

#[derive(Args)]
pub(crate) struct RemoveOptions {
    /// As `list` names it
    name: String,
    #[command(flatten)]
    place: ModelsPlace,
}

pub(super) fn list(options: &ListOptions) -> Result<()> {
    for (name, path) in options.place.models()? {
        match ModelFolder::open(&path) {
            Ok(folder) => println!("{name}  {}", summary(&folder)),
            Err(error) => println!("{name}  unusable: {error}"),
        }
    }
    Ok(())
}

fn summary(folder: &ModelFolder) -> String {
    let manifest = folder.manifest();
    format!(
        "{}  {:.1} M parameters  {}  {}  commercial use: {}  imported {}",
        manifest.engine,
        manifest.parameters as f64 / 1e6,
        size(folder.bytes()),
        manifest.licence.title,
        manifest.licence.commercial_use,
        manifest.imported_at.date()
    )
}

pub(super) fn show(options: &ShowOptions) -> Result<()> {
    let folder = ModelFolder::open(options.place.model(&options.name)?)?;
    let manifest = folder.manifest();
    println!("{}  {}", options.name, summary(&folder));
    println!("folder      {}", folder.path().display());
    println!("source      {}", manifest.source);
    println!(
        "licence     {} ({})",
        manifest.licence.title, manifest.licence.id
    );
    println!("commercial  {}", manifest.licence.commercial_use);
    if let Some(acceptance) = &manifest.acceptance {
        let at = acceptance.at.format(&Rfc3339)?;
        println!(
            "accepted    by {} at {at}: {}",
            acceptance.by, acceptance.how
        );
    }
    for (name, file) in &manifest.files {
        println!(
            "file        {name}  {}  sha256 {}",
            size(file.bytes),
            file.sha256
        );
    }
    for speaker in speakers(&folder)? {
        println!("speaker     {speaker}");
    }
    Ok(())
}

/// The voices of a model that has more than one under its name.
fn speakers(folder: &ModelFolder) -> Result<Vec<String>> {
    match folder.manifest().engine.as_str() {
        kiskadee_xtts::folder::ENGINE => {
            Ok(kiskadee_xtts::ModelFolder::open(folder.path())?.speaker_names()?)
        }
        _ => Ok(Vec::new()),
    }
}

pub(super) fn remove(options: &RemoveOptions) -> Result<()> {
    let path = options.place.model(&options.name)?;
    ensure!(
        path.join(files::MANIFEST).is_file(),
        "there is no model `{}` in {}",
        options.name,
        options.place.path().display()
    );
    delete(&path).with_context(|| format!("cannot delete {}", path.display()))?;
    println!("removed {}", options.name);
    Ok(())
}

/// Out of sight in one step, so that nobody opens half of it; what a killed run left goes with the next.
fn delete(path: &Path) -> std::io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let hidden = path.with_file_name(format!(".{name}.removing"));
    if hidden.exists() {
        fs::remove_dir_all(&hidden)?;
    }
    fs::rename(path, &hidden)?;
    fs::remove_dir_all(hidden)
}
