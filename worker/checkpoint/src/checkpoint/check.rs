//! Whether a file has the tensors that a model needs, and everything that is wrong with it at once.

use std::collections::BTreeMap;

use super::{Found, Stored};

/// How many faults are told one by one.
const TOLD: usize = 10;

/// The needed tensors by name, each with its name in the file. Fails with a text of all faults.
pub fn check<'a>(
    needed: &BTreeMap<String, Vec<usize>>,
    found: &BTreeMap<String, (&'a str, &'a Found)>,
) -> Result<BTreeMap<String, &'a Stored>, String> {
    let (mut usable, mut faults) = (BTreeMap::new(), Vec::new());
    for (name, shape) in needed {
        match fitting(shape, found.get(name).copied()) {
            Ok(stored) => {
                usable.insert(name.clone(), stored);
            }
            Err(fault) => faults.push(format!("tensor `{name}` {fault}")),
        }
    }
    if faults.is_empty() {
        return Ok(usable);
    }
    Err(told(&faults, needed.len()))
}

fn fitting<'a>(shape: &[usize], found: Option<(&str, &'a Found)>) -> Result<&'a Stored, String> {
    let (_, found) = found.ok_or("is missing")?;
    let stored = found.as_ref().map_err(Clone::clone)?;
    if stored.shape != shape {
        return Err(format!(
            "has the shape {:?} where {shape:?} is needed",
            stored.shape
        ));
    }
    Ok(stored)
}

fn told(faults: &[String], needed: usize) -> String {
    let first = faults.iter().take(TOLD).map(|fault| format!("\n  {fault}"));
    let more = match faults.len().saturating_sub(TOLD) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    let (count, first) = (faults.len(), first.collect::<String>());
    format!(
        "is not the model that its config.json describes; {count} of {needed} tensors are wrong:{first}{more}"
    )
}
