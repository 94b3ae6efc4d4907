//! NOTICE, and the licences of everything that is linked into the program and the components.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::process::{cargo, output, root};

/// Of data in the program; each tells of what lies in its folder.
const OF_DATA: [&str; 2] = [
    "worker/voice/weights/NOTICE",
    "shared/pronunciation/lexicon/NOTICE",
];
/// How the names of files begin that hold terms.
const TERMS: [&str; 6] = [
    "LICENSE",
    "LICENCE",
    "COPYING",
    "COPYRIGHT",
    "NOTICE",
    "UNLICENSE",
];

/// A crate from elsewhere.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Crate {
    name: String,
    version: String,
    licence: String,
}

impl Crate {
    /// As its folder is named.
    fn full(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }
}

pub(super) fn put(manifest: &Path, folder: &Path) -> Result<()> {
    fs::write(folder.join("NOTICE"), notice()?)?;
    let mut crates = linked(&["--package", "kiskadee"])?;
    let packages = component_packages(&read(manifest)?);
    let components = packages.iter().flat_map(|name| ["--package", name]);
    let target = ["--target", "wasm32-wasip2"].into_iter();
    crates.extend(linked(&components.chain(target).collect::<Vec<_>>())?);
    ensure!(!crates.is_empty(), "nothing is linked");
    fs::write(
        folder.join("THIRD-PARTY.txt"),
        third_party(&crates, &sources()),
    )?;
    Ok(())
}

/// Our own notice, and those of the data.
fn notice() -> Result<String> {
    let own = read(&root().join("NOTICE"))?;
    let mut parts = vec![own.trim_end().to_owned()];
    for file in OF_DATA {
        let text = read(&root().join(file))?;
        parts.push(format!("== {file}\n\n{}", text.trim_end()));
    }
    Ok(parts.join("\n\n") + "\n")
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The packages that the manifest's build commands name.
fn component_packages(manifest: &str) -> Vec<String> {
    let commands = manifest.split("--package ").skip(1);
    let name = |rest: &str| rest.split([' ', '"']).next().unwrap_or_default().to_owned();
    commands.map(name).collect()
}

fn linked(selection: &[&str]) -> Result<BTreeSet<Crate>> {
    let tree = output(
        cargo()
            .args([
                "tree", "--locked", "--prefix", "none", "--format", "{p}|{l}",
            ])
            .args(["--edges", "normal,no-proc-macro"])
            .args(selection),
    )?;
    Ok(tree.lines().filter_map(parse).collect())
}

/// A line such as `serde v1.0.0|MIT OR Apache-2.0`. What has a path is our own.
fn parse(line: &str) -> Option<Crate> {
    let (package, licence) = line.split_once('|')?;
    let (name, version) = package.split_once(" v")?;
    if version.contains('(') {
        return None;
    }
    let licence = licence.trim_end_matches(" (*)").to_owned();
    Some(Crate {
        name: name.to_owned(),
        version: version.to_owned(),
        licence,
    })
}

/// The list, then every text once, with the names of those that it came with.
fn third_party(crates: &BTreeSet<Crate>, sources: &[PathBuf]) -> String {
    let list = crates
        .iter()
        .map(|one| format!("{}: {}\n", one.full(), one.licence));
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for name in crates.iter().map(Crate::full) {
        for text in sources.iter().flat_map(|folder| terms(&folder.join(&name))) {
            texts.entry(text).or_default().insert(name.clone());
        }
    }
    let rule = "=".repeat(78);
    let texts = texts.into_iter().map(|(text, names)| {
        let names: Vec<String> = names.into_iter().collect();
        format!("\n{rule}\n{}\n\n{text}\n", names.join(", "))
    });
    let title = "Kiskadee contains these crates, under their licences:\n\n".to_owned();
    std::iter::once(title).chain(list).chain(texts).collect()
}

/// The texts in a crate's folder, without what differs only in white space.
fn terms(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .filter(|entry| {
            let name = entry.file_name().to_string_lossy().to_uppercase();
            TERMS.iter().any(|begin| name.starts_with(begin))
        })
        .map(|entry| entry.path())
        .collect();
    files.sort();
    let texts = files
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok());
    texts
        .map(|text| {
            let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
            lines.join("\n").trim_matches('\n').to_owned()
        })
        .collect()
}

/// Where cargo unpacked the crates: a folder for each registry.
fn sources() -> Vec<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let registries = home.map(|home| home.join("registry/src"));
    let folders = registries.into_iter().flat_map(fs::read_dir).flatten();
    let mut folders: Vec<PathBuf> = folders.flatten().map(|entry| entry.path()).collect();
    folders.sort();
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_linked_is_told_by_cargo() {
        let other = parse("serde v1.0.2|MIT OR Apache-2.0 (*)").unwrap();
        assert_eq!(
            (other.name.as_str(), other.version.as_str()),
            ("serde", "1.0.2")
        );
        assert_eq!(other.licence, "MIT OR Apache-2.0");
        assert_eq!(parse("kiskadee-text v0.1.0 (/somewhere)|Apache-2.0"), None);
    }

    #[test]
    fn a_text_stands_once() {
        let place = std::env::temp_dir().join(format!("kiskadee-terms-{}", std::process::id()));
        for (name, text) in [
            ("a-1", "Free.\n"),
            ("b-2", "Free.  \n"),
            ("c-3", "Freer.\n"),
        ] {
            fs::create_dir_all(place.join(name)).unwrap();
            fs::write(place.join(name).join("license-MIT"), text).unwrap();
        }
        let crates = ["a v1|MIT", "b v2|MIT", "c v3|0BSD"]
            .iter()
            .filter_map(|line| parse(line));
        let told = third_party(&crates.collect(), std::slice::from_ref(&place));
        fs::remove_dir_all(&place).unwrap();
        assert_eq!(told.matches("Free.").count(), 1);
        assert!(
            told.contains("\na-1, b-2\n") && told.contains("c-3: 0BSD\n"),
            "{told}"
        );
    }

    #[test]
    fn components_are_named_by_the_manifest() {
        let manifest = "command = \"cargo build --package one\"\ncommand = \"x --package two --y\"";
        assert_eq!(component_packages(manifest), ["one", "two"]);
    }
}
