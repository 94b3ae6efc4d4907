//! FLAC for a listener. Readers of files (libsndfile and what stands on it) take no FLAC whose head does not tell how many
//! samples follow, and who writes into a pipe cannot go back to it. So the audio is held until it is whole, if that is soon.

use std::time::Duration;

use bytes::BytesMut;
use futures::{StreamExt as _, stream};
use tokio::time::{Instant, sleep_until};

use crate::live::{Pieces, in_pieces};

/// How long the first piece waits for the last one, and how many bytes may wait with it.
const HOLD_FOR: Duration = Duration::from_secs(4);
const HOLD_BYTES: usize = 4 << 20;

/// The head: the mark, the head of a block, and STREAMINFO in it.
const HEAD_BYTES: usize = 42;
/// The largest block, and the number of samples, of which the first four bits share a byte with the depth.
const BLOCK_SIZE: usize = 10;
const SAMPLES: usize = 21;
/// No frame of speech is larger.
const FRAME_BYTES: usize = 64 << 10;

/// The pieces as they come, or, where all come soon, as a file whose head tells its length.
pub(crate) async fn held(pieces: Pieces) -> Pieces {
    held_for(HOLD_FOR, pieces).await
}

async fn held_for(patience: Duration, mut pieces: Pieces) -> Pieces {
    let mut held = BytesMut::new();
    let mut deadline = None;
    loop {
        let piece = tokio::select! {
            piece = pieces.next() => piece,
            () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                return begun(held, pieces);
            }
        };
        match piece {
            Some(Ok(piece)) => held.extend_from_slice(&piece),
            Some(Err(error)) => return stream::iter([Err(error)]).boxed(),
            None => {
                tell_length(&mut held);
                return stream::iter(in_pieces(held.freeze()).map(Ok)).boxed();
            }
        }
        if held.len() > HOLD_BYTES {
            return begun(held, pieces);
        }
        deadline.get_or_insert_with(|| Instant::now() + patience);
    }
}

fn begun(held: BytesMut, pieces: Pieces) -> Pieces {
    let held = stream::iter(in_pieces(held.freeze()).map(Ok));
    held.chain(pieces).boxed()
}

/// Writes into the head how many samples the frames have. What is not as expected stays as it is: of unknown length.
fn tell_length(file: &mut [u8]) {
    let Some(samples) = samples(file) else {
        return;
    };
    let [.., high, a, b, c, d] = samples.to_be_bytes();
    file[SAMPLES] = (file[SAMPLES] & 0xf0) | (high & 0x0f);
    file[SAMPLES + 1..SAMPLES + 5].copy_from_slice(&[a, b, c, d]);
}

/// By the last frame: its number times the size of all blocks before, and its own.
fn samples(file: &[u8]) -> Option<u64> {
    let (head, frames) = file.split_at_checked(HEAD_BYTES)?;
    if !head.starts_with(b"fLaC\0") {
        return None;
    }
    let block = u16::from_be_bytes([head[BLOCK_SIZE], head[BLOCK_SIZE + 1]]);
    let tail = &frames[frames.len().saturating_sub(FRAME_BYTES)..];
    let starts = (0..tail.len()).rev();
    let frame = starts
        .map(|start| &tail[start..])
        .find(|frame| frame.starts_with(&[0xff, 0xf8]) && crc(frame) == 0)?;
    let (number, rest) = number(frame.get(4..)?)?;
    let own = match frame[2] >> 4 {
        1 => 192,
        code @ 2..=5 => 576 << (code - 2),
        6 => 1 + u64::from(*rest.first()?),
        7 => 1 + u64::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?])),
        code @ 8..=15 => 256 << (code - 8),
        _ => return None,
    };
    Some(number * u64::from(block) + own)
}

/// A number in the form of UTF-8, and what stands behind it.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let first = *bytes.first()?;
    let length = match first.leading_ones() {
        0 => 1,
        ones @ 2..=6 => ones as usize,
        _ => return None,
    };
    let (number, rest) = bytes.split_at_checked(length)?;
    let high = u64::from(first & (0x7f >> (length - usize::from(length == 1))));
    let value = number[1..]
        .iter()
        .fold(high, |value, byte| value << 6 | u64::from(byte & 0x3f));
    Some((value, rest))
}

/// Of a frame with its own check sum at the end it is zero.
fn crc(frame: &[u8]) -> u16 {
    frame.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| {
            if crc & 0x8000 == 0 {
                crc << 1
            } else {
                crc << 1 ^ 0x8005
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::EncodeError;

    #[test]
    fn numbers_are_in_the_form_of_utf8() {
        for n in [0_u32, 9, 127, 128, 2047, 2048, 65_535, 65_536] {
            let text = char::from_u32(n).map(String::from).unwrap_or_default();
            if !text.is_empty() {
                assert_eq!(number(text.as_bytes()).unwrap().0, u64::from(n));
            }
        }
        assert!(number(&[0x80]).is_none() && number(&[0xe0, 0x80]).is_none());
    }

    #[test]
    fn what_is_no_flac_stays_as_it_is() {
        for file in [
            &b""[..],
            b"fLaC",
            &[7; 100],
            b"fLaC\0\0\0\x22 and so on until the head is full, and then no frame",
        ] {
            let mut told = file.to_vec();
            tell_length(&mut told);
            assert_eq!(told, file);
        }
    }

    #[tokio::test]
    async fn what_takes_longer_begins_before_its_end() {
        let first = stream::iter([Ok(Bytes::from_static(b"a"))]);
        let endless = first.chain(stream::pending()).boxed();
        let mut pieces = held_for(Duration::ZERO, endless).await;
        assert_eq!(pieces.next().await.unwrap().unwrap(), "a");
    }

    #[tokio::test]
    async fn what_fails_meanwhile_gives_nothing_but_its_error() {
        let pieces = stream::iter([Ok(Bytes::from_static(b"a")), Err(EncodeError::TooLong)]);
        let all: Vec<_> = held(pieces.boxed()).await.collect().await;
        assert!(matches!(all[..], [Err(EncodeError::TooLong)]));
    }
}
