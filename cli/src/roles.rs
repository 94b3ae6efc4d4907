//! The roles of the database that the parts of an installation log in as: one for each component of `spin.toml` that has a
//! database, one for the edge's host and one for workers.

use std::path::Path;

use anyhow::{Result, bail};

pub(crate) const EDGE_HOST: &str = "kiskadee_edge_host";
pub(crate) const WORKER: &str = "kiskadee_worker";

/// The role of a component, and the variable of `spin.toml` that takes its address of the database.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ComponentRole {
    pub(crate) role: String,
    pub(crate) variable: String,
}

/// Every role that an installation needs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Roles {
    pub(crate) components: Vec<ComponentRole>,
}

impl Roles {
    pub(crate) fn of_manifest(manifest: &Path) -> Result<Self> {
        let mut components = Vec::new();
        for component in kiskadee_edge_host::components(manifest)? {
            if let Some(variable) = component.database_variable {
                components.push(ComponentRole::of(variable)?);
            }
        }
        Ok(Self { components })
    }

    /// The names of all of them.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let of_components = self.components.iter().map(|component| &*component.role);
        of_components.chain([EDGE_HOST, WORKER])
    }
}

impl ComponentRole {
    /// The name becomes part of statements that cannot have parameters, so it is held to letters, digits and underscores.
    fn of(variable: String) -> Result<Self> {
        let is_plain = |name: &&str| {
            name.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        };
        match variable.strip_suffix("_database_url").filter(is_plain) {
            Some(name) => Ok(Self {
                role: format!("kiskadee_{name}"),
                variable,
            }),
            None => bail!(
                "the variable `{variable}` of a component's database has no name like `speech_database_url`"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roles_follow_from_the_manifest() {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spin.toml");
        let roles = Roles::of_manifest(&manifest).unwrap();
        let names: Vec<_> = roles.names().collect();
        for name in ["kiskadee_accounts", "kiskadee_speech", EDGE_HOST, WORKER] {
            assert!(names.contains(&name), "{name} is not among {names:?}");
        }
    }

    #[test]
    fn a_name_that_is_no_identifier_is_refused() {
        assert!(ComponentRole::of("a\"b_database_url".to_owned()).is_err());
        assert!(ComponentRole::of("database".to_owned()).is_err());
    }
}
