//! The secrets of an embedded installation: made at its first start, kept in the state directory, read by nobody else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::private_file;
use crate::random::random_token;
use crate::roles::Roles;
use crate::signing::SigningKeys;

#[derive(Serialize, Deserialize)]
pub(crate) struct Secrets {
    /// Of Postgres' superuser, whom only this program uses.
    pub(crate) postgres: String,
    /// Of the login role of each group role. Roles of which nothing is known here stay: a newer version made them.
    pub(crate) roles: BTreeMap<String, String>,
    pub(crate) signing: SigningKeys,
    /// What the edge shows to the storage gateway.
    pub(crate) storage_token: String,
}

impl Secrets {
    /// Those of the state directory, with a password for each role. An installation of an older version lacks those of
    /// components that came later; they are made now, and all else stays as it is.
    pub(crate) fn load_or_create(state: &Path, roles: &Roles) -> Result<Self> {
        let found = Self::load(state)?;
        let is_new = found.is_none();
        let mut secrets = found.map_or_else(Self::generate, Ok)?;
        if secrets.add_missing(roles)? || is_new {
            secrets.save(state)?;
        }
        Ok(secrets)
    }

    /// Returns whether any was missing.
    fn add_missing(&mut self, roles: &Roles) -> Result<bool> {
        let before = self.roles.len();
        for role in roles.names() {
            if !self.roles.contains_key(role) {
                self.roles.insert(role.to_owned(), random_token()?);
            }
        }
        Ok(self.roles.len() > before)
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
        Ok(Self {
            postgres: random_token()?,
            roles: BTreeMap::new(),
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
    use crate::roles;

    /// As a version wrote it that had three components; the values are made up.
    const OLDER: &str = include_str!("../tests/state/secrets_of_three_components.json");

    fn roles() -> Roles {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spin.toml");
        Roles::of_manifest(&manifest).unwrap()
    }

    #[test]
    fn secrets_are_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path();
        assert!(Secrets::of_installation(state).is_err());
        let first = Secrets::load_or_create(state, &roles()).unwrap();
        let second = Secrets::load_or_create(state, &roles()).unwrap();
        assert_eq!(first.postgres, second.postgres);
        assert_eq!(first.signing, second.signing);
        assert_eq!(first.roles, second.roles);
        for role in roles().names() {
            assert_ne!(first.password(role).unwrap(), first.postgres);
        }
    }

    #[test]
    fn an_older_installation_keeps_its_secrets_and_gets_those_of_new_roles() {
        let folder = tempfile::tempdir().unwrap();
        private_file::write_text(&path(folder.path()), OLDER).unwrap();
        let mut wanted = roles();
        wanted.components.push(roles::ComponentRole {
            role: "kiskadee_newcomer".to_owned(),
            variable: "newcomer_database_url".to_owned(),
        });
        let secrets = Secrets::load_or_create(folder.path(), &wanted).unwrap();
        let older: serde_json::Value = serde_json::from_str(OLDER).unwrap();
        let now = serde_json::to_value(&secrets).unwrap();
        for name in ["postgres", "signing", "storage_token"] {
            assert_eq!(now[name], older[name], "{name}");
        }
        for (role, password) in older["roles"].as_object().unwrap() {
            assert_eq!(now["roles"][role], *password, "{role}");
        }
        for role in wanted.names() {
            assert!(!secrets.password(role).unwrap().is_empty(), "{role}");
        }
        let again = Secrets::of_installation(folder.path()).unwrap();
        assert_eq!(again.roles, secrets.roles, "what was made is kept");
    }
}
