//! Files of `torch.save`: a zip archive with a pickle and one entry for each storage.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufReader, Read as _};

use zip::{CompressionMethod, ZipArchive};

use super::pickle::{self, Arena, Constructor, Id, StorageType, Value};
use super::tensor::{Number, Stored};
use super::{Entry, Found, Setting, setting};

/// A pickle holds names and shapes: no checkpoint's comes near.
const LONGEST_PICKLE: u64 = 64 << 20;
/// Tensors in all, and how deep dictionaries are followed: `model.<name>`, or `<speaker>.<tensor>`.
const MOST_TENSORS: usize = 100_000;
const DEEPEST: usize = 2;

/// Lists the tensors of a file, and the values beside them.
pub(super) fn read(file: &File) -> Result<(Vec<Entry>, BTreeMap<String, Setting>), String> {
    let archive = Archive::open(file)?;
    let (arena, root) = pickle::read(&archive.pickle).map_err(|fault| fault.to_string())?;
    let mut walk = Walk {
        arena: &arena,
        archive: &archive,
        entries: Vec::new(),
    };
    walk.visit(root, &mut Vec::new())?;
    Ok((walk.entries, setting::read(&arena, root)))
}

struct Archive {
    pickle: Vec<u8>,
    /// Where each storage lies, and its length in bytes.
    storages: HashMap<String, (u64, u64)>,
}

impl Archive {
    fn open(file: &File) -> Result<Self, String> {
        let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|error| {
            format!("is cut off, or no file of torch 1.6 or later ({error}): get it again")
        })?;
        let suffix = "/data.pkl";
        let pickle = zip
            .file_names()
            .filter_map(Result::ok)
            .find(|name| name.ends_with(suffix))
            .map(Cow::into_owned)
            .ok_or("holds no pickle: it is no checkpoint of torch")?;
        let folder = pickle.trim_end_matches(suffix);
        let byte_order = format!("{folder}/byteorder");
        if zip.index_for_name(&byte_order).is_some()
            && read_entry(&mut zip, &byte_order, 16)? != b"little"
        {
            return Err("was written on a machine of the other byte order".to_owned());
        }
        let storages = storages(&mut zip, &format!("{folder}/data/"))?;
        let pickle = read_entry(&mut zip, &pickle, LONGEST_PICKLE)?;
        Ok(Self { pickle, storages })
    }
}

type Zip<'a> = ZipArchive<BufReader<&'a File>>;

fn read_entry(zip: &mut Zip<'_>, name: &str, longest: u64) -> Result<Vec<u8>, String> {
    let failed = |error: &dyn std::error::Error| format!("{name} cannot be read: {error}");
    let mut entry = zip.by_name(name).map_err(|error| failed(&error))?;
    if entry.size() > longest {
        return Err(format!(
            "{name} has {} bytes, which no checkpoint needs",
            entry.size()
        ));
    }
    let mut bytes = Vec::new();
    let read = entry.by_ref().take(longest).read_to_end(&mut bytes);
    read.map_err(|error| failed(&error))?;
    Ok(bytes)
}

fn storages(zip: &mut Zip<'_>, folder: &str) -> Result<HashMap<String, (u64, u64)>, String> {
    let mut storages = HashMap::new();
    for index in 0..zip.len() {
        let damaged = |error: &dyn std::error::Error| format!("is damaged: {error}");
        let entry = zip.by_index_raw(index).map_err(|error| damaged(&error))?;
        let name = entry.name().map_err(|error| damaged(&error))?;
        let Some(key) = name.strip_prefix(folder) else {
            continue;
        };
        if entry.compression() != CompressionMethod::Stored {
            return Err(format!(
                "its storage {key} is compressed, which torch never does"
            ));
        }
        let start = entry
            .data_start()
            .ok_or("is damaged: an entry has no place")?;
        storages.insert(key.to_owned(), (start, entry.size()));
    }
    Ok(storages)
}

struct Walk<'a> {
    arena: &'a Arena,
    archive: &'a Archive,
    entries: Vec<Entry>,
}

impl Walk<'_> {
    fn visit(&mut self, id: Id, path: &mut Vec<String>) -> Result<(), String> {
        if let Value::Tensor(arguments) = self.arena.get(id) {
            if self.entries.len() >= MOST_TENSORS {
                return Err("holds more tensors than any checkpoint".to_owned());
            }
            self.entries.push(Entry {
                path: path.clone(),
                found: self.tensor(*arguments),
            });
        } else if path.len() < DEEPEST {
            for (key, value) in self.arena.dict(id).unwrap_or_default() {
                let Some(key) = self.arena.text(*key) else {
                    continue;
                };
                path.push(key.to_owned());
                self.visit(*value, path)?;
                path.pop();
            }
        }
        Ok(())
    }

    /// Of the arguments of `_rebuild_tensor_v2`: storage, offset, shape, strides, and what is for training.
    fn tensor(&self, arguments: Id) -> Found {
        let damaged = || "is damaged: its place in the file is not told".to_owned();
        let Some([storage, offset, shape, strides, ..]) = self.arena.tuple(arguments) else {
            return Err(damaged());
        };
        let (number, key) = self.storage(*storage).ok_or_else(damaged)?;
        let number = number.map_err(|name| {
            format!("has the unexpected data type {name}: float32, float16 and bfloat16 are read")
        })?;
        let numbers = |id: Id| {
            let items = self.arena.tuple(id)?.iter();
            items
                .map(|item| self.number(*item))
                .collect::<Option<Vec<_>>>()
        };
        let offset = self.number(*offset).ok_or_else(damaged)?;
        let shape = numbers(*shape).ok_or_else(damaged)?;
        let strides = numbers(*strides).ok_or_else(damaged)?;
        let place = self.archive.storages.get(key);
        let place = place.ok_or_else(|| format!("is missing: there is no storage {key}"))?;
        Stored::view(number, shape, strides, offset, *place)
    }

    /// A number that cannot overflow when it is counted in bytes.
    fn number(&self, id: Id) -> Option<usize> {
        let number = self
            .arena
            .int(id)
            .and_then(|number| usize::try_from(number).ok())?;
        (number < 1 << 48).then_some(number)
    }

    /// Of the name `("storage", type, key, device, elements)`: its type and its key.
    fn storage(&self, id: Id) -> Option<(Result<Number, &'static str>, &str)> {
        let Value::Storage(name) = self.arena.get(id) else {
            return None;
        };
        let [_, class, key, ..] = self.arena.tuple(*name)? else {
            return None;
        };
        let Value::Constructor(Constructor::Storage(class)) = self.arena.get(*class) else {
            return None;
        };
        let number = match class {
            StorageType::Float => Ok(Number::F32),
            StorageType::Half => Ok(Number::F16),
            StorageType::BFloat16 => Ok(Number::BF16),
            StorageType::Unread(name) => Err(*name),
        };
        Some((number, self.arena.text(*key)?))
    }
}
