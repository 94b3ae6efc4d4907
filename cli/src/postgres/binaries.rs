//! Finds the machine's Postgres programs. Debian keeps each version in a folder of its own, off the PATH.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

const DEBIAN: &str = "/usr/lib/postgresql";
/// The oldest version with everything that the schema uses.
const OLDEST: u32 = 15;

#[derive(Debug, Clone)]
pub(crate) struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    /// `chosen` wins; then the version that made the data directory; then the newest.
    pub(crate) fn find(chosen: Option<&Path>, data: &Path) -> Result<Self> {
        if let Some(folder) = chosen {
            return Self::at(folder);
        }
        let versions = installed(Path::new(DEBIAN));
        if let Some(version) = version_of(data) {
            return match versions.iter().find(|(found, _)| *found == version) {
                Some((_, folder)) => Self::at(folder),
                None => on_path().map_or_else(
                    || {
                        bail!(
                            "{} needs Postgres {version}: apt-get install postgresql-{version}",
                            data.display()
                        )
                    },
                    |folder| Self::at(&folder),
                ),
            };
        }
        match versions
            .last()
            .map(|(_, folder)| folder.clone())
            .or_else(on_path)
        {
            Some(folder) => Self::at(&folder),
            None => bail!(
                "no Postgres {OLDEST} or newer on this machine: apt-get install postgresql, or name its folder with --postgres-bin"
            ),
        }
    }

    fn at(folder: &Path) -> Result<Self> {
        if !folder.join("initdb").is_file() || !folder.join("postgres").is_file() {
            bail!(
                "{} holds no Postgres server (initdb and postgres)",
                folder.display()
            );
        }
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    pub(crate) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    pub(crate) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }
}

/// Whether there is a server that is new enough, or one on the PATH.
pub(crate) fn is_installed() -> bool {
    !installed(Path::new(DEBIAN)).is_empty() || on_path().is_some()
}

/// Versions under `root` that are new enough, oldest first.
fn installed(root: &Path) -> Vec<(u32, PathBuf)> {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse().ok()?,
                entry.path().join("bin"),
            ))
        })
        .filter(|(version, folder)| *version >= OLDEST && folder.join("initdb").is_file())
        .collect();
    versions.sort();
    versions
}

fn version_of(data: &Path) -> Option<u32> {
    std::fs::read_to_string(data.join("PG_VERSION"))
        .ok()?
        .trim()
        .parse()
        .ok()
}

fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).find(|folder| folder.join("initdb").is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_comes_last_and_old_ones_are_left_out() {
        let root = tempfile::tempdir().unwrap();
        for version in ["9.6", "14", "15", "17"] {
            let folder = root.path().join(version).join("bin");
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("initdb"), "").unwrap();
        }
        let found: Vec<u32> = installed(root.path())
            .into_iter()
            .map(|(version, _)| version)
            .collect();
        assert_eq!(found, [15, 17]);
    }
}
