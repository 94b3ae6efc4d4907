//! A folder that is made beside its place and renamed into it: a reader never sees half of one, and what a killed run left is
//! taken away by the next.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{CheckpointError, Result};

pub(super) struct Staging {
    path: PathBuf,
    target: PathBuf,
    /// The folder around both. Its lock lets one import write in it at a time, and ends with the process.
    around: File,
    published: bool,
}

impl Staging {
    pub(super) fn begin(target: &Path) -> Result<Self> {
        let failed = |error: io::Error| CheckpointError::file(target, error);
        let name = target.file_name().and_then(|name| name.to_str());
        let name =
            name.ok_or_else(|| CheckpointError::file(target, "is no name for a model's folder"))?;
        let parent = target.parent().filter(|parent| *parent != Path::new(""));
        let parent = parent.unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(failed)?;
        let around = locked(parent)?;
        let staging = Self {
            path: parent.join(format!(".{name}.importing")),
            target: target.to_owned(),
            around,
            published: false,
        };
        staging.clear_leftovers().map_err(failed)?;
        fs::create_dir(&staging.path).map_err(failed)?;
        Ok(staging)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the folder in its place, instead of what is there.
    pub(super) fn publish(mut self) -> Result<PathBuf> {
        let failed = |error: io::Error| CheckpointError::file(&self.target, error);
        let replaced = self.replaced();
        sync_folder(&self.path).map_err(failed)?;
        if self.target.exists() {
            fs::rename(&self.target, &replaced).map_err(failed)?;
        }
        fs::rename(&self.path, &self.target).map_err(failed)?;
        self.around.sync_all().map_err(failed)?;
        remove(&replaced).map_err(failed)?;
        self.published = true;
        Ok(self.target.clone())
    }

    /// Where the old model waits until the new one is in its place.
    fn replaced(&self) -> PathBuf {
        self.path.with_extension("replaced")
    }

    fn clear_leftovers(&self) -> io::Result<()> {
        remove(&self.path)?;
        let replaced = self.replaced();
        if replaced.exists() && !self.target.exists() {
            // Killed between the two renames.
            return fs::rename(&replaced, &self.target);
        }
        remove(&replaced)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.published {
            // The next import tries again.
            let _ = remove(&self.path);
        }
    }
}

fn locked(parent: &Path) -> Result<File> {
    let around = File::open(parent).map_err(|error| CheckpointError::file(parent, error))?;
    match around.try_lock() {
        Ok(()) => Ok(around),
        Err(TryLockError::WouldBlock) => Err(CheckpointError::file(
            parent,
            "another import writes here: wait for its end",
        )),
        Err(TryLockError::Error(error)) => Err(CheckpointError::file(parent, error)),
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_replaces_another_and_nothing_is_left() {
        let around = tempfile::tempdir().unwrap();
        let target = around.path().join("models/xtts");
        for content in ["first", "second"] {
            let staging = Staging::begin(&target).unwrap();
            fs::write(staging.path().join("model.json"), content).unwrap();
            let busy = Staging::begin(&target).err().unwrap().to_string();
            assert!(busy.contains("another import"), "{busy}");
            staging.publish().unwrap();
            assert_eq!(
                fs::read_to_string(target.join("model.json")).unwrap(),
                content
            );
            assert_eq!(listed(&around.path().join("models")), ["xtts"]);
        }
        drop(Staging::begin(&target).unwrap());
        assert_eq!(listed(&around.path().join("models")), ["xtts"]);
    }

    #[test]
    fn what_a_killed_run_left_is_put_right() {
        let around = tempfile::tempdir().unwrap();
        fs::create_dir_all(around.path().join(".xtts.importing/half")).unwrap();
        fs::create_dir_all(around.path().join(".xtts.replaced/old")).unwrap();
        drop(Staging::begin(&around.path().join("xtts")).unwrap());
        assert_eq!(listed(around.path()), ["xtts"]);
        assert_eq!(listed(&around.path().join("xtts")), ["old"]);
    }
}
