//! What several commands take: where backups are kept, and what secrets are sealed with.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;

use super::repository::Repository;

#[derive(Debug, Clone, Args)]
pub(crate) struct RepositoryArgs {
    /// Where backups are kept: a directory, or an s3://, gs:// or az:// address
    #[arg(long, env = "KISKADEE_BACKUP_REPOSITORY", value_name = "ADDRESS")]
    repository: String,
}

impl RepositoryArgs {
    pub(super) fn open(&self) -> Result<Repository> {
        Repository::open(&self.repository)
    }
}

#[derive(Debug, Clone, Args)]
pub(crate) struct PassphraseArgs {
    /// File with the passphrase that signs manifests and seals secrets; keep it elsewhere, too
    #[arg(long, env = "KISKADEE_BACKUP_PASSPHRASE_FILE", value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// Shorter ones are found by trying.
const SHORTEST: usize = 12;

impl PassphraseArgs {
    /// None where none was named.
    pub(super) fn read(&self) -> Result<Option<String>> {
        let Some(path) = &self.passphrase_file else {
            return Ok(None);
        };
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let passphrase = text.trim_end_matches(['\r', '\n']);
        if passphrase.len() < SHORTEST {
            bail!(
                "the passphrase in {} has fewer than {SHORTEST} characters",
                path.display()
            );
        }
        Ok(Some(passphrase.to_owned()))
    }
}
