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
    let Some(Head { channels, .. }) = whole(header(&mut stream).await)? else {
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

/// The samples of a stream, frame by frame, to whoever takes them; of a longer one the first `most` frames, or the first `seconds`. Tells the
/// rate and how many channels there are before; none where there is nothing.
pub(super) async fn read_frames<T>(
    stream: impl AsyncRead + Unpin,
    max_seconds: f64,
    begin: impl FnOnce(&Head) -> T,
    mut take: impl FnMut(&mut T, &[f32]) -> io::Result<()>,
) -> io::Result<Option<Frames<T>>> {
    let mut stream = BufReader::with_capacity(BUFFER_BYTES, stream);
    let Some(head) = whole(header(&mut stream).await)? else {
        return Ok(None);
    };
    let mut taken = begin(&head);
    let most = (f64::from(head.sample_rate) * max_seconds).ceil() as u64;
    let mut bytes = vec![0; head.channels * SAMPLE_BYTES];
    let mut frame = vec![0.0; head.channels];
    let mut frames = 0;
    while frames < most && whole(stream.read_exact(&mut bytes).await)?.is_some() {
        let (samples, _) = bytes.as_chunks::<SAMPLE_BYTES>();
        for (sample, bytes) in frame.iter_mut().zip(samples) {
            let value = f32::from_be_bytes(*bytes);
            *sample = if value.is_finite() { value } else { 0.0 };
        }
        take(&mut taken, &frame)?;
        frames += 1;
    }
    Ok(Some(Frames {
        head,
        taken,
        count: frames,
        is_cut: frames == most,
    }))
}

/// What was read of a stream.
pub(super) struct Frames<T> {
    pub(super) head: Head,
    pub(super) taken: T,
    /// How many frames there were.
    pub(super) count: u64,
    /// There may be more.
    pub(super) is_cut: bool,
}

/// What stands before the samples.
pub(super) struct Head {
    /// Hz.
    pub(super) sample_rate: u32,
    pub(super) channels: usize,
}

async fn header(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Head> {
    let mut fields = [0; 6];
    for field in &mut fields {
        *field = stream.read_u32().await?;
    }
    let [_, offset, _, _, sample_rate, channels] = fields;
    let rest = u64::from(offset).saturating_sub(size_of_val(&fields) as u64);
    tokio::io::copy(&mut stream.take(rest), &mut tokio::io::sink()).await?;
    Ok(Head {
        sample_rate: sample_rate.max(1),
        channels: (channels as usize).max(1),
    })
}

/// None where the stream ended.
fn whole<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}
