//! Files of safetensors: a header in JSON that names the place of each tensor.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::os::unix::fs::FileExt as _;

use serde::Deserialize;

use super::tensor::{Number, Stored, count};
use super::{Entry, Found};

/// As safetensors itself bounds it.
const LONGEST_HEADER: u64 = 100_000_000;

#[derive(Deserialize)]
struct Header {
    #[serde(default, rename = "__metadata__")]
    metadata: HashMap<String, String>,
    #[serde(flatten)]
    tensors: BTreeMap<String, Place>,
}

#[derive(Deserialize)]
struct Place {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (u64, u64),
}

/// Lists the tensors of a file.
pub(super) fn read(file: &File) -> Result<Vec<Entry>, String> {
    let (header, data) = header(file)?;
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    let entry = |(name, place): (String, Place)| Entry {
        found: place.stored(data, length),
        path: vec![name],
    };
    Ok(header.tensors.into_iter().map(entry).collect())
}

/// What the file tells of itself.
pub fn metadata(file: &File) -> Result<HashMap<String, String>, String> {
    header(file).map(|(header, _)| header.metadata)
}

/// The header, and where the tensors' bytes begin.
fn header(file: &File) -> Result<(Header, u64), String> {
    let cut_off = |_| "is cut off, or no safetensors file: get it again".to_owned();
    let mut length = [0; 8];
    file.read_exact_at(&mut length, 0).map_err(cut_off)?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST_HEADER {
        return Err("is no safetensors file: its header would be too long".to_owned());
    }
    let mut json = vec![0; length as usize];
    file.read_exact_at(&mut json, 8).map_err(cut_off)?;
    let header = serde_json::from_slice(&json);
    let header = header.map_err(|error| format!("is no safetensors file: {error}"))?;
    Ok((header, 8 + length))
}

impl Place {
    fn stored(&self, data: u64, length: u64) -> Found {
        let number = Number::from_name(&self.dtype).ok_or_else(|| {
            format!(
                "has the unexpected data type {}: F32, F16 and BF16 are read",
                self.dtype
            )
        })?;
        let (start, end) = self.data_offsets;
        let bytes = count(&self.shape).map(|count| count as u64 * number.bytes());
        if bytes.is_none() || end.checked_sub(start) != bytes {
            return Err("is damaged: its place does not fit its shape".to_owned());
        }
        if end > length.saturating_sub(data) {
            let missing = end - length.saturating_sub(data);
            return Err(format!(
                "is cut off: the file is {missing} bytes too short for it"
            ));
        }
        Ok(Stored::contiguous(number, self.shape.clone(), data + start))
    }
}
