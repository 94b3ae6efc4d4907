//! Archives of strangers.

use std::io::{Cursor, Write};

use kiskadee_dataset::archive::{Archive, ArchiveError, ArchiveWriter, Limits};
use kiskadee_dataset::formats::{Format, Row, TextFile, export, is_text, recognize};
use proptest::prelude::*;

use crate::packed::{Packed, archive, deflated, stored};

fn open(files: &[Packed]) -> Result<Archive<Cursor<Vec<u8>>>, ArchiveError> {
    Archive::open(Cursor::new(archive(files)), Limits::default())
}

fn refused(files: &[Packed]) -> String {
    open(files).unwrap_err().to_string()
}

fn names<R: std::io::Read + std::io::Seek>(archive: &Archive<R>) -> Vec<&str> {
    let entries = archive.entries().iter();
    entries.map(|entry| entry.name.as_str()).collect()
}

#[test]
fn files_are_read_stored_and_deflated() {
    let folder = Packed {
        mode: 0o040_755,
        ..stored("wavs/", b"")
    };
    let files = [
        folder,
        stored("wavs/é.wav", b"RIFF"),
        deflated("../../etc/metadata.csv", b"a|b\n"),
        stored("__MACOSX/wavs/._x.wav", b"x"),
    ];
    let mut archive = open(&files).unwrap();
    assert_eq!(names(&archive).len(), 2);
    assert_eq!(names(&archive)[1], "../../etc/metadata.csv");
    assert_eq!(archive.read(0, 10).unwrap(), b"RIFF");
    let mut copy = Vec::new();
    assert_eq!(archive.copy(1, &mut copy).unwrap(), 4);
    assert_eq!(copy, b"a|b\n");
    assert!(matches!(archive.read(2, 10), Err(ArchiveError::NoEntry(2))));
}

#[test]
fn a_bomb_is_stopped_where_it_unpacks_too_much() {
    let bomb = Packed {
        claimed: Some(10),
        ..deflated("bomb.wav", &vec![0; 64 << 20])
    };
    let mut archive = open(&[bomb]).unwrap();
    let mut copy = Counter(0);
    let why = archive.copy(0, &mut copy).unwrap_err();
    assert!(
        matches!(why, ArchiveError::TooDense { most: 100, .. }),
        "{why}"
    );
    // 64 MiB of zeros pack to some 64 KiB: a tenth of it is written at most.
    assert!(copy.0 < 8 << 20, "{}", copy.0);
    let why = archive.read(0, 1_000).unwrap_err();
    assert!(
        matches!(why, ArchiveError::EntryTooLarge { most: 1_000, .. }),
        "{why}"
    );
}

struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn all_files_together_are_limited_by_what_is_read() {
    let files = [stored("a.wav", &[1; 600]), stored("b.wav", &[2; 600])];
    let limits = Limits {
        total_bytes: 1_000,
        ..Limits::default()
    };
    let mut archive = Archive::open(Cursor::new(archive(&files)), limits).unwrap();
    assert_eq!(archive.read(0, 600).unwrap().len(), 600);
    let why = archive.read(1, 600).unwrap_err();
    assert!(
        matches!(why, ArchiveError::TooLarge { most: 1_000 }),
        "{why}"
    );
}

#[test]
fn too_many_files_are_refused_before_they_are_listed() {
    let many = vec![stored("a", b""); 10_001];
    assert_eq!(
        refused(&many),
        "holds 10001 files and folders; 10000 are possible"
    );
    assert!(open(&many[1..]).is_ok());
}

#[test]
fn links_archives_and_locked_files_are_refused_by_name() {
    let link = Packed {
        mode: 0o120_777,
        ..stored("link.wav", b"/etc/passwd")
    };
    assert_eq!(
        refused(&[link]),
        "holds the link `link.wav`; pack what it leads to"
    );
    let pipe = Packed {
        mode: 0o010_644,
        ..stored("pipe", b"")
    };
    assert!(refused(&[pipe]).contains("link"));
    let locked = Packed {
        flags: 1,
        ..stored("a.wav", b"????")
    };
    assert!(refused(&[locked]).contains("password"));
    assert!(refused(&[stored("more/A.ZIP", b"")]).contains("another archive"));
    let strange = Packed {
        method: 14,
        ..stored("a.wav", b"")
    };
    assert!(refused(&[strange]).contains("ordinary ZIP packing"));
    // An archive that is called as a recording.
    let inner = archive(&[stored("a", b"b")]);
    let mut outer = open(&[deflated("a.wav", &inner)]).unwrap();
    assert!(matches!(
        outer.read(0, 1_000),
        Err(ArchiveError::Nested { .. })
    ));
}

