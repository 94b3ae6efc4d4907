//! The file of an index as faiss writes it, little endian. Every count is compared with what is left of the file before anything is allocated by it.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use super::{Cell, RetrievalIndex};
use crate::error::{Result, RvcError};

/// The squared Euclidean distance.
const METRIC_L2: u32 = 1;
const WIDEST: usize = 65_536;

pub(super) fn read(path: &Path) -> Result<RetrievalIndex> {
    let failed = |error: std::io::Error| RvcError::unreadable(path, error);
    let file = File::open(path).map_err(failed)?;
    let left = file.metadata().map_err(failed)?.len();
    let mut input = Input {
        file: BufReader::with_capacity(1 << 16, file),
        left,
    };
    let (width, total, probes, cells) = header(&mut input)?;
    let centroids = centroids(&mut input, width, cells)?;
    // A map from ids to places, which the writer leaves empty.
    if input.u8()? != 0 || input.u64()? != 0 {
        return Err(damaged("it has a direct map, which no voice's index has"));
    }
    let sizes = sizes(&mut input, width, cells, total)?;
    let read = sizes
        .into_iter()
        .map(|size| cell(&mut input, width, size, total));
    let cells = read.collect::<Result<Vec<Cell>>>()?;
    if input.left > 0 {
        return Err(damaged(format!(
            "{} bytes are left behind its end",
            input.left
        )));
    }
    check_ids(&cells, total)?;
    Ok(RetrievalIndex {
        width,
        probes: probes.clamp(1, cells.len()),
        centroids,
        cells,
    })
}

fn header(input: &mut Input) -> Result<(usize, usize, usize, usize)> {
    input.tag(*b"IwFl")?;
    let (width, total) = input.head()?;
    let (cells, probes) = (input.size()?, input.size()?);
    if !(1..=WIDEST).contains(&width) || cells == 0 {
        return Err(damaged(format!(
            "{cells} cells of vectors of {width} values"
        )));
    }
    Ok((width, total, probes, cells))
}

fn centroids(input: &mut Input, width: usize, cells: usize) -> Result<Vec<f32>> {
    input.tag(*b"IxF2")?;
    let (found_width, found_cells) = input.head()?;
    let count = input.size()?;
    if (found_width, found_cells) != (width, cells) || Some(count) != width.checked_mul(cells) {
        return Err(damaged("its centroids do not fit its cells"));
    }
    input.floats(count, "the centroids of the index")
}

/// Vectors of each cell.
fn sizes(input: &mut Input, width: usize, cells: usize, total: usize) -> Result<Vec<usize>> {
    match &input.bytes::<4>()? {
        b"il00" => return Err(RvcError::IndexWithoutVectors),
        b"ilar" => {}
        other => return Err(damaged(format!("its lists are of the kind {other:?}"))),
    }
    if input.size()? != cells || input.size()? != width * size_of::<f32>() {
        return Err(damaged(
            "its lists are not of whole vectors, or not one for each cell",
        ));
    }
    let kind = input.bytes::<4>()?;
    let count = input.size()?;
    let told = input.sizes(count)?;
    let sizes = match &kind {
        b"full" if told.len() == cells => told,
        b"sprs" => {
            let mut sizes = vec![0; cells];
            for pair in told.chunks(2) {
                match (
                    pair.first().and_then(|cell| sizes.get_mut(*cell)),
                    pair.get(1),
                ) {
                    (Some(size), Some(count)) => *size = *count,
                    _ => return Err(damaged("it tells the size of a cell that is not there")),
                }
            }
            sizes
        }
        _ => return Err(damaged("it does not tell how large its cells are")),
    };
    let sum = sizes
        .iter()
        .try_fold(0_usize, |sum, size| sum.checked_add(*size));
    match sum {
        Some(0) => Err(RvcError::IndexWithoutVectors),
        Some(sum) if sum == total => Ok(sizes),
        _ => Err(damaged(format!(
            "its cells do not hold {total} vectors in all"
        ))),
    }
}

