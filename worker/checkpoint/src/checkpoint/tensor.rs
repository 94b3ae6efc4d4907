//! Where a tensor's bytes lie in a file, and how to read them in order.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt as _;

/// The types of numbers that a model may be stored in. They are kept as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    F32,
    F16,
    BF16,
}

impl Number {
    /// As safetensors names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::BF16 => "BF16",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::F32, Self::F16, Self::BF16]
            .into_iter()
            .find(|number| number.name() == name)
    }

    pub fn bytes(self) -> u64 {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::BF16 => 2,
        }
    }
}

/// A tensor of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub number: Number,
    pub shape: Vec<usize>,
    /// In elements, one for each axis.
    strides: Vec<usize>,
    /// Of the first element, in bytes from the file's beginning.
    start: u64,
}

/// What is copied at a time.
const CHUNK: usize = 1 << 20;

impl Stored {
    /// A tensor whose elements follow each other.
    pub(super) fn contiguous(number: Number, shape: Vec<usize>, start: u64) -> Self {
        Self {
            strides: contiguous_strides(&shape),
            number,
            shape,
            start,
        }
    }

    /// A view of a storage of `length` bytes at `place`. Fails with the reason where it would reach beyond.
    pub(super) fn view(
        number: Number,
        shape: Vec<usize>,
        strides: Vec<usize>,
        offset: usize,
        (place, length): (u64, u64),
    ) -> Result<Self, String> {
        let impossible = || "has an impossible shape".to_owned();
        if shape.len() != strides.len() || count(&shape).is_none() {
            return Err(impossible());
        }
        let stored = Self {
            number,
            shape,
            strides,
            start: place + offset as u64 * number.bytes(),
        };
        let span = stored.span().ok_or_else(impossible)?;
        let end = span.checked_add(offset as u64 * number.bytes());
        match end.ok_or_else(impossible)? {
            end if end > length => Err(format!(
                "is cut off: it needs {end} bytes, and its storage has {length}"
            )),
            _ => Ok(stored),
        }
    }

    /// Of all its elements.
    pub fn bytes(&self) -> u64 {
        count(&self.shape).unwrap_or(0) as u64 * self.number.bytes()
    }

    /// From the first byte to behind the last one in the storage.
    fn span(&self) -> Option<u64> {
        if self.shape.contains(&0) {
            return Some(0);
        }
        let mut last = 0_usize;
        for (size, stride) in self.shape.iter().zip(&self.strides) {
            last = last.checked_add((size - 1).checked_mul(*stride)?)?;
        }
        (last as u64)
            .checked_add(1)?
            .checked_mul(self.number.bytes())
    }

    /// Writes its elements in order.
    pub(super) fn copy(&self, file: &File, out: &mut dyn Write) -> io::Result<()> {
        if self.strides == contiguous_strides(&self.shape) {
            self.copy_bytes(file, out)
        } else {
            self.gather(file, out)
        }
    }

    fn copy_bytes(&self, file: &File, out: &mut dyn Write) -> io::Result<()> {
        let mut chunk = vec![0; CHUNK];
        let (mut at, end) = (self.start, self.start + self.bytes());
        while at < end {
            let length = (end - at).min(CHUNK as u64) as usize;
            file.read_exact_at(&mut chunk[..length], at)?;
            out.write_all(&chunk[..length])?;
            at += length as u64;
        }
        Ok(())
    }

    /// For transposed tensors: the span is read at once.
    fn gather(&self, file: &File, out: &mut dyn Write) -> io::Result<()> {
        let mut span = vec![0; self.span().unwrap_or(0) as usize];
        file.read_exact_at(&mut span, self.start)?;
        let width = self.number.bytes() as usize;
        let mut index = vec![0; self.shape.len()];
        for _ in 0..count(&self.shape).unwrap_or(0) {
            let element: usize = index
                .iter()
                .zip(&self.strides)
                .map(|(i, stride)| i * stride)
                .sum();
            out.write_all(&span[element * width..][..width])?;
            advance(&mut index, &self.shape);
        }
        Ok(())
    }
}

/// To the next element, the last axis first.
fn advance(index: &mut [usize], shape: &[usize]) {
    for (i, size) in index.iter_mut().zip(shape).rev() {
        *i += 1;
        if *i < *size {
            return;
        }
        *i = 0;
    }
}

fn contiguous_strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1_usize; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis].saturating_mul(shape[axis]);
    }
    strides
}

/// How many elements, unless they cannot be counted in bytes.
pub(super) fn count(shape: &[usize]) -> Option<usize> {
    let count = shape
        .iter()
        .try_fold(1_usize, |count, size| count.checked_mul(*size))?;
    count.checked_mul(size_of::<f64>()).map(|_| count)
}

#[cfg(test)]
mod tests {
    use super::*;

    const F32: Number = Number::F32;

    #[test]
    fn a_transposed_view_is_written_in_order() {
        let mut file = tempfile::tempfile().unwrap();
        let bytes: Vec<u8> = (0..7).flat_map(|n: u16| n.to_le_bytes()).collect();
        file.write_all(&bytes).unwrap();
        let transposed = Stored::view(Number::F16, vec![3, 2], vec![1, 3], 1, (0, 14)).unwrap();
        let mut out = Vec::new();
        transposed.copy(&file, &mut out).unwrap();
        let read: Vec<u8> = out.chunks(2).map(|pair| pair[0]).collect();
        assert_eq!(read, [1, 4, 2, 5, 3, 6]);
    }

    #[test]
    fn what_reaches_beyond_its_storage_is_told() {
        let view = |shape: &[usize], strides: &[usize], offset| {
            Stored::view(F32, shape.to_vec(), strides.to_vec(), offset, (100, 24))
        };
        assert_eq!(view(&[2, 3], &[3, 1], 0).unwrap().bytes(), 24);
        assert_eq!(view(&[], &[], 5).unwrap().bytes(), 4);
        assert_eq!(view(&[0, 3], &[3, 1], 6).unwrap().bytes(), 0);
        for (shape, strides, offset) in [
            (&[2, 3][..], &[3, 1][..], 1),
            (&[2, 3], &[4, 1], 0),
            (&[], &[], 6),
            (&[usize::MAX, 2], &[0, 0], 0),
            (&[2, 2], &[usize::MAX, 1], 0),
            (&[2, 3], &[1], 0),
        ] {
            view(shape, strides, offset).unwrap_err();
        }
    }
}