#[test]
fn files_that_share_bytes_are_refused() {
    let mut bytes = archive(&[stored("a", &[7; 100]), stored("b", &[7; 100])]);
    // The second entry of the list points to the first file.
    let second = bytes.len() - 22 - 4 - 1;
    bytes[second..second + 4].fill(0);
    let why = Archive::open(Cursor::new(bytes), Limits::default()).unwrap_err();
    assert!(matches!(why, ArchiveError::Overlapping), "{why}");
}

#[test]
fn what_was_changed_or_cut_is_told() {
    let whole = archive(&[
        stored("a.wav", b"some content"),
        deflated("b.wav", b"more content"),
    ]);
    let mut changed = whole.clone();
    changed[37] ^= 1;
    let mut archive = Archive::open(Cursor::new(changed), Limits::default()).unwrap();
    assert!(matches!(
        archive.read(0, 99),
        Err(ArchiveError::DamagedEntry { .. })
    ));
    assert_eq!(archive.read(1, 99).unwrap(), b"more content");
    for length in 0..whole.len() {
        let cut = Cursor::new(whole[..length].to_vec());
        assert!(Archive::open(cut, Limits::default()).is_err(), "{length}");
    }
    // A file behind something else is an archive all the same.
    let behind = [b"something else", &whole[..]].concat();
    let mut archive = Archive::open(Cursor::new(behind), Limits::default()).unwrap();
    assert_eq!(archive.read(0, 99).unwrap(), b"some content");
}

#[test]
fn a_dataset_goes_through_an_archive_and_back() {
    let rows: Vec<Row> = (0..12)
        .map(|n| Row {
            audio: format!("{n:05}.wav"),
            text: format!("Sentence number {n}."),
            speaker: None,
            language: Some("en".to_owned()),
        })
        .collect();
    let export = export(Format::Coqui, &rows).unwrap();
    let write = || {
        let mut writer = ArchiveWriter::new(Vec::new());
        for (n, name) in export.audio.iter().enumerate() {
            writer.start(name, 100).unwrap();
            writer.write_all(&[n as u8; 100]).unwrap();
        }
        for file in &export.files {
            writer.start(&file.name, file.content.len() as u64).unwrap();
            writer.write_all(file.content.as_bytes()).unwrap();
        }
        writer.finish().unwrap()
    };
    let bytes = write();
    assert_eq!(bytes, write());
    let mut archive = Archive::open(Cursor::new(bytes), Limits::default()).unwrap();
    let names: Vec<String> = archive
        .entries()
        .iter()
        .map(|entry| entry.name.clone())
        .collect();
    let mut texts = Vec::new();
    for (index, name) in names.iter().enumerate().filter(|(_, name)| is_text(name)) {
        texts.push((name, archive.read(index, 10_000).unwrap()));
    }
    let files: Vec<TextFile<'_>> = texts
        .iter()
        .map(|(name, bytes)| TextFile { name, bytes })
        .collect();
    let layout = recognize(&names, &files).unwrap();
    assert_eq!((layout.format, layout.rows.len()), (Format::Coqui, 12));
    let of = |audio: &str| names.iter().position(|name| name == audio).unwrap();
    assert_eq!(archive.read(of("wavs/00007.wav"), 100).unwrap(), [7; 100]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bytes_are_too_strange(
        changes in prop::collection::vec((0_usize..400, any::<u8>()), 0..12),
        bytes in prop::collection::vec(any::<u8>(), 0..100),
        is_archive in any::<bool>(),
    ) {
        let mut file = if is_archive {
            archive(&[stored("a.wav", b"some content"), deflated("metadata.csv", &[b'a'; 100])])
        } else {
            [&bytes[..], b"PK\x05\x06", &bytes[..]].concat()
        };
        for (at, byte) in changes {
            let at = at % file.len();
            file[at] = byte;
        }
        if let Ok(mut archive) = Archive::open(Cursor::new(file), Limits::default()) {
            for index in 0..archive.entries().len() {
                if let Ok(content) = archive.read(index, 1_000) {
                    prop_assert!(content.len() <= 1_000);
                }
            }
        }
    }
}
