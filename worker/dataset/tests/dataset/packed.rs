//! Archives put together byte by byte, for no writer makes what an attacker does.

use std::io::Write;

use flate2::{Compression, Crc, write::DeflateEncoder};

/// A file as an archive holds it.
#[derive(Clone)]
pub(crate) struct Packed {
    pub(crate) name: &'static str,
    pub(crate) content: Vec<u8>,
    pub(crate) method: u16,
    pub(crate) flags: u16,
    pub(crate) mode: u32,
    /// What the list says that it unpacks to.
    pub(crate) claimed: Option<u32>,
}

pub(crate) fn stored(name: &'static str, content: &[u8]) -> Packed {
    Packed {
        name,
        content: content.to_vec(),
        method: 0,
        flags: 0,
        mode: 0o100_644,
        claimed: None,
    }
}

pub(crate) fn deflated(name: &'static str, content: &[u8]) -> Packed {
    Packed {
        method: 8,
        ..stored(name, content)
    }
}

fn bytes_of(content: &Packed) -> Vec<u8> {
    if content.method != 8 {
        return content.content.clone();
    }
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&content.content).unwrap();
    encoder.finish().unwrap()
}

/// Local header, list and end, as APPNOTE has them.
pub(crate) fn archive(files: &[Packed]) -> Vec<u8> {
    let (mut archive, mut list) = (Vec::new(), Vec::new());
    for file in files {
        let (packed, place) = (bytes_of(file), archive.len() as u32);
        let mut checksum = Crc::new();
        checksum.update(&file.content);
        let claimed = file.claimed.unwrap_or(file.content.len() as u32);
        let mut common = [20_u16, file.flags, file.method, 0, 0x21]
            .map(u16::to_le_bytes)
            .concat();
        common.extend(
            [checksum.sum(), packed.len() as u32, claimed]
                .map(u32::to_le_bytes)
                .concat(),
        );
        common.extend([file.name.len() as u16, 0].map(u16::to_le_bytes).concat());
        archive.extend([b"PK\x03\x04", &common[..], file.name.as_bytes(), &packed].concat());
        // Made on Unix; no comment, first disk, no inner attributes.
        list.extend([b"PK\x01\x02\x14\x03", &common[..], &[0; 6]].concat());
        list.extend([file.mode << 16, place].map(u32::to_le_bytes).concat());
        list.extend(file.name.as_bytes());
    }
    let (length, place) = (list.len() as u32, archive.len() as u32);
    archive.extend(list);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend([files.len() as u16; 2].map(u16::to_le_bytes).concat());
    archive.extend([length, place].map(u32::to_le_bytes).concat());
    archive.extend([0, 0]);
    archive
}
