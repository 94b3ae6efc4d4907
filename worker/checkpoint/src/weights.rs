//! The tensors of a checkpoint by name: read when they are asked for, or used where they lie in a mapped file.
#![expect(unsafe_code, reason = "tensors of gigabytes are used where they lie")]

use std::{fs::File, ops::Range, os::unix::fs::FileExt as _, path::Path, sync::Arc};

use candle_core::{DType, Device, Shape, Tensor};
use memmap2::Mmap;
use safetensors::{
    SafeTensors,
    tensor::{Metadata, TensorInfo},
};

use crate::error::{CheckpointError, Result};

/// A safetensors file. Cheap to clone.
#[derive(Clone)]
pub struct Weights {
    file: Arc<File>,
    map: Arc<Mmap>,
    metadata: Arc<Metadata>,
    /// Where the tensors' bytes begin.
    data: usize,
    device: Device,
}

/// Bytes in memory or in a mapped file.
pub enum Bytes {
    Owned(Box<[u8]>),
    /// Within the file.
    Mapped(Arc<Mmap>, Range<usize>),
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Owned(bytes) => bytes,
            Self::Mapped(map, range) => map.get(range.clone()).unwrap_or_default(),
        }
    }
}

impl Weights {
    /// Maps a file, whose tensors go to `device` when they are asked for.
    pub fn open(path: &Path, device: &Device) -> Result<Self> {
        let failed = |error: &dyn std::error::Error| CheckpointError::file(path, error);
        let file = File::open(path).map_err(|error| failed(&error))?;
        // SAFETY: the map is only read. A file that is truncated or written to meanwhile would be undefined behaviour: models
        // are written beside their final place and renamed into it, and never changed there.
        let map = unsafe { Mmap::map(&file) }.map_err(|error| failed(&error))?;
        let (header, metadata) =
            SafeTensors::read_metadata(&map).map_err(|error| failed(&error))?;
        Ok(Self {
            data: header + size_of::<u64>(),
            file: Arc::new(file),
            map: Arc::new(map),
            metadata: Arc::new(metadata),
            device: device.clone(),
        })
    }

    pub fn device(&self) -> &Device {
        &self.device
    }

    pub fn names(&self) -> Vec<String> {
        self.metadata.offset_keys()
    }

    pub fn contains(&self, name: &str) -> bool {
        self.metadata.info(name).is_some()
    }

    pub fn shape(&self, name: &str) -> Result<Vec<usize>> {
        Ok(self.info(name)?.shape.clone())
    }

    /// That the tensor is there and has this shape.
    pub fn check(&self, name: &str, shape: &[usize]) -> Result<()> {
        let found = self.shape(name)?;
        if found == shape {
            return Ok(());
        }
        let reason = format!("has the shape {found:?} where {shape:?} is needed");
        Err(CheckpointError::tensor(name, reason))
    }

    /// The tensor as f32, which must have this shape.
    pub fn get(&self, name: &str, shape: impl Into<Shape>) -> Result<Tensor> {
        let shape = shape.into();
        self.check(name, shape.dims())?;
        let tensor = Tensor::from_raw_buffer(
            &self.read(name)?,
            self.dtype(name)?,
            shape.dims(),
            &Device::Cpu,
        )?;
        Ok(tensor.to_dtype(DType::F32)?.to_device(&self.device)?)
    }

    fn info(&self, name: &str) -> Result<&TensorInfo> {
        let info = self.metadata.info(name);
        info.ok_or_else(|| CheckpointError::tensor(name, "is missing"))
    }

    fn dtype(&self, name: &str) -> Result<DType> {
        let dtype = self.info(name)?.dtype;
        DType::try_from(dtype).map_err(|error| CheckpointError::tensor(name, error))
    }

    /// The bytes of the tensor where they lie in the file, which stays mapped as long as they are held.
    pub fn mapped(&self, name: &str) -> Result<Bytes> {
        let (start, end) = self.info(name)?.data_offsets;
        self.bytes(name)?;
        Ok(Bytes::Mapped(
            Arc::clone(&self.map),
            self.data + start..self.data + end,
        ))
    }

    /// The bytes of the tensor in memory of their own: pages of a map would stay, and count, beside what layers make of them.
    fn read(&self, name: &str) -> Result<Vec<u8>> {
        let mut bytes = vec![0; self.bytes(name)?.len()];
        let (start, _) = self.info(name)?.data_offsets;
        self.file
            .read_exact_at(&mut bytes, (self.data + start) as u64)
            .map_err(|error| CheckpointError::tensor(name, error))?;
        Ok(bytes)
    }

    /// The bytes of the tensor as they lie in the file.
    fn bytes(&self, name: &str) -> Result<&[u8]> {
        let (start, end) = self.info(name)?.data_offsets;
        let bytes = self.map.get(self.data + start..self.data + end);
        bytes.ok_or_else(|| CheckpointError::tensor(name, "is cut off: the file is too short"))
    }
}
