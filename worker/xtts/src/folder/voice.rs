//! A tuned voice as one file: the GPT that learned it, in half precision, and the voice itself. All else is that of the model that it was
//! tuned from, which is named by its hash.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use candle_core::Device;
use half::f16;
use kiskadee_checkpoint::{Checkpoint, Number, TensorToWrite, Weights, metadata, write};
use serde::{Deserialize, Serialize};

use super::{ModelFolder, Progress, Tuned, files, tuned};
use crate::conditioning::Conditioning;
use crate::error::{Result, XttsError};

/// Of the metadata that tells what the file is.
const ABOUT: &str = "kiskadee_tuned_xtts";
const FORMAT: u32 = 1;
const LATENTS: &str = "voice.gpt_cond_latent";
const EMBEDDING: &str = "voice.speaker_embedding";
/// What the names of the GPT's tensors begin with.
const GPT: &str = "gpt.";

/// What is known of a tuned voice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct About {
    format: u32,
    /// SHA-256 of the file of the model that it was tuned from.
    base: String,
    origin: String,
    /// Of the model that it was tuned from, which binds it too.
    licence: String,
}

/// A tuned voice in a file.
#[derive(Debug, Clone)]
pub struct TunedVoice {
    path: PathBuf,
    about: About,
    conditioning: Conditioning,
}

/// What tells a model from all others: the hash of its file.
pub fn model_id(folder: &ModelFolder) -> Result<&str> {
    let file = folder.manifest().files.get(files::MODEL);
    let missing = || XttsError::file(folder.path(), "its manifest does not name the model's file");
    file.map(|file| file.sha256.as_str()).ok_or_else(missing)
}

impl TunedVoice {
    /// Writes the file, a tensor at a time. `gpt` are tensors in f32 under their names in a model. Returns how many bytes it has.
    pub fn write(
        path: &Path,
        base: &ModelFolder,
        origin: String,
        gpt: Vec<TensorToWrite<'_>>,
        conditioning: &Conditioning,
    ) -> Result<u64> {
        let about = About {
            format: FORMAT,
            base: model_id(base)?.to_owned(),
            origin,
            licence: base.manifest().licence.title.clone(),
        };
        let document = serde_json::to_string(&about);
        let document = document.map_err(|error| XttsError::file(path, error))?;
        let voice = [
            (LATENTS, conditioning.latents()),
            (EMBEDDING, conditioning.embedding()),
        ];
        let voice = voice.map(|(name, values)| floats(name, values));
        let tensors: Vec<TensorToWrite<'_>> = gpt.into_iter().map(halved).chain(voice).collect();
        let about = BTreeMap::from([(ABOUT.to_owned(), document)]);
        let written = write(path, &tensors, &about, &mut |_| ControlFlow::Continue(()));
        Ok(written.map_err(|error| XttsError::file(path, error))?.bytes)
    }

