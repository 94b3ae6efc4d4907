//! A folder that becomes a `.tar.gz`. The same contents give the same bytes: names in order, one time, owner and mode of all.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::process::{output, root, run};

pub(super) struct Archive {
    folder: PathBuf,
}

impl Archive {
    /// An empty folder, whatever lay there before.
    pub(super) fn begin(place: &Path, name: &str) -> Result<Self> {
        let folder = place.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)
                .with_context(|| format!("cannot clear {}", folder.display()))?;
        }
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(Self { folder })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Adds the sums and packs. Beside the archive lies its own sum.
    pub(super) fn pack(&self) -> Result<PathBuf> {
        let files = files(&self.folder)?;
        for file in &files {
            let mode = if file == Path::new("kiskadee") {
                0o755
            } else {
                0o644
            };
            fs::set_permissions(self.folder.join(file), fs::Permissions::from_mode(mode))?;
        }
        fs::write(self.folder.join("SHA256SUMS"), sums(&self.folder, &files)?)?;
        let packed = self.folder.with_added_extension("tar.gz");
        self.compress(&packed, &time()?)?;
        let (place, name) = (packed.parent(), packed.file_name());
        let (place, name) = place.zip(name).context("the archive has no name")?;
        fs::write(
            packed.with_added_extension("sha256"),
            sums(place, &[PathBuf::from(name)])?,
        )?;
        Ok(packed)
    }

    fn compress(&self, packed: &Path, time: &str) -> Result<()> {
        let (place, name) = (self.folder.parent(), self.folder.file_name());
        let (place, name) = place.zip(name).context("the folder has no name")?;
        let mut tar = Command::new("tar")
            .args([
                "--create",
                "--format=ustar",
                "--sort=name",
                "--mode=u+rwX,go+rX,go-w",
            ])
            .args(["--owner=0", "--group=0", "--numeric-owner"])
            .arg(format!("--mtime=@{time}"))
            .arg("--directory")
            .arg(place)
            .arg(name)
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run tar")?;
        let tape = tar.stdout.take().context("tar has no output")?;
        // Without the name and the time, which gzip would write down.
        run(Command::new("gzip")
            .args(["--no-name", "-9"])
            .stdin(tape)
            .stdout(File::create(packed)?))?;
        ensure!(tar.wait()?.success(), "tar failed");
        Ok(())
    }
}

/// Lines as `sha256sum --check` reads them.
fn sums(folder: &Path, files: &[PathBuf]) -> Result<String> {
    let sums = output(Command::new("sha256sum").args(files).current_dir(folder))?;
    Ok(sums + "\n")
}

/// All files below a folder, in order.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let found = output(
        Command::new("find")
            .args([".", "-type", "f", "-printf", "%P\\n"])
            .current_dir(folder),
    )?;
    let mut files: Vec<PathBuf> = found.lines().map(PathBuf::from).collect();
    files.sort();
    Ok(files)
}

/// Seconds since 1970 that every file bears: what the packager says, else the time of the last commit, else a fixed one.
fn time() -> Result<String> {
    if let Ok(said) = std::env::var("SOURCE_DATE_EPOCH") {
        ensure!(
            said.bytes().all(|byte| byte.is_ascii_digit()),
            "SOURCE_DATE_EPOCH is no number"
        );
        return Ok(said);
    }
    let commit = output(
        Command::new("git")
            .args(["log", "-1", "--format=%ct"])
            .current_dir(root()),
    );
    Ok(commit.unwrap_or_else(|_| "315532800".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_contents_give_the_same_bytes() {
        let place = std::env::temp_dir().join(format!("kiskadee-dist-{}", std::process::id()));
        let packed: Vec<Vec<u8>> = ["first", "second"]
            .iter()
            .map(|run| {
                let archive = Archive::begin(&place.join(run), "kiskadee-0").unwrap();
                fs::create_dir(archive.folder().join("components")).unwrap();
                // Written in another order, with other modes.
                let mut files = ["kiskadee", "components/a.wasm", "README.md"];
                if *run == "second" {
                    files.reverse();
                }
                for file in files {
                    fs::write(archive.folder().join(file), file).unwrap();
                }
                let packed = archive.pack().unwrap();
                let checked = ["--check", "--strict", "--status"];
                let mut check = Command::new("sha256sum");
                run_in(check.args(checked).arg("SHA256SUMS"), archive.folder());
                let mut check = Command::new("sha256sum");
                run_in(
                    check.args(checked).arg("kiskadee-0.tar.gz.sha256"),
                    packed.parent().unwrap(),
                );
                fs::read(packed).unwrap()
            })
            .collect();
        fs::remove_dir_all(&place).unwrap();
        assert!(packed[0] == packed[1] && !packed[0].is_empty());
    }

    fn run_in(command: &mut Command, folder: &Path) {
        run(command.current_dir(folder)).unwrap();
    }
}
