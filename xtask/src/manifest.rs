//! What `spin.toml` says: the only list of components.

use std::path::PathBuf;

use anyhow::{Context, Result};
use toml::Table;

use crate::process::root;

pub(crate) fn path() -> PathBuf {
    root().join("spin.toml")
}

/// The Cargo packages of the components, as the manifest's build commands name them.
pub(crate) fn component_packages() -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path()).context("cannot read spin.toml")?;
    packages(&text.parse().context("spin.toml is not TOML")?)
}

fn packages(manifest: &Table) -> Result<Vec<String>> {
    let components = manifest.get("component").and_then(toml::Value::as_table);
    let components = components.context("spin.toml has no components")?;
    components
        .iter()
        .map(|(name, component)| {
            let command = component
                .get("build")
                .and_then(|build| build.get("command"));
            command
                .and_then(toml::Value::as_str)
                .and_then(package)
                .with_context(|| format!("the build command of `{name}` names no `--package`"))
        })
        .collect()
}

fn package(command: &str) -> Option<String> {
    let mut words = command.split_whitespace();
    words.find(|word| *word == "--package")?;
    words.next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_component_of_the_manifest_has_a_package() {
        let found = component_packages().unwrap();
        assert!(found.contains(&"kiskadee-accounts".to_owned()), "{found:?}");
    }

    #[test]
    fn a_component_without_a_package_is_an_error() {
        let manifest = "[component.x.build]\ncommand = \"make x\"".parse().unwrap();
        let error = packages(&manifest).unwrap_err();
        assert!(error.to_string().contains("`x`"), "{error}");
    }
}
