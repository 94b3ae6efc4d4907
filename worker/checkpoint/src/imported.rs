//! What an engine's importer makes of the files that it was given, and the writing of it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::path::Path;

use crate::checkpoint::Number;
use crate::error::Result;
use crate::folder::{Acceptance, FolderWriter, Licence, ModelFolder, Progress, Provenance};
use crate::writer::TensorToWrite;

/// A model that is ready to be written: everything in it was checked, and its large tensors are still where they were.
pub struct ImportedModel<'a> {
    /// `kokoro`, `piper`.
    pub engine: &'static str,
    /// Small files by name: configurations, the original descriptions.
    pub documents: Vec<(String, Vec<u8>)>,
    pub tensors: Vec<TensorFile<'a>>,
}

/// A file of tensors in f32, which are written in this order.
pub struct TensorFile<'a> {
    pub name: String,
    pub metadata: BTreeMap<String, String>,
    pub tensors: Vec<ImportedTensor<'a>>,
}

type Values<'a> = Box<dyn Fn() -> Result<Cow<'a, [f32]>, String> + 'a>;

/// A tensor whose numbers are made when they are written: converted, dequantised, or folded with others.
pub struct ImportedTensor<'a> {
    pub name: String,
    pub shape: Vec<usize>,
    values: Values<'a>,
}

impl<'a> ImportedTensor<'a> {
    /// `values` gives as many numbers as the shape has, or the reason why it cannot.
    pub fn new(
        name: impl Into<String>,
        shape: impl Into<Vec<usize>>,
        values: impl Fn() -> Result<Cow<'a, [f32]>, String> + 'a,
    ) -> Self {
        Self {
            name: name.into(),
            shape: shape.into(),
            values: Box::new(values),
        }
    }

    /// The numbers, in order.
    pub fn values(&self) -> Result<Cow<'a, [f32]>, String> {
        (self.values)()
    }

    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let values = self.values();
        let values = values
            .map_err(|reason| io::Error::other(format!("tensor `{}` {reason}", self.name)))?;
        let mut bytes = io::BufWriter::with_capacity(1 << 16, out);
        for value in values.iter() {
            bytes.write_all(&value.to_le_bytes())?;
        }
        bytes.flush()
    }
}

impl ImportedModel<'_> {
    /// Numbers in all its tensors.
    pub fn parameters(&self) -> u64 {
        let tensors = self.tensors.iter().flat_map(|file| &file.tensors);
        let counts = tensors.map(|tensor| tensor.shape.iter().product::<usize>() as u64);
        counts.sum()
    }

    /// Writes the folder, instead of what is there. `progress` may stop it; an import that fails, is stopped or is killed leaves
    /// the target as it was. Memory holds one tensor at most.
    pub fn write(
        &self,
        target: &Path,
        source: String,
        licence: Licence,
        acceptance: Option<Acceptance>,
        progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
    ) -> Result<ModelFolder> {
        let mut writer = FolderWriter::begin(target, progress)?;
        for (name, content) in &self.documents {
            writer.put(name, content)?;
        }
        for file in &self.tensors {
            let tensors: Vec<_> = file.tensors.iter().map(to_write).collect();
            writer.tensors(&file.name, &tensors, &file.metadata)?;
        }
        writer.publish(Provenance {
            engine: self.engine.to_owned(),
            source,
            licence,
            acceptance,
            parameters: self.parameters(),
        })
    }
}

fn to_write<'a>(tensor: &'a ImportedTensor<'_>) -> TensorToWrite<'a> {
    TensorToWrite {
        name: tensor.name.clone(),
        number: Number::F32,
        shape: tensor.shape.clone(),
        copy: Box::new(|out| tensor.write(out)),
    }
}