fn cell(input: &mut Input, width: usize, size: usize, total: usize) -> Result<Cell> {
    let count = size
        .checked_mul(width)
        .ok_or_else(|| damaged("a cell is too large"))?;
    let vectors = input.floats(count, "the vectors of the index")?;
    let ids = input.sizes(size)?;
    let id = |id: usize| -> Result<u32> {
        let known = u32::try_from(id).ok().filter(|_| id < total);
        known.ok_or_else(|| damaged(format!("there is a vector {id} of {total}")))
    };
    Ok(Cell {
        vectors,
        ids: ids.into_iter().map(id).collect::<Result<_>>()?,
    })
}

/// That each vector is there once.
fn check_ids(cells: &[Cell], total: usize) -> Result<()> {
    let mut seen = vec![false; total];
    for id in cells.iter().flat_map(|cell| &cell.ids) {
        match seen.get_mut(*id as usize) {
            Some(seen) if !*seen => *seen = true,
            _ => return Err(damaged(format!("the vector {id} is there twice"))),
        }
    }
    Ok(())
}

fn damaged(reason: impl Into<String>) -> RvcError {
    RvcError::IndexDamaged(reason.into())
}

struct Input {
    file: BufReader<File>,
    /// Bytes of the file that were not read yet.
    left: u64,
}

impl Input {
    /// Fails where so many elements are not there any more.
    fn claim(&mut self, count: usize, size: usize) -> Result<usize> {
        let bytes = count.checked_mul(size);
        let bytes = bytes.filter(|bytes| *bytes as u64 <= self.left);
        let Some(bytes) = bytes else {
            let left = self.left;
            return Err(damaged(format!(
                "it is cut off: {left} bytes are left for {count} values"
            )));
        };
        self.left -= bytes as u64;
        Ok(bytes)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.claim(N, 1)?;
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        let read = self.file.read_exact(bytes);
        read.map_err(|error| damaged(format!("it cannot be read: {error}")))
    }

    fn u8(&mut self) -> Result<u8> {
        Ok(u8::from_le_bytes(self.bytes()?))
    }

    fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }

    /// A count, which is negative in no file.
    fn size(&mut self) -> Result<usize> {
        let number = self.u64()?;
        let size = usize::try_from(number).ok();
        let size = size.filter(|_| number < 1 << 48);
        size.ok_or_else(|| damaged(format!("a count is {number}")))
    }

    fn sizes(&mut self, count: usize) -> Result<Vec<usize>> {
        if count as u64 > self.left / 8 {
            self.claim(count, 8)?;
        }
        (0..count).map(|_| self.size()).collect()
    }

    fn tag(&mut self, expected: [u8; 4]) -> Result<()> {
        let found = self.bytes::<4>()?;
        if found == expected {
            return Ok(());
        }
        let (found, expected) = (found.escape_ascii(), expected.escape_ascii());
        Err(damaged(format!(
            "it says `{found}` where `{expected}` belongs"
        )))
    }

    /// What every part begins with: the width of vectors and their number.
    fn head(&mut self) -> Result<(usize, usize)> {
        let (width, count) = (self.u32()? as usize, self.size()?);
        // Two numbers that faiss no longer uses, and whether it was trained, which what follows tells.
        self.bytes::<17>()?;
        match self.u32()? {
            METRIC_L2 => Ok((width, count)),
            other => Err(damaged(format!(
                "its distances are of the kind {other}, not Euclidean"
            ))),
        }
    }

    fn floats(&mut self, count: usize, name: &str) -> Result<Vec<f32>> {
        let mut bytes = vec![0; self.claim(count, size_of::<f32>())?];
        self.fill(&mut bytes)?;
        let (values, _) = bytes.as_chunks::<4>();
        let values: Vec<f32> = values
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect();
        if values.iter().all(|value| value.is_finite()) {
            Ok(values)
        } else {
            Err(RvcError::NotFinite {
                name: name.to_owned(),
            })
        }
    }
}
