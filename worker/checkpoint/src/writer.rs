//! Writes a safetensors file tensor by tensor, so that no more than one of them is ever in memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::Path;

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::checkpoint::{Checkpoint, Number, Stored};

/// What was written.
pub struct Written {
    pub bytes: u64,
    /// Lowercase, hexadecimal.
    pub sha256: String,
}

type CopyNumbers<'a> = Box<dyn Fn(&mut dyn Write) -> io::Result<()> + 'a>;

/// A tensor that is asked for its numbers when their turn comes.
pub struct TensorToWrite<'a> {
    pub name: String,
    pub number: Number,
    pub shape: Vec<usize>,
    /// Writes all numbers in order, lowest byte first.
    pub copy: CopyNumbers<'a>,
}

impl<'a> TensorToWrite<'a> {
    /// A tensor as it is stored in another file.
    pub fn stored(name: String, file: &'a Checkpoint, stored: &'a Stored) -> Self {
        Self {
            name,
            number: stored.number,
            shape: stored.shape.clone(),
            copy: Box::new(|out| file.copy(stored, out)),
        }
    }

    /// Of all its numbers.
    pub fn bytes(&self) -> u64 {
        self.shape.iter().product::<usize>() as u64 * self.number.bytes()
    }
}

/// Writes the tensors in this order, those of wide numbers first, and waits until they are on the disk. `copied` is told of the
/// tensors' bytes as they are written, and may stop it.
pub fn write(
    path: &Path,
    tensors: &[TensorToWrite<'_>],
    metadata: &BTreeMap<String, String>,
    copied: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> io::Result<Written> {
    let mut out = Hashed {
        file: BufWriter::with_capacity(1 << 20, File::create_new(path)?),
        hash: Sha256::new(),
        bytes: 0,
    };
    // Wide numbers first, that all of them are aligned.
    let mut ordered: Vec<&TensorToWrite<'_>> = tensors.iter().collect();
    ordered.sort_by_key(|tensor| std::cmp::Reverse(tensor.number.bytes()));
    let header = header(&ordered, metadata);
    out.write_all(&(header.len() as u64).to_le_bytes())?;
    out.write_all(header.as_bytes())?;
    for tensor in ordered {
        let end = out.bytes + tensor.bytes();
        let mut told = Told {
            out: &mut out,
            copied,
        };
        (tensor.copy)(&mut told)?;
        if out.bytes != end {
            let name = &tensor.name;
            let reason = format!("tensor `{name}` has other numbers than its shape says");
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
    }
    out.finish()
}

fn header(tensors: &[&TensorToWrite<'_>], metadata: &BTreeMap<String, String>) -> String {
    let mut header = Map::new();
    if !metadata.is_empty() {
        header.insert("__metadata__".to_owned(), json!(metadata));
    }
    let mut start = 0;
    for tensor in tensors {
        let end = start + tensor.bytes();
        let place = json!({"dtype": tensor.number.name(), "shape": tensor.shape, "data_offsets": [start, end]});
        header.insert(tensor.name.clone(), place);
        start = end;
    }
    let mut text = Value::Object(header).to_string();
    text.extend(std::iter::repeat_n(
        ' ',
        text.len().next_multiple_of(8) - text.len(),
    ));
    text
}

struct Hashed {
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl Hashed {
    fn finish(mut self) -> io::Result<Written> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        Ok(Written {
            bytes: self.bytes,
            sha256: format!("{:x}", self.hash.finalize()),
        })
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Tells of what passes.
struct Told<'a> {
    out: &'a mut Hashed,
    copied: &'a mut dyn FnMut(u64) -> ControlFlow<()>,
}

impl Write for Told<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        match (self.copied)(written as u64) {
            ControlFlow::Continue(()) => Ok(written),
            ControlFlow::Break(()) => Err(io::Error::other("stopped before the end")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
