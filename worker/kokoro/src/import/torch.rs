//! The weights of a torch checkpoint: a state dictionary for each part of the model, weight norm of either kind folded.

use std::borrow::Cow;
use std::collections::BTreeMap;

use kiskadee_checkpoint::{Checkpoint, ImportedTensor, Number, Stored};

use crate::error::{KokoroError, Result};

const WRAPPER: &str = "module.";
/// Names of weight norm, old and new: the lengths, then the directions.
const NORMS: [(&str, &str); 2] = [
    (".weight_g", ".weight_v"),
    (
        ".parametrizations.weight.original0",
        ".parametrizations.weight.original1",
    ),
];

/// All weights of the model.
pub(super) fn tensors(file: &Checkpoint) -> Result<BTreeMap<String, ImportedTensor<'_>>> {
    let stored = stored(file)?;
    let mut tensors = BTreeMap::new();
    for (name, found) in &stored {
        let lengths = NORMS.iter().any(|(lengths, _)| name.ends_with(lengths));
        if lengths {
            continue;
        }
        let normed = NORMS.iter().find_map(|(lengths, directions)| {
            let module = name.strip_suffix(directions)?;
            Some((module, stored.get(&format!("{module}{lengths}")).copied()))
        });
        let (name, lengths) = match normed {
            Some((module, Some(lengths))) => (format!("{module}.weight"), Some(lengths)),
            Some((module, None)) => {
                let reason = "has weight norm without its lengths";
                return Err(KokoroError::tensor(module, reason));
            }
            None => (name.clone(), None),
        };
        let found = *found;
        let values = move || {
            let values = read(file, found)?;
            Ok(Cow::Owned(match lengths {
                Some(lengths) => folded(values, &read(file, lengths)?)?,
                None => values,
            }))
        };
        let tensor = ImportedTensor::new(name.clone(), found.shape.clone(), values);
        tensors.insert(name, tensor);
    }
    Ok(tensors)
}

/// By part and name, without the wrapper for several devices.
fn stored(file: &Checkpoint) -> Result<BTreeMap<String, &Stored>> {
    let mut stored = BTreeMap::new();
    for entry in file.entries() {
        let name = match &entry.path[..] {
            [part, name] => {
                let name = name.strip_prefix(WRAPPER).unwrap_or(name);
                format!("{part}.{name}")
            }
            // A state dictionary of the whole.
            [name] => name.strip_prefix(WRAPPER).unwrap_or(name).to_owned(),
            _ => continue,
        };
        match &entry.found {
            Ok(found) => stored.insert(name, found),
            // Counters and the like are of no type of weights.
            Err(reason) if super::is_needed(&name) => {
                return Err(KokoroError::tensor(name, reason));
            }
            Err(_) => None,
        };
    }
    Ok(stored)
}

fn read(file: &Checkpoint, stored: &Stored) -> Result<Vec<f32>, String> {
    let mut bytes = Vec::with_capacity(stored.bytes() as usize);
    file.copy(stored, &mut bytes)
        .map_err(|error| error.to_string())?;
    let halves = || bytes.as_chunks::<2>().0.iter();
    Ok(match stored.number {
        Number::F32 => {
            let chunks = bytes.as_chunks::<4>().0.iter();
            chunks.map(|chunk| f32::from_le_bytes(*chunk)).collect()
        }
        Number::F16 => halves()
            .map(|chunk| half::f16::from_le_bytes(*chunk).to_f32())
            .collect(),
        Number::BF16 => halves()
            .map(|chunk| half::bf16::from_le_bytes(*chunk).to_f32())
            .collect(),
    })
}

/// Directions brought to their lengths, one for each output (Salimans and Kingma, 2016).
fn folded(mut directions: Vec<f32>, lengths: &[f32]) -> Result<Vec<f32>, String> {
    if lengths.is_empty() || !directions.len().is_multiple_of(lengths.len()) {
        return Err(format!(
            "has {} lengths for {} numbers",
            lengths.len(),
            directions.len()
        ));
    }
    let width = directions.len() / lengths.len();
    for (row, length) in directions.chunks_mut(width.max(1)).zip(lengths) {
        let norm = row.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
        let norm = norm.sqrt() as f32;
        row.iter_mut().for_each(|x| *x = *x * length / norm);
    }
    Ok(directions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_brought_to_their_lengths() {
        assert_eq!(
            folded(vec![3.0, 4.0, 0.0, 2.0], &[10.0, 1.0]),
            Ok(vec![6.0, 8.0, 0.0, 1.0])
        );
        assert!(folded(vec![1.0; 4], &[1.0; 3]).is_err());
    }
}
