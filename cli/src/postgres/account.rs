//! Which system user runs Postgres. Postgres refuses to run as root, so root hands it to an ordinary user.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use nix::unistd::{Gid, Uid, User, geteuid};

/// The user made for Postgres on machines whose Postgres package made none.
const OWN_USER: &str = "kiskadee";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Account {
    /// Whoever owns the data directory already, else this process's user, else (for root) one without rights.
    pub(crate) fn for_data(data: &Path) -> Result<Self> {
        let this = geteuid();
        match std::fs::metadata(data) {
            Ok(found) if this.is_root() && found.uid() != 0 => Ok(Self {
                uid: found.uid(),
                gid: found.gid(),
            }),
            Ok(found) if !this.is_root() && found.uid() != this.as_raw() => bail!(
                "{} belongs to another user (id {}): run as that user, or use another --state-dir",
                data.display(),
                found.uid()
            ),
            _ if this.is_root() => Self::without_rights(),
            _ => Ok(Self {
                uid: this.as_raw(),
                gid: nix::unistd::getegid().as_raw(),
            }),
        }
    }

    /// The account that root uses: `postgres` where the package made it, else our own.
    pub(crate) fn without_rights() -> Result<Self> {
        for name in ["postgres", OWN_USER] {
            if let Some(user) = User::from_name(name)? {
                return Ok(Self {
                    uid: user.uid.as_raw(),
                    gid: user.gid.as_raw(),
                });
            }
        }
        create_own_user()?;
        let user = User::from_name(OWN_USER)?.context("the new system user cannot be found")?;
        Ok(Self {
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
        })
    }

    pub(crate) fn is_this_process(self) -> bool {
        geteuid().as_raw() == self.uid
    }

    pub(crate) fn own(self, path: &Path) -> Result<()> {
        if self.is_this_process() {
            return Ok(());
        }
        nix::unistd::chown(
            path,
            Some(Uid::from_raw(self.uid)),
            Some(Gid::from_raw(self.gid)),
        )
        .with_context(|| format!("cannot hand {} to user {}", path.display(), self.uid))
    }

    /// Whether this account may pass through every directory down to `path` (and `path` itself).
    pub(crate) fn can_reach(self, path: &Path) -> bool {
        path.ancestors()
            .all(|directory| std::fs::metadata(directory).is_ok_and(|found| self.may_enter(&found)))
    }

    fn may_enter(self, found: &std::fs::Metadata) -> bool {
        let bit = if found.uid() == self.uid {
            0o100
        } else if found.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        found.mode() & bit != 0
    }
}

fn create_own_user() -> Result<()> {
    let made = Command::new("useradd")
        .args([
            "--system",
            "--user-group",
            "--no-create-home",
            "--home-dir",
            "/nonexistent",
        ])
        .args(["--shell", "/usr/sbin/nologin", OWN_USER])
        .status()
        .context("cannot run useradd")?;
    if !made.success() {
        bail!("useradd {OWN_USER} failed: Postgres needs a system user that is not root");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_closed_directory_cannot_be_reached_by_others() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        std::fs::create_dir_all(folder.join("inside")).unwrap();
        let stranger = Account {
            uid: 65_534,
            gid: 65_534,
        };
        let mode =
            |mode| std::fs::set_permissions(folder, PermissionsExt::from_mode(mode)).unwrap();
        mode(0o711);
        assert!(stranger.can_reach(&folder.join("inside")));
        mode(0o700);
        assert!(!stranger.can_reach(&folder.join("inside")));
        assert!(!stranger.can_reach(Path::new("/no/such/place")));
    }
}
