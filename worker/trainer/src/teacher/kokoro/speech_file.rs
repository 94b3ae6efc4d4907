//! What the teacher said of one sentence, in a file, since saying it takes a CPU about as long as hearing it.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::thread;

use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use crate::TrainError;

const SYMBOLS: &str = "symbols";
const RATE: &str = "sample_rate";

pub(super) struct SpeechFile {
    /// Mono, 16 bits.
    pub(super) samples: Vec<i16>,
    pub(super) rate: u32,
    /// Of each symbol and of the silence around them.
    pub(super) frames: Vec<u32>,
}

impl SpeechFile {
    /// What was said of `symbols`; none if there is no file or it holds something else.
    pub(super) fn load(path: &Path, symbols: &str) -> Result<Option<Self>, TrainError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(TrainError::file(path)(error)),
        };
        Self::decode(&bytes, symbols).map_err(|reason| TrainError::damaged(path, reason))
    }

    fn decode(bytes: &[u8], symbols: &str) -> Result<Option<Self>, String> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
        let header = header.metadata().clone().unwrap_or_default();
        if header.get(SYMBOLS).map(String::as_str) != Some(symbols) {
            return Ok(None);
        }
        let rate = header.get(RATE).and_then(|rate| rate.parse().ok());
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        let data = |name: &str, dtype| {
            let view = tensors.tensor(name).map_err(|error| error.to_string())?;
            let fits = view.dtype() == dtype;
            fits.then(|| view.data().to_vec())
                .ok_or(format!("{name} has the wrong form"))
        };
        let (samples, frames) = (data("samples", Dtype::I16)?, data("frames", Dtype::U32)?);
        let samples = samples.as_chunks().0.iter().copied();
        let frames = frames.as_chunks().0.iter().copied();
        Ok(Some(Self {
            samples: samples.map(i16::from_le_bytes).collect(),
            rate: rate.ok_or("it has no sample rate")?,
            frames: frames.map(u32::from_le_bytes).collect(),
        }))
    }

    pub(super) fn save(&self, path: &Path, symbols: &str) -> Result<(), TrainError> {
        let bytes = self
            .encode(symbols)
            .map_err(|reason| TrainError::damaged(path, reason))?;
        // Two threads may be saying the same.
        let partial = path.with_extension(format!("{:?}.partial", thread::current().id()));
        fs::write(&partial, bytes).map_err(TrainError::file(&partial))?;
        fs::rename(&partial, path).map_err(TrainError::file(path))
    }

    fn encode(&self, symbols: &str) -> Result<Vec<u8>, safetensors::SafeTensorError> {
        let samples: Vec<u8> = self.samples.iter().flat_map(|v| v.to_le_bytes()).collect();
        let frames: Vec<u8> = self.frames.iter().flat_map(|v| v.to_le_bytes()).collect();
        let header = HashMap::from([
            (SYMBOLS.to_owned(), symbols.to_owned()),
            (RATE.to_owned(), self.rate.to_string()),
        ]);
        let views = [
            (
                "samples",
                TensorView::new(Dtype::I16, vec![self.samples.len()], &samples)?,
            ),
            (
                "frames",
                TensorView::new(Dtype::U32, vec![self.frames.len()], &frames)?,
            ),
        ];
        safetensors::serialize(views, Some(header))
    }
}
