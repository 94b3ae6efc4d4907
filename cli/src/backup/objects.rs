//! Objects on their way between two storages: hashed as they pass.

use anyhow::{Context, Result, anyhow};
use futures::StreamExt as _;
use kiskadee_storage::{Store, abort};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::io::StreamReader;

use super::manifest::Sum;
use crate::random::hex;

/// Copies at once: most objects are small, and each costs a round trip.
pub(super) const AT_ONCE: usize = 8;
const PIECE: usize = 256 << 10;

/// Copies one object.
pub(super) async fn copy(from: &Store, key: &str, to: &Store, new_key: &str) -> Result<Sum> {
    let object = from.read(key, None).await?;
    let stream = object
        .stream
        .map(|piece| piece.map_err(std::io::Error::other));
    let copied = write(StreamReader::new(stream), to, new_key, content_type(key)).await;
    copied.with_context(|| format!("cannot copy {key}"))
}

/// Reads one object and forgets it.
pub(super) async fn sum(store: &Store, key: &str) -> Result<Sum> {
    let mut stream = store.read(key, None).await?.stream;
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    while let Some(piece) = stream.next().await {
        let piece = piece?;
        hash.update(&piece);
        bytes += piece.len() as u64;
    }
    Ok(Sum {
        bytes,
        sha256: hex(&hash.finalize()),
    })
}

/// Writes what a reader gives; nothing is to be seen of it when the reader fails.
pub(super) async fn write(
    mut from: impl AsyncRead + Unpin,
    to: &Store,
    key: &str,
    content_type: &'static str,
) -> Result<Sum> {
    let mut writer = to.writer(key, content_type)?;
    let mut hash = Sha256::new();
    let (mut bytes, mut piece) = (0, vec![0; PIECE]);
    let written: Result<()> = async {
        loop {
            let read = from.read(&mut piece).await?;
            if read == 0 {
                return Ok(());
            }
            hash.update(&piece[..read]);
            writer.write_all(&piece[..read]).await?;
            bytes += read as u64;
        }
    }
    .await;
    if let Err(error) = written {
        abort(&mut writer).await;
        return Err(error);
    }
    writer.shutdown().await.map_err(|error| anyhow!(error))?;
    Ok(Sum {
        bytes,
        sha256: hex(&hash.finalize()),
    })
}

/// As those who write objects name it: a bucket tells it to whoever fetches by a signed address.
fn content_type(key: &str) -> &'static str {
    let end = key.rsplit_once('.').map_or("", |(_, end)| end);
    match end {
        "wav" => "audio/wav",
        "mp3" => "audio/mpeg",
        "flac" => "audio/flac",
        "opus" | "ogg" => "audio/ogg",
        "aac" => "audio/aac",
        "m4a" => "audio/mp4",
        "zip" => "application/zip",
        "json" => "application/json",
        "srt" => "application/x-subrip",
        "vtt" => "text/vtt",
        _ => "application/octet-stream",
    }
}
