//! What ffmpeg writes: an AU file, which tells how many channels there are and needs no length.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, BufReader};

use super::mix::{Channels, MOST_CHANNELS};

const SAMPLE_BYTES: usize = 4;
const BUFFER_BYTES: usize = 64 * 1024;

/// The samples of a stream, mixed to one channel; of a longer one the first `most`.
pub(super) async fn read_mixed(
    stream: impl AsyncRead + Unpin,
    most: usize,
) -> io::Result<Vec<f32>> {
    let mut stream = BufReader::with_capacity(BUFFER_BYTES, stream);
    let Some(channels) = whole(header(&mut stream).await)? else {
        return Ok(Vec::new());
    };
    let mut mix = Channels::new(channels.min(MOST_CHANNELS));
    let mut frame = vec![0; channels * SAMPLE_BYTES];
    for _ in 0..most {
        if whole(stream.read_exact(&mut frame).await)?.is_none() {
            break;
        }
        let (samples, _) = frame.as_chunks::<SAMPLE_BYTES>();
        mix.push(samples.iter().map(|bytes| f32::from_be_bytes(*bytes)));
    }
    Ok(mix.mixed())
}

/// How many channels there are. What follows are samples.
async fn header(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<usize> {
    let mut fields = [0; 6];
    for field in &mut fields {
        *field = stream.read_u32().await?;
    }
    let [_, offset, _, _, _, channels] = fields;
    let rest = u64::from(offset).saturating_sub(size_of_val(&fields) as u64);
    tokio::io::copy(&mut stream.take(rest), &mut tokio::io::sink()).await?;
    Ok((channels as usize).max(1))
}

/// None where the stream ended.
fn whole<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}
