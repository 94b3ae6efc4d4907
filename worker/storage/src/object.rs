//! An object that is being read.

use std::{io::SeekFrom, ops::Range, time::SystemTime};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{GetResult, GetResultPayload, ObjectMeta};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use crate::StoreError;

/// Local files are read in pieces of this size: each costs a turn in the thread pool.
const READ_BYTES: usize = 128 << 10;

/// What is known of an object without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    pub bytes: u64,
    pub modified: SystemTime,
    /// Changes with the content; as the storage spells it, with or without quotes.
    pub etag: Option<String>,
}

impl From<ObjectMeta> for ObjectInfo {
    fn from(meta: ObjectMeta) -> Self {
        Self {
            bytes: meta.size,
            modified: meta.last_modified.into(),
            etag: meta.e_tag,
        }
    }
}

/// An object, or a part of it, as a stream.
pub struct Object {
    pub info: ObjectInfo,
    /// The part that the stream gives.
    pub range: Range<u64>,
    pub stream: BoxStream<'static, Result<Bytes, StoreError>>,
}

impl Object {
    pub(super) async fn new(result: GetResult) -> Result<Self, StoreError> {
        let (info, range) = (ObjectInfo::from(result.meta.clone()), result.range.clone());
        let stream = match result.payload {
            GetResultPayload::File(file, _) => read_file(file.into(), &range).await?,
            GetResultPayload::Stream(_) => result.into_stream().map_err(StoreError::from).boxed(),
        };
        Ok(Self {
            info,
            range,
            stream,
        })
    }
}

async fn read_file(
    mut file: tokio::fs::File,
    range: &Range<u64>,
) -> std::io::Result<BoxStream<'static, Result<Bytes, StoreError>>> {
    file.set_max_buf_size(READ_BYTES);
    file.seek(SeekFrom::Start(range.start)).await?;
    let part = file.take(range.end - range.start);
    Ok(ReaderStream::with_capacity(part, READ_BYTES)
        .map_err(StoreError::from)
        .boxed())
}
