//! Where the data directory lies: in the state directory, unless the user that runs Postgres cannot reach it there.
//!
//! Root's state directory may lie below a closed directory (`/root`, a private temporary one). Its modes are not ours to
//! change, so the cluster then lives under `/var/lib/kiskadee`, in a folder that names the state directory it belongs to.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::account::Account;
use crate::random::{hex, random_bytes};

const ELSEWHERE: &str = "/var/lib/kiskadee";
/// In the state directory: the path of a cluster that lives elsewhere.
const POINTER: &str = "postgres.location";
/// In a cluster's folder elsewhere: the state directory that it belongs to.
const BELONGS_TO: &str = "belongs-to";

/// The data directory that `state` uses; a new one elsewhere is made only when there is no other way.
pub(crate) fn data_directory(state: &Path) -> Result<PathBuf> {
    let inside = state.join("postgres");
    if let Some(elsewhere) = pointed_to(state) {
        return Ok(elsewhere);
    }
    if inside.exists()
        || !nix::unistd::geteuid().is_root()
        || Account::without_rights()?.can_reach(state)
    {
        return Ok(inside);
    }
    sweep(Path::new(ELSEWHERE));
    make_elsewhere(state)
}

fn pointed_to(state: &Path) -> Option<PathBuf> {
    let path = PathBuf::from(fs::read_to_string(state.join(POINTER)).ok()?.trim());
    path.parent()?.is_dir().then_some(path)
}

fn make_elsewhere(state: &Path) -> Result<PathBuf> {
    let folder = Path::new(ELSEWHERE).join(hex(&random_bytes::<8>()?));
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for open in [Path::new(ELSEWHERE), &folder] {
        fs::set_permissions(open, fs::Permissions::from_mode(0o755))?;
    }
    fs::write(
        folder.join(BELONGS_TO),
        state.as_os_str().as_encoded_bytes(),
    )?;
    let data = folder.join("postgres");
    fs::write(state.join(POINTER), data.as_os_str().as_encoded_bytes())?;
    Ok(data)
}

/// Removes clusters whose state directory is gone, or has another cluster by now.
fn sweep(root: &Path) {
    for folder in fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
    {
        let Ok(state) = fs::read_to_string(folder.join(BELONGS_TO)) else {
            continue;
        };
        let in_use = pointed_to(Path::new(&state)).is_some_and(|data| data.starts_with(&folder));
        if !in_use && !folder.join("postgres/postmaster.pid").exists() {
            // The next start tries again.
            let _ = fs::remove_dir_all(&folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_of_a_removed_state_directory_is_swept() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let (kept_state, kept, lost) = (
            root.join("state"),
            root.join("var/kept"),
            root.join("var/lost"),
        );
        for folder in [&kept_state, &kept, &lost] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(
            kept_state.join(POINTER),
            kept.join("postgres").to_str().unwrap(),
        )
        .unwrap();
        fs::write(kept.join(BELONGS_TO), kept_state.to_str().unwrap()).unwrap();
        fs::write(lost.join(BELONGS_TO), root.join("gone").to_str().unwrap()).unwrap();
        sweep(&root.join("var"));
        assert!(kept.exists() && !lost.exists());
    }
}
