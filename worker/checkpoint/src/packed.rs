//! Entries of zip archives, unpacked as they are read. The zip crate is used without its own decompression, so that whoever writes archives
//! in this workspace goes on storing them plainly.

use std::io::{Read, Seek};

use flate2::read::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

/// An entry that is read.
pub struct Entry<'a> {
    /// What it says that it unpacks to, in bytes; it may lie.
    pub bytes: u64,
    pub content: Box<dyn Read + 'a>,
}

/// Opens an entry that is stored or deflated. The checksum is not compared: whoever needs that knows the digest of the whole.
pub fn entry<R: Read + Seek>(zip: &mut ZipArchive<R>, index: usize) -> Result<Entry<'_>, String> {
    let raw = zip.by_index_raw(index);
    let raw = raw.map_err(|error| format!("is damaged: {error}"))?;
    let bytes = raw.size();
    let content: Box<dyn Read + '_> = match raw.compression() {
        CompressionMethod::Stored => Box::new(raw),
        CompressionMethod::DEFLATE => Box::new(DeflateDecoder::new(raw)),
        other => return Err(format!("holds an entry that is packed by {other}")),
    };
    Ok(Entry { bytes, content })
}
