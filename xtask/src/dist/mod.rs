//! `cargo xtask dist`: an archive from which `kiskadee up` runs on a machine that has neither Rust nor this repository.

mod archive;
mod edge;
mod notices;
mod program;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use self::archive::Archive;
use crate::build;
use crate::process::{root, target};

/// What `kiskadee --version` says, too: all packages of the workspace bear the same version.
const VERSION: &str = env!("CARGO_PKG_VERSION");
const README: &str = include_str!("../../dist/README.md");

pub(crate) fn run() -> Result<()> {
    build::build_all()?;
    let name = format!("kiskadee-{VERSION}-{}-linux", std::env::consts::ARCH);
    let archive = Archive::begin(&target().join("dist"), &name)?;
    let folder = archive.folder();
    let lines = Archive::begin(&target().join("dist"), &format!("{name}-debug"))?;
    let program = program::put(&build::kiskadee(), folder, lines.folder())?;
    edge::put(&root().join("spin.toml"), &build::components(), folder)?;
    notices::put(&root().join("spin.toml"), folder)?;
    copy(&root().join("LICENSE"), &folder.join("LICENSE"))?;
    fs::write(folder.join("README.md"), readme(&name, &program.glibc))?;
    let packed = archive.pack()?;
    let lines = lines.pack()?;
    println!("{} ({} MB)", lines.display(), megabytes(&lines)?);
    println!(
        "{} ({} MB; the program in it {} MB, glibc {} or newer)",
        packed.display(),
        megabytes(&packed)?,
        megabytes(&folder.join("kiskadee"))?,
        program.glibc
    );
    Ok(())
}

fn readme(name: &str, glibc: &str) -> String {
    README
        .replace("{name}", name)
        .replace("{version}", VERSION)
        .replace("{glibc}", glibc)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    Ok(())
}

fn megabytes(file: &Path) -> Result<u64> {
    Ok(fs::metadata(file)?.len().div_ceil(1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_has_no_gaps() {
        let text = readme("kiskadee-1", "2.36");
        assert!(
            text.contains("kiskadee-1.tar.gz") && text.contains("2.36"),
            "{text}"
        );
        assert!(!text.contains('{') && !text.contains('}'), "{text}");
    }
}
