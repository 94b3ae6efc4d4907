//! yt-dlp, for addresses of pages. Its own limits do not hold, so it goes out through a [`Proxy`], writes into a folder that is watched, and
//! has a deadline; it knows nothing of this process's surroundings.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process_group, prlimit};
use tokio::{
    process::{Child, Command},
    time::{interval, timeout},
};
use url::Url;

use crate::{
    Allowance, FetchError, Guard, Proxy,
    watch::{bytes_below, said},
};

/// How it is called, but for the folder, the proxy and the address.
const ARGUMENTS: [&str; 30] = [
    "--ignore-config",
    "--no-plugin-dirs",
    "--no-js-runtimes",
    "--no-remote-components",
    "--no-cache-dir",
    "--no-cookies",
    "--no-exec",
    "--no-playlist",
    "--playlist-items",
    "1",
    "--max-downloads",
    "1",
    "--socket-timeout",
    "10",
    "--retries",
    "2",
    "--fragment-retries",
    "2",
    "--no-mtime",
    "--newline",
    "--color",
    "never",
    "--downloader",
    "native",
    // It would hand what it fetched to ffmpeg, without a list of what that may open.
    "--fixup",
    "never",
    "-f",
    "ba/b",
    "-o",
    "%(id).80B.%(ext)s",
];
/// Address space; it takes about 150 MB.
const MEMORY_BYTES: u64 = 2 << 30;
/// The page, and what is asked for twice, beside the file itself.
const ASIDE_BYTES: u64 = 64 << 20;
/// When memory runs out, the kernel takes it before its parent.
const OOM_SCORE: &str = "500";
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Of its complaint.
const MOST_CHARS: usize = 200;

/// A program that finds the sound behind the address of a page.
#[derive(Debug, Clone)]
pub struct PageProgram {
    program: PathBuf,
    guard: Guard,
}

/// What it found.
#[derive(Debug)]
pub struct Found {
    pub path: PathBuf,
    pub bytes: u64,
}

impl PageProgram {
    /// `program` is a name on the search path, or a path; none where there is no such program.
    pub fn find(program: &Path, guard: Guard) -> Option<Self> {
        let is_there = |path: &PathBuf| path.is_file();
        let program = if program.components().count() > 1 {
            Some(program.to_owned()).filter(is_there)
        } else {
            let places = std::env::var_os("PATH").unwrap_or_default();
            std::env::split_paths(&places)
                .map(|place| place.join(program))
                .find(is_there)
        };
        let program = fs::canonicalize(program?).ok()?;
        Some(Self { program, guard })
    }

    /// Has it fetch what is behind `url` into `folder`, which is its own. `told` hears how many bytes lie there.
    pub async fn fetch(
        &self,
        url: &Url,
        folder: &Path,
        allowance: Allowance,
        told: impl Fn(u64),
    ) -> Result<Found, FetchError> {
        let (home, files) = (folder.join("home"), folder.join("files"));
        fs::create_dir_all(&home)?;
        fs::create_dir_all(&files)?;
        let through = allowance
            .bytes
            .saturating_mul(2)
            .saturating_add(ASIDE_BYTES);
        let proxy = Proxy::open(self.guard.clone(), through).await?;
        let mut child = self.start(url, &home, &files, &proxy)?;
        let _group = Group::limited(&child, allowance.bytes);
        let (out, complaints) = (child.stdout.take(), child.stderr.take());
        let running = async {
            let ended = watched(&mut child, folder, &proxy, allowance.bytes, told);
            let (ended, out, complaints) = tokio::join!(ended, said(out), said(complaints));
            ended.map(|()| (out, complaints))
        };
        let ran = timeout(allowance.within, running).await;
        let (out, complaints) = ran.map_err(|_| FetchError::Slow(allowance.within))??;
        found(&files, &out).ok_or_else(|| {
            // A file may be as long as all together: then the kernel stopped it before the watch did.
            if proxy.is_spent() || bytes_below(folder) >= allowance.bytes {
                return FetchError::TooLarge(allowance.bytes);
            }
            let refused = proxy.refusals().into_iter().next();
            FetchError::Program(refused.unwrap_or_else(|| complaint(&complaints, folder)))
        })
    }

