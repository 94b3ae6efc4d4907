//! The components and their manifest, as they lie in an archive.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::copy;

/// Where `kiskadee` looks for components beside itself.
const FOLDER: &str = "components";

pub(super) fn put(manifest: &Path, built: &Path, folder: &Path) -> Result<()> {
    let text = fs::read_to_string(manifest)
        .with_context(|| format!("cannot read {}", manifest.display()))?;
    let (text, files) = shipped(&text);
    ensure!(
        !files.is_empty(),
        "{} names no components",
        manifest.display()
    );
    let components = folder.join(FOLDER);
    fs::create_dir(&components)?;
    for file in files {
        copy(&built.join(&file), &components.join(&file))?;
    }
    fs::write(folder.join("spin.toml"), text)?;
    Ok(())
}

/// The manifest with the files beside it and without the commands that build them; and the names of those files.
fn shipped(manifest: &str) -> (String, Vec<String>) {
    let (mut lines, mut files) = (Vec::new(), Vec::new());
    let mut builds = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            builds = line.trim_end().ends_with(".build]");
        }
        if builds {
            continue;
        }
        if let Some(file) = source(line) {
            lines.push(format!("source = \"{FOLDER}/{file}\""));
            files.push(file.to_owned());
        } else {
            lines.push(line.to_owned());
        }
    }
    (lines.join("\n") + "\n", files)
}

/// The name of the file that a component's line `source = "folder/file.wasm"` tells.
fn source(line: &str) -> Option<&str> {
    let path = line.strip_prefix("source = \"")?.strip_suffix('"')?;
    path.rsplit('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_lie_beside_the_manifest_and_nothing_is_built() {
        let manifest = "[component.a]\nsource = \"target/x/a.wasm\"\n\n[component.a.build]\ncommand = \"make\"\n\n\
            [component.b]\nsource = \"target/x/b.wasm\"\n";
        let (text, files) = shipped(manifest);
        assert_eq!(files, ["a.wasm", "b.wasm"]);
        assert_eq!(
            text,
            "[component.a]\nsource = \"components/a.wasm\"\n\n[component.b]\nsource = \"components/b.wasm\"\n"
        );
    }

    #[test]
    fn the_manifest_of_the_product_is_understood() {
        let manifest = fs::read_to_string(crate::process::root().join("spin.toml")).unwrap();
        let (text, files) = shipped(&manifest);
        assert_eq!(files.len(), manifest.matches(".wasm\"").count());
        assert!(
            !text.contains("target/") && !text.contains("cargo"),
            "{text}"
        );
    }
}
