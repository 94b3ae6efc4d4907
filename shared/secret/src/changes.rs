//! Whether files have changed.

use std::{fs, os::unix::fs::MetadataExt as _, path::Path, time::SystemTime};

use crate::SecretSource;

/// By which a changed file is known, also one that a symbolic link now leads to, as in a volume of Kubernetes. `None` where there is none.
type Stamp = Option<(SystemTime, u64, u64)>;

/// Tells of changes of the files of some secrets, once each, when they have stood still from one look to the next: two that belong
/// together are taken together.
#[derive(Debug, Clone)]
pub struct Changes {
    sources: Vec<SecretSource>,
    taken: Vec<Stamp>,
    last: Vec<Stamp>,
}

impl Changes {
    /// From here on; made before the secrets are read, it misses nothing.
    pub fn of(sources: impl IntoIterator<Item = SecretSource>) -> Self {
        let files = sources.into_iter().filter(|source| source.path().is_some());
        let mut changes = Self {
            sources: files.collect(),
            taken: Vec::new(),
            last: Vec::new(),
        };
        changes.taken = changes.stamps();
        changes.last.clone_from(&changes.taken);
        changes
    }

    /// Whether there is nothing that could change.
    pub fn are_impossible(&self) -> bool {
        self.sources.is_empty()
    }

    /// Looks; cheap, but for a disk that does not answer.
    pub fn look(&mut self) -> bool {
        let now = self.stamps();
        let is_still = now == self.last;
        self.last = now;
        let is_new = is_still && self.last != self.taken;
        if is_new {
            self.taken.clone_from(&self.last);
        }
        is_new
    }

    fn stamps(&self) -> Vec<Stamp> {
        let paths = self.sources.iter().filter_map(SecretSource::path);
        paths.map(stamp).collect()
    }
}

fn stamp(path: &Path) -> Stamp {
    let file = fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.ino(), file.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_once_and_when_it_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("one"), "1").unwrap();
        fs::write(path("two"), "2").unwrap();
        let sources = ["one", "two"].map(|name| SecretSource::file(name, path(name)));
        let mut changes = Changes::of(sources);
        assert!(!changes.are_impossible() && !changes.look());
        fs::write(path("one"), "more").unwrap();
        assert!(!changes.look(), "it may go on");
        fs::write(path("two"), "more").unwrap();
        assert!(!changes.look(), "it went on");
        assert!(changes.look());
        assert!(!changes.look());
        fs::remove_file(path("two")).unwrap();
        assert!(!changes.look() && changes.look());
    }

    #[test]
    fn another_target_of_a_link_is_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["old", "new"] {
            fs::write(path(name), "same").unwrap();
        }
        std::os::unix::fs::symlink(path("old"), path("link")).unwrap();
        let mut changes = Changes::of([SecretSource::file("LINK", path("link"))]);
        std::os::unix::fs::symlink(path("new"), path("next")).unwrap();
        fs::rename(path("next"), path("link")).unwrap();
        assert!(!changes.look() && changes.look());
    }

    #[test]
    fn values_do_not_change() {
        assert!(Changes::of([SecretSource::value("KEY", "v")]).are_impossible());
    }
}
