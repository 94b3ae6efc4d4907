//! The secrets of an embedded installation: made at its first start, kept in the state directory, read by nobody else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::private_file;
use crate::random::random_token;
use crate::signing::SigningKeys;

/// The group roles of the migrations; each gets a login role of its own.
pub(crate) const ROLES: [&str; 5] = [
    "kiskadee_accounts",
    "kiskadee_speech",
    "kiskadee_ops",
    "kiskadee_edge_host",
    "kiskadee_worker",
];

#[derive(Serialize, Deserialize)]
pub(crate) struct Secrets {
    /// Of Postgres' superuser, whom only this program uses.
    pub(crate) postgres: String,
    /// Of the login role of each group role.
    pub(crate) roles: BTreeMap<String, String>,
    pub(crate) signing: SigningKeys,
    /// What the edge shows to the storage gateway.
    pub(crate) storage_token: String,
}

impl Secrets {
    pub(crate) fn load_or_create(state: &Path) -> Result<Self> {
        if let Some(found) = Self::load(state)? {
            return Ok(found);
        }
        let made = Self::generate()?;
        made.save(state)?;
        Ok(made)
    }

    /// Those of an installation that must exist.
    pub(crate) fn of_installation(state: &Path) -> Result<Self> {
        Self::load(state)?.with_context(|| {
            format!(
                "{} is no state directory of kiskadee: start `kiskadee up` on it first",
                state.display()
            )
        })
    }

    pub(crate) fn save(&self, state: &Path) -> Result<()> {
        private_file::write_json(&path(state), self)
    }

    pub(crate) fn password(&self, role: &str) -> Result<&str> {
        self.roles
            .get(role)
            .map(String::as_str)
            .with_context(|| format!("no password for role {role}"))
    }

    fn load(state: &Path) -> Result<Option<Self>> {
        private_file::read_json(&path(state))
    }

    fn generate() -> Result<Self> {
        let mut roles = BTreeMap::new();
        for role in ROLES {
            roles.insert(role.to_owned(), random_token()?);
        }
        Ok(Self {
            postgres: random_token()?,
            roles,
            signing: SigningKeys::generate()?,
            storage_token: random_token()?,
        })
    }
}

fn path(state: &Path) -> PathBuf {
    state.join("secrets.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path();
        assert!(Secrets::of_installation(state).is_err());
        let first = Secrets::load_or_create(state).unwrap();
        let second = Secrets::load_or_create(state).unwrap();
        assert_eq!(first.postgres, second.postgres);
        assert_eq!(first.signing, second.signing);
        for role in ROLES {
            assert_ne!(first.password(role).unwrap(), first.postgres);
        }
    }
}
