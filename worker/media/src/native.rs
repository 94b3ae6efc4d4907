//! WAV and bare PCM, written without help.

use std::io::SeekFrom;

use futures::{Stream, TryStreamExt};
use kiskadee_shared::format::ResponseFormat;
use tokio::{
    fs::File,
    io::{AsyncSeekExt, AsyncWriteExt},
};

use crate::{EncodeError, Encoding};

const HEADER_BYTES: u32 = 44;
const BYTES_PER_SAMPLE: u16 = 2;

/// Writes 16-bit mono samples to `file`. The WAV header goes in last, when its lengths are known.
pub(super) async fn write<S>(
    encoding: Encoding,
    mut pcm: S,
    file: std::fs::File,
) -> Result<(), EncodeError>
where
    S: Stream<Item = Result<Vec<u8>, EncodeError>> + Unpin,
{
    let is_wav = encoding.format == ResponseFormat::Wav;
    let mut file = File::from_std(file);
    if is_wav {
        file.seek(SeekFrom::Start(HEADER_BYTES.into())).await?;
    }
    let mut bytes: u64 = 0;
    while let Some(chunk) = pcm.try_next().await? {
        file.write_all(&chunk).await?;
        bytes += chunk.len() as u64;
    }
    if is_wav {
        let header = header(encoding.sample_rate, bytes)?;
        file.seek(SeekFrom::Start(0)).await?;
        file.write_all(&header).await?;
    }
    Ok(file.flush().await?)
}

/// The header of a file whose length is not known yet: readers go on to the end of what they get.
pub(super) fn endless_header(sample_rate: u32) -> Vec<u8> {
    layout(sample_rate, u32::MAX, u32::MAX)
}

/// The header of a 16-bit mono file with `bytes` of samples.
fn header(sample_rate: u32, bytes: u64) -> Result<Vec<u8>, EncodeError> {
    let data = u32::try_from(bytes).ok();
    let riff = data
        .and_then(|data| data.checked_add(HEADER_BYTES - 8))
        .ok_or(EncodeError::TooLong)?;
    Ok(layout(sample_rate, riff, riff - (HEADER_BYTES - 8)))
}

fn layout(sample_rate: u32, riff: u32, data: u32) -> Vec<u8> {
    let mut header = Vec::with_capacity(HEADER_BYTES as usize);
    header.extend(b"RIFF");
    header.extend(riff.to_le_bytes());
    header.extend(b"WAVEfmt ");
    header.extend(16_u32.to_le_bytes());
    // PCM, one channel.
    header.extend(1_u16.to_le_bytes());
    header.extend(1_u16.to_le_bytes());
    header.extend(sample_rate.to_le_bytes());
    header.extend((sample_rate * u32::from(BYTES_PER_SAMPLE)).to_le_bytes());
    header.extend(BYTES_PER_SAMPLE.to_le_bytes());
    header.extend((8 * BYTES_PER_SAMPLE).to_le_bytes());
    header.extend(b"data");
    header.extend(data.to_le_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_tells_exact_lengths() {
        let header = header(22_050, 1000).unwrap();
        assert_eq!(header.len(), 44);
        assert_eq!(&header[4..8], 1036_u32.to_le_bytes());
        assert_eq!(&header[24..28], 22_050_u32.to_le_bytes());
        assert_eq!(&header[28..32], 44_100_u32.to_le_bytes());
        assert_eq!(&header[40..44], 1000_u32.to_le_bytes());
    }

    #[test]
    fn what_no_wav_file_can_hold_is_refused() {
        assert!(header(22_050, u64::from(u32::MAX) - 36).is_ok());
        assert!(matches!(
            header(22_050, u64::from(u32::MAX) - 35),
            Err(EncodeError::TooLong)
        ));
    }
}
