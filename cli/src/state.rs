//! The state directory: everything that an installation keeps, and the lock that gives it to one process at a time.

use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

pub(crate) struct StateDirectory {
    path: PathBuf,
    /// Held until the process ends, however it ends.
    _lock: File,
}

impl StateDirectory {
    /// Creates the directory if need be and takes its lock.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        fs::create_dir_all(path).with_context(|| format!("cannot create {}", path.display()))?;
        let path = path
            .canonicalize()
            .with_context(|| format!("cannot open {}", path.display()))?;
        // Root's Postgres runs as another user, who must pass through; nobody may list.
        let mode = if nix::unistd::geteuid().is_root() {
            0o711
        } else {
            0o700
        };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))
            .with_context(|| format!("{} belongs to another user", path.display()))?;
        let lock = lock(&path)?;
        for folder in ["logs", "storage"] {
            fs::create_dir_all(path.join(folder))?;
            fs::set_permissions(path.join(folder), fs::Permissions::from_mode(0o700))?;
        }
        Ok(Self { path, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.path.join("logs").join(name)
    }
}

/// Where an installed `kiskadee` keeps its state.
pub(crate) fn default_path() -> PathBuf {
    let data = std::env::var_os("XDG_DATA_HOME")
        .filter(|value| !value.is_empty())
        .map(PathBuf::from);
    let home = || {
        PathBuf::from(std::env::var_os("HOME").unwrap_or_else(|| "/var/lib".into()))
            .join(".local/share")
    };
    data.unwrap_or_else(home).join("kiskadee")
}

fn lock(state: &Path) -> Result<File> {
    let path = state.join("lock");
    let mut file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .with_context(|| format!("cannot open {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            file.read_to_string(&mut holder)?;
            bail!(
                "another kiskadee (process {}) runs on {}: stop it, or choose another --state-dir",
                holder.trim(),
                state.display()
            );
        }
        Err(TryLockError::Error(error)) => {
            return Err(error).context("cannot lock the state directory");
        }
    }
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let first = StateDirectory::open(path).unwrap();
        let refused = StateDirectory::open(path).err().unwrap().to_string();
        assert!(
            refused.contains(&std::process::id().to_string()),
            "{refused}"
        );
        drop(first);
        // A child that another test has just forked holds a copy of the lock until it runs its program.
        let mut tries = 0..1000;
        while let Err(error) = StateDirectory::open(path) {
            assert!(tries.next().is_some(), "{error}");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}