    fn start(
        &self,
        url: &Url,
        home: &Path,
        files: &Path,
        proxy: &Proxy,
    ) -> Result<Child, FetchError> {
        let mut command = Command::new(&self.program);
        command
            .args(ARGUMENTS)
            .arg("-P")
            .arg(files)
            .args(["--print", "after_move:filepath", "--no-simulate", "--proxy"])
            .arg(format!("http://{}", proxy.address()))
            .args(["--", url.as_str()])
            .current_dir(home)
            .env_clear()
            .env("HOME", home)
            .env("TMPDIR", home)
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => FetchError::NoProgram,
            _ => FetchError::Scratch(error),
        })
    }
}

/// Until it ends, or has taken more than it may.
async fn watched(
    child: &mut Child,
    folder: &Path,
    proxy: &Proxy,
    most: u64,
    told: impl Fn(u64),
) -> Result<(), FetchError> {
    let mut looks = interval(LOOK_EVERY);
    loop {
        tokio::select! {
            ended = child.wait() => return Ok(ended.map(drop)?),
            _ = looks.tick() => {
                let bytes = bytes_below(folder);
                told(bytes);
                if bytes > most || proxy.is_spent() {
                    child.kill().await?;
                    return Err(FetchError::TooLarge(most));
                }
            }
        }
    }
}

/// The file that it says it made, if it lies where it may. Its status tells nothing: it is 101 after one file that came.
fn found(files: &Path, out: &str) -> Option<Found> {
    let path = out.lines().rev().find(|line| !line.trim().is_empty())?;
    let path = Path::new(path.trim());
    let is_own = fs::canonicalize(path.parent()?).ok()? == fs::canonicalize(files).ok()?;
    let about = fs::symlink_metadata(path).ok()?;
    (is_own && about.is_file()).then(|| Found {
        path: path.to_owned(),
        bytes: about.len(),
    })
}

/// The last error that it told of, without what is this machine's own.
fn complaint(complaints: &str, folder: &Path) -> String {
    let error = complaints
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("ERROR:"));
    let Some(error) = error else {
        return "yt-dlp found nothing to fetch there".to_owned();
    };
    let folder = folder.to_string_lossy();
    let own = |word: &&str| !word.contains("127.0.0.1") && !word.contains(&*folder);
    let words: Vec<&str> = error.split_whitespace().filter(own).collect();
    let told: String = words.join(" ").chars().take(MOST_CHARS).collect();
    format!("yt-dlp says: {told}")
}

/// The program with whatever it starts: all of it ends with this.
struct Group(Option<Pid>);

impl Group {
    /// It has read nothing of the address yet, so the limits are in time although it runs already.
    fn limited(child: &Child, file_bytes: u64) -> Self {
        let id = child.id();
        let pid = id
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        for (resource, bytes) in [(Resource::As, MEMORY_BYTES), (Resource::Fsize, file_bytes)] {
            let limit = Rlimit {
                current: Some(bytes),
                maximum: Some(bytes),
            };
            if let Err(error) = prlimit(pid, resource, limit) {
                tracing::warn!(%error, "yt-dlp runs without a limit");
            }
        }
        if let Some(id) = id {
            let _ = fs::write(format!("/proc/{id}/oom_score_adj"), OOM_SCORE);
        }
        Self(pid)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            // It has ended long since, as a rule.
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_error_is_told_without_what_is_ours() {
        let said = "WARNING: a\nERROR: [generic] first\nERROR: [generic] Unable via http://127.0.0.1:4000 to write /scratch/x/a.part\nmore";
        assert_eq!(
            complaint(said, Path::new("/scratch/x")),
            "yt-dlp says: [generic] Unable via to write"
        );
        assert!(complaint("", Path::new("/")).contains("nothing"));
        let long = format!("ERROR: {}", "x".repeat(999));
        assert!(complaint(&long, Path::new("/")).chars().count() < 220);
    }

    #[test]
    fn only_a_file_of_its_own_folder_is_taken() {
        let folder = tempfile::TempDir::new().unwrap();
        let files = folder.path();
        let file = files.join("a.mp3");
        fs::write(&file, [0; 3]).unwrap();
        let named = |path: &Path| found(files, &format!("x\n{}\n\n", path.display()));
        assert_eq!(named(&file).unwrap().bytes, 3);
        std::os::unix::fs::symlink("/etc/passwd", files.join("b")).unwrap();
        for path in [&files.join("b"), &files.join("c"), Path::new("/etc/passwd")] {
            assert!(named(path).is_none(), "{}", path.display());
        }
        assert!(found(files, "").is_none());
    }
}
