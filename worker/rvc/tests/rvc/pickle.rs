//! Files of torch that only a test would write.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

pub(crate) fn text(text: &str) -> Vec<u8> {
    [
        b"X",
        &(text.len() as u32).to_le_bytes()[..],
        text.as_bytes(),
    ]
    .concat()
}

pub(crate) fn int(number: i32) -> Vec<u8> {
    [b"J", &number.to_le_bytes()[..]].concat()
}

pub(crate) fn list(items: &[Vec<u8>]) -> Vec<u8> {
    [b"](", &items.concat()[..], b"e"].concat()
}

pub(crate) fn ints(numbers: &[i32]) -> Vec<u8> {
    let items: Vec<_> = numbers.iter().map(|number| int(*number)).collect();
    list(&items)
}

pub(crate) fn dict(pairs: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let pairs: Vec<u8> = pairs
        .iter()
        .flat_map(|(key, value)| [text(key), value.clone()].concat())
        .collect();
    [b"}(", &pairs[..], b"u"].concat()
}

/// A tensor of two axes in the only storage.
pub(crate) fn tensor(rows: i32, columns: i32) -> Vec<u8> {
    let storage = [
        b"((",
        &text("storage")[..],
        b"ctorch\nHalfStorage\n",
        &text("0"),
        &text("cpu"),
        &int(rows * columns),
        b"tQ",
    ];
    let shape = [b"(", &int(rows)[..], &int(columns), b"t"].concat();
    let strides = [b"(", &int(columns)[..], &int(1), b"t"].concat();
    [
        b"ctorch._utils\n_rebuild_tensor_v2\n",
        &storage.concat()[..],
        &int(0),
        &shape,
        &strides,
        b"\x89ccollections\nOrderedDict\n)RtR",
    ]
    .concat()
}

/// The archive around a pickle, with a storage of zeros.
pub(crate) fn archive(pickle: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let plain = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, content) in [
        (
            "archive/data.pkl",
            &[b"\x80\x02", pickle, b"."].concat()[..],
        ),
        ("archive/data/0", &[0; 4096][..]),
    ] {
        zip.start_file(name, plain).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