    /// Reads what the file is, and its voice. Fails where it is something else.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let about = about(&path).map_err(|reason| XttsError::file(&path, reason))?;
        let weights = Weights::open(&path, &Device::Cpu)?;
        let values = |name: &str| -> Result<Vec<f32>> {
            let tensor = weights.get(name, weights.shape(name)?)?;
            Ok(tensor.flatten_all()?.to_vec1()?)
        };
        Ok(Self {
            conditioning: Conditioning::new(values(LATENTS)?, values(EMBEDDING)?)?,
            path,
            about,
        })
    }

    pub fn conditioning(&self) -> &Conditioning {
        &self.conditioning
    }

    /// The hash of the model that it was tuned from.
    pub fn base(&self) -> &str {
        &self.about.base
    }

    /// Refuses a file with a value that is no number.
    pub fn check_finite(&self) -> Result<()> {
        let weights = Weights::open(&self.path, &Device::Cpu)?;
        for name in weights.names() {
            let tensor = weights.get(&name, weights.shape(&name)?)?;
            let sum = tensor.abs()?.sum_all()?.to_scalar::<f32>()?;
            if !sum.is_finite() {
                return Err(XttsError::tensor(name, "holds values that are not finite"));
            }
        }
        Ok(())
    }

    /// Writes the folder of the model that speaks with it.
    pub fn unfold(
        &self,
        base: &ModelFolder,
        target: &Path,
        progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
    ) -> Result<ModelFolder> {
        let id = model_id(base)?;
        if id != self.about.base {
            return Err(XttsError::Input(format!(
                "the voice was tuned from another model ({:.12}) than the one that is here ({id:.12})",
                self.about.base
            )));
        }
        let file = Checkpoint::open(&self.path)?;
        let mut tensors = Vec::new();
        for (name, found) in file.state_dict() {
            if name.starts_with(GPT) {
                let stored = found.as_ref();
                let stored = stored.map_err(|reason| XttsError::tensor(name, reason))?;
                tensors.push(TensorToWrite::stored(name.to_owned(), &file, stored));
            }
        }
        let origin = self.about.origin.clone();
        tuned(
            Tuned {
                base,
                target,
                origin,
                tensors,
            },
            progress,
        )
    }
}

fn about(path: &Path) -> Result<About, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let found = metadata(&file)?;
    let document = found.get(ABOUT).ok_or("is no tuned voice of XTTS")?;
    let about: About = serde_json::from_str(document).map_err(|error| error.to_string())?;
    if about.format == FORMAT {
        Ok(about)
    } else {
        Err(format!("its format is {}, not {FORMAT}", about.format))
    }
}

fn floats<'a>(name: &str, values: &'a [f32]) -> TensorToWrite<'a> {
    TensorToWrite {
        name: name.to_owned(),
        number: Number::F32,
        shape: vec![values.len()],
        copy: Box::new(|out| {
            let mut values = values.iter();
            values.try_for_each(|value| out.write_all(&value.to_le_bytes()))
        }),
    }
}

/// The same numbers in half the bytes. What is in half precision already stays as it is.
fn halved(tensor: TensorToWrite<'_>) -> TensorToWrite<'_> {
    if tensor.number != Number::F32 {
        return tensor;
    }
    let TensorToWrite {
        name, shape, copy, ..
    } = tensor;
    TensorToWrite {
        name,
        number: Number::F16,
        shape,
        copy: Box::new(move |out| {
            let mut halving = Halving {
                out,
                rest: Vec::new(),
            };
            copy(&mut halving)
        }),
    }
}

/// Takes f32 and gives f16.
struct Halving<'a> {
    out: &'a mut dyn Write,
    /// Of a number that is not whole yet.
    rest: Vec<u8>,
}

impl Write for Halving<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.rest.extend_from_slice(bytes);
        let whole = self.rest.len() / size_of::<f32>() * size_of::<f32>();
        let numbers = self.rest[..whole].chunks_exact(size_of::<f32>());
        let halves = numbers.flat_map(|number| {
            let number = f32::from_le_bytes([number[0], number[1], number[2], number[3]]);
            f16::from_f32(number).to_le_bytes()
        });
        let halves: Vec<u8> = halves.collect();
        self.out.write_all(&halves)?;
        self.rest.drain(..whole);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_halved_however_they_come() {
        let values = [1.0f32, -0.5, 65_504.0, 1e-7];
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let mut out = Vec::new();
        let mut halving = Halving {
            out: &mut out,
            rest: Vec::new(),
        };
        for piece in bytes.chunks(3) {
            halving.write_all(piece).unwrap();
        }
        let halves: Vec<f32> = out
            .chunks_exact(2)
            .map(|half| f16::from_le_bytes([half[0], half[1]]).to_f32())
            .collect();
        let same = |(a, b): (&f32, &f32)| a.to_bits() == b.to_bits();
        assert!(halves.iter().zip(&values).take(3).all(same));
        assert!((halves[3] - values[3]).abs() < 6e-8);
    }
}
