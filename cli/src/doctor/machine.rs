//! This machine: programs that engines call, the components, models, room on disks.

use std::path::{Path, PathBuf};

use nix::sys::statvfs::statvfs;

use super::findings::Findings;
use crate::artefacts::Artefacts;
use crate::requirements::is_on_path;

/// Below this share of a disk it is time to act; below so many bytes a worker claims nothing.
const LITTLE: f64 = 0.15;
const NOTHING: u64 = 512 << 20;

/// Program, Debian's package, what it is for.
const PROGRAMS: [(&str, &str, &str); 4] = [
    ("ffmpeg", "ffmpeg", "any audio but WAV, and recordings in"),
    (
        "espeak-ng",
        "espeak-ng",
        "languages beside English and Portuguese",
    ),
    ("pg_dump", "postgresql-client", "backups"),
    (
        "yt-dlp",
        "yt-dlp",
        "recordings from the pages of video sites",
    ),
];

pub(super) fn programs(findings: &mut Findings) {
    for (program, package, for_what) in PROGRAMS {
        if is_on_path(program) || (program == "pg_dump" && crate::postgres::is_installed()) {
            findings.ok("programs", program);
        } else {
            findings.warning(
                "programs",
                &format!("no {program} on this machine, needed for {for_what}"),
                &format!("apt-get install {package}"),
            );
        }
    }
}

pub(super) fn components(findings: &mut Findings, artefacts: &Artefacts) {
    let found = artefacts.components().and_then(|folder| {
        let manifest = artefacts.manifest()?;
        Ok((folder, kiskadee_edge_host::components(&manifest)?))
    });
    match found {
        Ok((folder, components)) => {
            let found = format!("{} in {}", components.len(), folder.display());
            findings.ok("components", &found);
        }
        Err(error) => findings.warning(
            "components",
            &format!("{error:#}"),
            "an edge needs them: unpack the whole release, or say with --components and --manifest where they are",
        ),
    }
}

pub(super) fn models(findings: &mut Findings, folder: Option<PathBuf>) {
    let Some(folder) = folder else {
        return findings.skipped("models", "no --models-dir is named");
    };
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let models = entries.filter(|entry| {
        let is_shown = !entry.file_name().to_string_lossy().starts_with('.');
        is_shown && entry.path().is_dir()
    });
    let mut usable = 0;
    for entry in models {
        match kiskadee_checkpoint::ModelFolder::open(entry.path()) {
            Ok(_) => usable += 1,
            Err(error) => findings.problem(
                "models",
                &format!("{} cannot be used: {error}", entry.path().display()),
                "import it again with `kiskadee models`, or remove it",
            ),
        }
    }
    let found = format!("{usable} imported in {}", folder.display());
    findings.ok("models", &found);
}

/// The file system of a path, called by what lies there.
pub(super) fn disk(findings: &mut Findings, what: &str, path: &Path) {
    let Ok(disk) = statvfs(path) else {
        return findings.problem(
            "disk",
            &format!("{} cannot be looked at", path.display()),
            "make the directory, and let this user read it",
        );
    };
    // The types differ by platform.
    #[expect(clippy::useless_conversion, reason = "they are narrower elsewhere")]
    let (free, all) = (
        u64::from(disk.blocks_available()).saturating_mul(disk.fragment_size().into()),
        u64::from(disk.blocks()).saturating_mul(disk.fragment_size().into()),
    );
    judge_room(findings, what, free, all);
}

pub(super) fn judge_room(findings: &mut Findings, what: &str, free: u64, all: u64) {
    let share = free as f64 / (all as f64).max(1.0);
    let found = format!(
        "{} MiB free for {what} ({:.0} %)",
        free >> 20,
        share * 100.0
    );
    if free < NOTHING {
        let advice = "workers claim nothing with so little: make room, or give the disk more";
        findings.problem("disk", &found, advice);
    } else if share < LITTLE {
        findings.warning("disk", &found, "make room before it is needed");
    } else {
        findings.ok("disk", &found);
    }
}
