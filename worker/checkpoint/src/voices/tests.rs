//! Every form of a voice, and what is told of faulty ones.

use std::io::Write as _;

use proptest::prelude::*;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;

const SHAPE: &str = "(510, 1, 256)";

fn raw(value: f32) -> Vec<u8> {
    value.to_le_bytes().repeat(ROWS * STYLE)
}

fn array(kind: &str, shape: &str, numbers: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = (header.len() as u16).to_le_bytes();
    [
        b"\x93NUMPY\x01\x00",
        &length[..],
        header.as_bytes(),
        numbers,
    ]
    .concat()
}

fn archive(entries: &[(&str, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        let options = SimpleFileOptions::default().compression_method(method);
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn refused(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.put(name, bytes);
        let error = read(&path).unwrap_err().to_string();
        assert!(error.starts_with(path.to_str().unwrap()), "{error}");
        error
    }
}

#[test]
fn bare_numbers_and_arrays_are_read_alone_and_in_archives() {
    let folder = Folder::new();
    folder.put("pf_dora.bin", &raw(2.0));
    folder.put("af_heart.npy", &array("<f4", "(510, 256)", &raw(1.0)));
    folder.put("README.md", b"voices");
    let found = read(folder.0.path()).unwrap();
    let names: Vec<_> = found.iter().map(|voice| voice.name.as_str()).collect();
    assert_eq!(names, ["af_heart", "pf_dora"]);
    assert!(found[0].values == vec![1.0; ROWS * STYLE]);
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let entries = ["bf_emma", "am_adam"].map(|name| format!("{name}.npy"));
        let entries = entries
            .each_ref()
            .map(|name| (name.as_str(), array("<f4", SHAPE, &raw(0.5))));
        let path = folder.put("voices-v1.0.bin", &archive(&entries, method));
        let found = read(&path).unwrap();
        assert_eq!((found.len(), found[1].name.as_str()), (2, "bf_emma"));
        assert!(found[1].values == vec![0.5; ROWS * STYLE]);
    }
}

#[test]
fn a_tensor_of_torch_must_be_a_voice() {
    let folder = Folder::new();
    let fixture = |name: &str| {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checkpoints");
        std::fs::read(fixtures.join(name)).unwrap()
    };
    let error = folder.refused("af_heart.pt", &fixture("mel_stats.pth"));
    assert!(
        error.contains("voice af_heart has shape [80], expected [510, 1, 256]"),
        "{error}"
    );
    let error = folder.refused("af_heart.pt", &fixture("hostile.pth"));
    assert!(error.contains("`posix.system`"), "{error}");
    let voice =
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checkpoints/af_test.pt")).unwrap();
    assert!(voice[0].name == "af_test" && voice[0].values == vec![0.25; ROWS * STYLE]);
}

#[test]
fn what_is_no_voice_is_told_by_name() {
    let folder = Folder::new();
    let mut not_a_number = raw(1.0);
    not_a_number[40..44].copy_from_slice(&f32::NAN.to_le_bytes());
    let many = vec![0; 4 * 256 * 512];
    for (name, bytes, expected) in [
        ("a.bin", not_a_number, "voice a holds NaN at 10"),
        ("a.bin", raw(-101.0), "voice a holds -101 at 0"),
        (
            "a.bin",
            raw(1.0)[4..].to_vec(),
            "has 522236 bytes and is no file of voices",
        ),
        ("A b.bin", raw(1.0), "no name of a voice"),
        (
            "a.npy",
            array("<f4", "(512, 1, 256)", &many),
            "voice a has shape [512, 1, 256], expected",
        ),
        ("a.npy", array("<f8", SHAPE, &raw(1.0)), "'<f8'"),
        (
            "a.npy",
            array("<f4", SHAPE, &raw(1.0)[8..]),
            "and 130558 numbers",
        ),
        (
            "a.npy",
            array("<f4", "(18446744073709551615, 2)", &[]),
            "voice a has shape",
        ),
        (
            "a.npz",
            archive(&[("../a.npy", Vec::new())], CompressionMethod::Stored),
            "no name of a voice",
        ),
        (
            "a.npz",
            archive(&[("a.npy", Vec::new())], CompressionMethod::Stored),
            "voice a is no array",
        ),
    ] {
        let error = folder.refused(name, &bytes);
        assert!(error.contains(expected), "{error}");
    }
    let error = read(Folder::new().0.path()).unwrap_err().to_string();
    assert!(error.contains("holds no voices"), "{error}");
}

#[test]
fn an_archive_that_unpacks_to_more_is_refused_before_and_while_it_is_read() {
    let folder = Folder::new();
    let bomb = archive(&[("a.npy", vec![0; 64 << 20])], CompressionMethod::Deflated);
    let error = folder.refused("a.npz", &bomb);
    assert!(error.contains("voice a has 67108864 bytes"), "{error}");
    // The directory and the entry claim 100 bytes.
    let claimed = (64_u32 << 20).to_le_bytes();
    let mut lying = bomb;
    for at in 0..lying.len() - 4 {
        if lying[at..at + 4] == claimed {
            lying[at..at + 4].copy_from_slice(&100_u32.to_le_bytes());
        }
    }
    folder.refused("a.npz", &lying);
}

proptest! {
    #[test]
    fn no_damage_makes_it_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let folder = Folder::new();
        let whole = archive(&[("a.npy", array("<f4", "(2,)", &[0; 8]))], CompressionMethod::Stored);
        let mut bytes = whole;
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = read(&folder.put("a.npz", &bytes));
    }
}
