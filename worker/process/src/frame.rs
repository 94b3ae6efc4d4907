//! Frames: two lengths (u32, little-endian), a header in JSON, a body. Both are bounded before anything is allocated.

use std::io::{self, Read};

use serde::{Serialize, de::DeserializeOwned};

/// The two lengths.
pub(super) const HEAD_BYTES: usize = 8;
const MOST_HEADER_BYTES: usize = 256 << 10;
/// Recordings that a voice is made of are the largest: four minutes at 22,050 Hz are a third of it.
const MOST_BODY_BYTES: usize = 64 << 20;

/// Why a frame cannot be read. What follows it cannot be read either.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrameError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("a frame of {header} and {body} bytes is too large")]
    TooLarge { header: usize, body: usize },
    #[error("a frame has a header that cannot be read: {0}")]
    Header(#[from] serde_json::Error),
}

/// How long the parts of a frame are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) header: usize,
    pub(super) body: usize,
}

impl Head {
    pub(super) fn parse(bytes: [u8; HEAD_BYTES]) -> Result<Self, FrameError> {
        let lengths = u64::from_le_bytes(bytes);
        let header = (lengths & u64::from(u32::MAX)) as usize;
        let body = (lengths >> u32::BITS) as usize;
        Self { header, body }.checked()
    }

    fn checked(self) -> Result<Self, FrameError> {
        if self.header > MOST_HEADER_BYTES || self.body > MOST_BODY_BYTES {
            let Self { header, body } = self;
            return Err(FrameError::TooLarge { header, body });
        }
        Ok(self)
    }
}

/// The bytes of a frame.
pub(super) fn encode(header: &impl Serialize, body: &[u8]) -> Result<Vec<u8>, FrameError> {
    let header = serde_json::to_vec(header)?;
    Head {
        header: header.len(),
        body: body.len(),
    }
    .checked()?;
    let mut frame = Vec::with_capacity(HEAD_BYTES + header.len() + body.len());
    // Both were found to be far below 4 GiB.
    frame.extend((header.len() as u32).to_le_bytes());
    frame.extend((body.len() as u32).to_le_bytes());
    frame.extend(header);
    frame.extend(body);
    Ok(frame)
}

/// The next frame; none at an end between two frames.
pub(super) fn read<M: DeserializeOwned>(
    mut input: impl Read,
) -> Result<Option<(M, Vec<u8>)>, FrameError> {
    let mut head = [0; HEAD_BYTES];
    let [first, rest @ ..] = &mut head;
    if input.read(std::slice::from_mut(first))? == 0 {
        return Ok(None);
    }
    input.read_exact(rest)?;
    let Head { header, body } = Head::parse(head)?;
    let (mut header, mut body) = (vec![0; header], vec![0; body]);
    input.read_exact(&mut header)?;
    input.read_exact(&mut body)?;
    Ok(Some((serde_json::from_slice(&header)?, body)))
}

#[cfg(test)]
mod tests {
    use super::super::messages;
    use super::*;

    type Request = messages::Request<(), String>;
    type Reply = messages::Reply<(), String>;

    fn cancel(id: u64) -> Request {
        Request::Cancel { id }
    }

    #[test]
    fn frames_follow_each_other() {
        let finished = Reply::Finished {
            id: u64::MAX,
            end: "at a limit".to_owned(),
        };
        let mut bytes = encode(&Reply::Alive, b"").unwrap();
        bytes.extend(encode(&finished, b"body").unwrap());
        let mut input = bytes.as_slice();
        assert_eq!(read(&mut input).unwrap(), Some((Reply::Alive, Vec::new())));
        assert_eq!(
            read(&mut input).unwrap(),
            Some((finished, b"body".to_vec()))
        );
        assert!(read::<Reply>(&mut input).unwrap().is_none());
    }

    #[test]
    fn a_frame_that_is_cut_off_is_an_error() {
        let frame = encode(&cancel(7), b"body").unwrap();
        for length in 1..frame.len() {
            let error = read::<Request>(&frame[..length]).unwrap_err();
            assert!(matches!(error, FrameError::Io(_)), "{length}: {error}");
        }
    }

    #[test]
    fn hostile_lengths_allocate_nothing() {
        for head in [
            [255; 8],
            [0, 0, 0, 0, 255, 255, 255, 255],
            [1, 0, 16, 0, 0, 0, 0, 0],
        ] {
            let error = read::<Request>(head.as_slice()).unwrap_err();
            assert!(matches!(error, FrameError::TooLarge { .. }), "{head:?}");
        }
        assert!(encode(&cancel(1), &vec![0; MOST_BODY_BYTES + 1]).is_err());
    }

    #[test]
    fn a_header_that_says_nothing_known_is_an_error() {
        for header in [
            "",
            "{",
            "null",
            r#"{"explode":{"id":1}}"#,
            r#"{"cancel":{"id":-1}}"#,
        ] {
            let mut frame = (header.len() as u32).to_le_bytes().to_vec();
            frame.extend([0; 4]);
            frame.extend(header.as_bytes());
            let error = read::<Request>(frame.as_slice()).unwrap_err();
            assert!(matches!(error, FrameError::Header(_)), "{header}: {error}");
        }
    }
}
