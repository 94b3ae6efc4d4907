//! Where models lie: a directory with a folder for each.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::state;

#[derive(Debug, Clone, Args)]
pub(crate) struct ModelsPlace {
    /// Where models lie [default: models in the state directory]
    #[arg(long, env = "KISKADEE_MODELS_DIR", value_name = "DIR")]
    models_dir: Option<PathBuf>,
    /// State directory of the installation [default: ~/.local/share/kiskadee]
    #[arg(long, env = "KISKADEE_STATE_DIR", value_name = "DIR")]
    state_dir: Option<PathBuf>,
}

impl ModelsPlace {
    pub(crate) fn path(&self) -> PathBuf {
        let state = || self.state_dir.clone().unwrap_or_else(state::default_path);
        self.models_dir
            .clone()
            .unwrap_or_else(|| state().join("models"))
    }

    /// Makes the directory, for its owner alone, where there is none.
    pub(super) fn create(&self) -> Result<PathBuf> {
        let path = self.path();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("cannot create {}", path.display()))?;
        Ok(path)
    }

    /// The folder of a model.
    pub(super) fn model(&self, name: &str) -> Result<PathBuf> {
        check_name(name)?;
        Ok(self.path().join(name))
    }

    /// The folders of all models by name; hidden ones are unfinished.
    pub(super) fn models(&self) -> Result<Vec<(String, PathBuf)>> {
        let path = self.path();
        let entries = match std::fs::read_dir(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.with_context(|| format!("cannot read {}", path.display()))?,
        };
        let mut models = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if let Some(name) = shown_name(&path) {
                models.push((name.to_owned(), path));
            }
        }
        models.sort();
        Ok(models)
    }
}

fn shown_name(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?;
    (path.is_dir() && !name.starts_with('.')).then_some(name)
}

/// Becomes the name of a folder and of an engine.
fn check_name(name: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    ensure!(
        begins_well && name.len() <= 64 && name.chars().all(allowed),
        "`{name}` is no name for a model: up to 64 of a-z, 0-9, -, _ and ., the first a letter or digit"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_the_directory() {
        for name in ["xtts", "xtts-2.0_de", "0"] {
            check_name(name).unwrap();
        }
        for name in ["", ".", "..", "../xtts", "a/b", ".hidden", "Xtts", "a b"] {
            check_name(name).unwrap_err();
        }
    }
}
