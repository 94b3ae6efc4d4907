//! The state directory of a system under test.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use tempfile::TempDir;

const PREFIX: &str = "kiskadee-test-";
/// What a test left is of interest for so long.
const KEPT: Duration = Duration::from_hours(24);

/// Removed when it is dropped; a test that panics leaves it for whoever looks why.
pub(crate) struct StateDirectory(TempDir);

impl Drop for StateDirectory {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.disable_cleanup(true);
        }
    }
}

impl StateDirectory {
    pub(crate) fn fresh() -> Result<Self> {
        sweep();
        let directory = tempfile::Builder::new()
            .prefix(PREFIX)
            // Postgres runs as another user when the tests run as root, and must be able to pass through.
            .permissions(Permissions::from_mode(0o755))
            .tempdir()?;
        Ok(Self(directory))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Removes the state of tests that were killed, and of systems that were shared to the end of their process.
fn sweep() {
    let entries = fs::read_dir(std::env::temp_dir()).into_iter().flatten();
    for path in entries.flatten().map(|entry| entry.path()) {
        let is_ours = path
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| name.starts_with(PREFIX));
        if is_ours && is_abandoned(&path) {
            // It may be another user's; the next run tries again.
            let _ = fs::remove_dir_all(&path);
        }
    }
}

/// Old, and no `kiskadee up` holds its lock.
fn is_abandoned(state_dir: &Path) -> bool {
    let changed = fs::metadata(state_dir).and_then(|found| found.modified());
    let is_old = changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age > KEPT));
    let is_held = || {
        let lock = File::open(state_dir.join("lock"));
        lock.is_ok_and(|lock| lock.try_lock().is_err())
    };
    is_old && !is_held()
}
