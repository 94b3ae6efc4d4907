//! The system that is backed up: one that `kiskadee up` runs from a state directory, or a database and a storage by their addresses.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use kiskadee_storage::Store;

use crate::admin::Target;
use crate::private_file;

/// Files of a state directory that a restored system needs to be the same: passwords of roles, the key that signs tokens, the first users' keys.
pub(super) const SECRETS: [&str; 2] = ["secrets.json", "credentials.json"];

#[derive(Args)]
pub(crate) struct SystemArgs {
    #[command(flatten)]
    target: Target,
    /// Where the system keeps audio [default: the state directory's `storage`]
    #[arg(long, env = "KISKADEE_STORAGE", value_name = "ADDRESS")]
    storage: Option<String>,
}

impl SystemArgs {
    pub(super) fn url(&self) -> Result<String> {
        self.target.url()
    }

    pub(super) fn store(&self) -> Result<Store> {
        let address = match &self.storage {
            Some(address) => address.clone(),
            None if self.target.is_by_address()? => {
                anyhow::bail!("say with --storage where the system keeps audio")
            }
            None => self.directory("storage").to_string_lossy().into_owned(),
        };
        Store::open(&address).context("cannot open the system's storage")
    }

    /// The secrets of a state directory as one text; none where the system has none of its own.
    pub(super) fn secrets(&self) -> Result<Option<Vec<u8>>> {
        if self.target.is_by_address()? {
            return Ok(None);
        }
        let mut all = serde_json::Map::new();
        for name in SECRETS {
            let value: Option<serde_json::Value> = private_file::read_json(&self.directory(name))?;
            all.extend(value.map(|value| (name.to_owned(), value)));
        }
        Ok(Some(serde_json::to_vec(&all)?))
    }

    fn directory(&self, name: &str) -> PathBuf {
        self.target.state_dir().join(name)
    }
}
