//! What the manifests say: `spin.toml` is the only list of the product's components, and `tests/NAME/spin.toml` of those that exist
//! for tests alone, which nothing ships.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use toml::Table;

use crate::process::root;

pub(crate) fn path() -> PathBuf {
    root().join("spin.toml")
}

/// The Cargo packages of the product's components, as the manifest's build commands name them.
pub(crate) fn component_packages() -> Result<Vec<String>> {
    packages_of(&path())
}

/// The same, and behind them those of components that only tests run.
pub(crate) fn all_component_packages() -> Result<Vec<String>> {
    let mut found = component_packages()?;
    for manifest in manifests_below(&root().join("tests"))? {
        found.extend(packages_of(&manifest)?);
    }
    Ok(found)
}

/// The manifests in the folders of a folder.
fn manifests_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut manifests = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        manifests.push(entry?.path().join("spin.toml"));
    }
    manifests.retain(|manifest| manifest.is_file());
    // The same order on every machine.
    manifests.sort();
    Ok(manifests)
}

fn packages_of(manifest: &Path) -> Result<Vec<String>> {
    let name = manifest.display();
    let text = fs::read_to_string(manifest).with_context(|| format!("cannot read {name}"))?;
    let table = text
        .parse()
        .with_context(|| format!("{name} is not TOML"))?;
    packages(&table).with_context(|| name.to_string())
}

fn packages(manifest: &Table) -> Result<Vec<String>> {
    let components = manifest.get("component").and_then(toml::Value::as_table);
    let components = components.context("there are no components")?;
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
    fn a_manifest_counts_where_a_folder_has_one() {
        let found = |folder| manifests_below(&root().join(folder)).unwrap();
        let probe = root().join("edge/host/tests/probe/spin.toml");
        assert_eq!(found("edge/host/tests"), [probe]);
        assert!(found("edge/host").is_empty());
    }

    #[test]
    fn a_component_without_a_package_is_an_error() {
        let manifest = "[component.x.build]\ncommand = \"make x\"".parse().unwrap();
        let error = packages(&manifest).unwrap_err();
        assert!(error.to_string().contains("`x`"), "{error}");
    }
}
