//! What writers that were killed left behind in a local directory.
//!
//! A file is written beside its place, as `name#1`, and renamed when it is whole; lists pass over such names. A bucket keeps
//! the parts of unfinished uploads out of sight, where only a rule of its own (its life cycle) removes them.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// Removes unfinished files below a directory that nobody has written to for `grace`. What cannot be removed now is left to
/// the next time.
pub(super) fn remove(directory: &Path, grace: Duration) -> u64 {
    let now = SystemTime::now();
    let stale = files(directory).into_iter().filter(|file| {
        is_unfinished(file)
            && modified(file).is_some_and(|at| now.duration_since(at).unwrap_or_default() >= grace)
    });
    stale
        .filter(|file| fs::remove_file(file).is_ok())
        .count()
        .try_into()
        .unwrap_or(u64::MAX)
}

fn files(root: &Path) -> Vec<PathBuf> {
    let (mut found, mut directories) = (Vec::new(), vec![root.to_owned()]);
    while let Some(directory) = directories.pop() {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        for entry in entries {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => directories.push(entry.path()),
                Ok(kind) if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found
}

fn is_unfinished(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str());
    let suffix = name.and_then(|name| name.rsplit_once('#'));
    suffix.is_some_and(|(_, number)| {
        !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())
    })
}

fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).ok()?.modified().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_unfinished_files_go() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        for name in ["whole", "half#1", "half#12", "odd#x", "odd#"] {
            fs::write(inner.join(name), "x").unwrap();
        }
        assert_eq!(remove(root.path(), Duration::from_hours(1)), 0);
        assert_eq!(remove(root.path(), Duration::ZERO), 2);
        assert_eq!(files(root.path()).len(), 3);
    }
}
