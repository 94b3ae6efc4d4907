//! Where the edge's components and their manifest are: beside the program when installed, in the checkout when built there.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;

/// One of the components' files, to recognise their folder by.
const LANDMARK: &str = "kiskadee_accounts.wasm";

#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Artefacts {
    /// Folder of the components' .wasm files [default: beside the program, or in `components` there]
    #[arg(long, env = "KISKADEE_COMPONENTS", value_name = "DIR")]
    components: Option<PathBuf>,
    /// The application's manifest [default: spin.toml beside the program]
    #[arg(long, env = "KISKADEE_MANIFEST", value_name = "FILE")]
    manifest: Option<PathBuf>,
}

impl Artefacts {
    pub(crate) fn components(&self) -> Result<PathBuf> {
        // Installed: components/*.wasm. Built here: target/release/kiskadee, target/wasm32-wasip2/component/*.wasm
        choose(
            self.components.as_deref(),
            LANDMARK,
            &["", "components", "../wasm32-wasip2/component"],
            "--components",
        )
    }

    pub(crate) fn manifest(&self) -> Result<PathBuf> {
        if let Some(file) = &self.manifest {
            return Ok(file.clone());
        }
        choose(None, "spin.toml", &["", "../.."], "--manifest")
            .map(|folder| folder.join("spin.toml"))
    }
}

/// `chosen`, else the first of `places` (relative to the program) that holds `landmark`.
fn choose(chosen: Option<&Path>, landmark: &str, places: &[&str], option: &str) -> Result<PathBuf> {
    let program = std::env::current_exe()?.canonicalize()?;
    let beside = program.parent().unwrap_or(Path::new("/"));
    let candidates = match chosen {
        Some(folder) => vec![folder.to_owned()],
        None => places.iter().map(|place| beside.join(place)).collect(),
    };
    if let Some(folder) = candidates
        .iter()
        .find(|folder| folder.join(landmark).is_file())
    {
        return Ok(folder.canonicalize()?);
    }
    let looked_in: Vec<String> = candidates
        .iter()
        .map(|folder| folder.display().to_string())
        .collect();
    bail!(
        "no {landmark} in {}: say with {option} where it is",
        looked_in.join(" or in ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_components_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let artefacts = Artefacts {
            components: Some(folder.path().to_owned()),
            manifest: None,
        };
        let refused = artefacts.components().unwrap_err().to_string();
        assert!(refused.contains("--components"), "{refused}");
        std::fs::write(folder.path().join(LANDMARK), "").unwrap();
        assert_eq!(
            artefacts.components().unwrap(),
            folder.path().canonicalize().unwrap()
        );
    }
}
