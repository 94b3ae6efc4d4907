//! Where a worker's files lie for the time of a job: a folder of its own below the configured directory.
//!
//! A process that is killed leaves its folder behind; the next one to start in the same directory removes it. The lock on the
//! folder says whether its owner lives: the kernel lets it go with the process, however that ends.

use std::{
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

use tempfile::TempDir;

const PREFIX: &str = "kiskadee-worker-";
/// Another start may sweep a folder between its creation and its lock; more often than this it cannot be chance.
const ATTEMPTS: u32 = 10;

/// Closed to other users; removed when it is dropped.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
    /// Held until the process ends.
    _lock: File,
}

impl Scratch {
    /// Removes what dead processes left in `directory`, and makes a folder there for this one.
    pub fn claim(directory: &Path) -> io::Result<Self> {
        sweep(directory)?;
        for _ in 0..ATTEMPTS {
            if let Some(scratch) = Self::make(directory)? {
                return Ok(scratch);
            }
        }
        Err(io::Error::other(
            "the new folder is removed again and again",
        ))
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// None when a sweep was faster.
    fn make(directory: &Path) -> io::Result<Option<Self>> {
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir_in(directory)?;
        let Some(lock) = locked(folder.path())? else {
            return Ok(None);
        };
        let is_same = fs::metadata(folder.path()).is_ok_and(|found| {
            lock.metadata()
                .is_ok_and(|held| (held.dev(), held.ino()) == (found.dev(), found.ino()))
        });
        Ok(is_same.then_some(Self {
            folder,
            _lock: lock,
        }))
    }
}

/// The lock on a folder, unless another process has it or the folder is gone.
fn locked(folder: &Path) -> io::Result<Option<File>> {
    let file = match File::open(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// What cannot be removed (it may be another user's) stays, and keeps nobody from starting.
fn sweep(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)?.flatten() {
        let is_ours = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(PREFIX));
        if !is_ours || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let folder = entry.path();
        let Ok(Some(_lock)) = locked(&folder) else {
            continue;
        };
        match fs::remove_dir_all(&folder) {
            Ok(()) => tracing::info!(folder = %folder.display(), "removed what a dead worker left"),
            Err(error) => {
                tracing::warn!(folder = %folder.display(), %error, "cannot remove what a dead worker left");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn what_the_dead_left_is_removed_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let dead = directory.path().join(format!("{PREFIX}dead"));
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join("audio-1"), "RIFF").unwrap();
        let foreign = directory.path().join("audio-2");
        fs::write(&foreign, "not ours").unwrap();

        let first = Scratch::claim(directory.path()).unwrap();
        let mode = fs::metadata(first.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert!(!dead.exists() && foreign.exists());
        fs::write(first.path().join("audio-3"), "RIFF").unwrap();

        let second = Scratch::claim(directory.path()).unwrap();
        assert!(first.path().join("audio-3").exists(), "its owner lives");
        drop((first, second));
        assert_eq!(entries(directory.path()), 1, "only the foreign file");
    }

    #[test]
    fn many_starts_at_once_disturb_nobody() {
        let directory = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| Scratch::claim(directory.path()).unwrap()))
                .collect();
            let living: Vec<Scratch> = starts
                .into_iter()
                .map(|start| start.join().unwrap())
                .collect();
            assert!(living.iter().all(|scratch| scratch.path().is_dir()));
            assert_eq!(entries(directory.path()), 8);
        });
    }

    #[test]
    fn a_directory_that_is_not_there_is_an_error() {
        assert!(Scratch::claim(Path::new("/no/such/directory")).is_err());
    }
}
