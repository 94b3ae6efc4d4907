//! A directory of this process's own for files that live no longer than a job. What a process leaves behind that is killed
//! is removed by the next one that starts.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

const PREFIX: &str = "kiskadee-worker-";
const LOCK: &str = "lock";

/// Gone with all it holds when this is dropped.
#[derive(Debug)]
pub(crate) struct Scratch {
    /// Held as long as the process lives, however it ends.
    _lock: File,
    dir: TempDir,
}

impl Scratch {
    /// Makes a directory in `parent`, and removes those whose processes have died.
    pub(crate) fn claim(parent: &Path) -> io::Result<Self> {
        for abandoned in neighbours(parent)?.filter(|dir| is_abandoned(dir)) {
            tracing::info!(dir = %abandoned.display(), "removing what a worker left behind");
            // Another worker that starts may do the same.
            let _ = fs::remove_dir_all(abandoned);
        }
        let dir = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
        let lock = File::create(dir.path().join(LOCK))?;
        lock.lock()?;
        Ok(Self { _lock: lock, dir })
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }
}

fn neighbours(parent: &Path) -> io::Result<impl Iterator<Item = PathBuf>> {
    let entries = fs::read_dir(parent)?.filter_map(Result::ok);
    let ours = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
    Ok(ours.map(|entry| entry.path()))
}

/// A directory without its lock is just being made, or is none of ours.
fn is_abandoned(dir: &Path) -> bool {
    let lock = File::open(dir.join(LOCK)).map(|lock| lock.try_lock());
    !matches!(
        lock,
        Err(_) | Ok(Err(TryLockError::WouldBlock | TryLockError::Error(_)))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_holds_is_removed() {
        let parent = tempfile::tempdir().unwrap();
        let living = Scratch::claim(parent.path()).unwrap();
        let dead = parent.path().join("kiskadee-worker-dead");
        let strange = parent.path().join("kiskadee-worker-strange");
        for dir in [&dead, &strange] {
            fs::create_dir(dir).unwrap();
            fs::write(dir.join("audio-1"), "half a file").unwrap();
        }
        fs::write(dead.join(LOCK), "").unwrap();
        let second = Scratch::claim(parent.path()).unwrap();
        assert!(living.path().exists() && second.path().exists() && strange.exists());
        assert!(!dead.exists());
        drop(second);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 2);
    }
}
