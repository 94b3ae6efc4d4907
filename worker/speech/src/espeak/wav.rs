//! Reads the WAV that espeak-ng writes to a pipe. It cannot go back to fill in the lengths, so those in the
//! header mean nothing: the audio goes on to the end of the stream.

use crate::SpeechError;

/// The samples of a mono 16-bit file at the expected rate.
pub(super) fn samples(wav: &[u8], sample_rate: u32) -> Result<Vec<f32>, SpeechError> {
    let broken = |what: &str| SpeechError::Retry(format!("espeak-ng answered with {what}"));
    let mut rest = wav
        .strip_prefix(b"RIFF")
        .and_then(|rest| rest.get(8..))
        .ok_or_else(|| broken("no WAV file"))?;
    let mut format_seen = false;
    while let Some((header, body)) = rest.split_at_checked(8) {
        let (id, length) = header.split_at(4);
        let length = u32_at(length, 0).unwrap_or(u32::MAX) as usize;
        if id == b"data" {
            return if format_seen {
                Ok(decode(body))
            } else {
                Err(broken("a WAV file without a format"))
            };
        }
        let chunk = body
            .get(..length)
            .ok_or_else(|| broken("a torn WAV header"))?;
        if id == b"fmt " {
            check_format(chunk, sample_rate).map_err(|what| broken(&what))?;
            format_seen = true;
        }
        rest = body.get(length + length % 2..).unwrap_or_default();
    }
    Err(broken("a WAV file without audio"))
}

fn check_format(chunk: &[u8], sample_rate: u32) -> Result<(), String> {
    let found = (
        u16_at(chunk, 0),
        u16_at(chunk, 2),
        u32_at(chunk, 4),
        u16_at(chunk, 14),
    );
    if found == (Some(1), Some(1), Some(sample_rate), Some(16)) {
        return Ok(());
    }
    Err(format!(
        "audio of another kind than 16-bit mono PCM at {sample_rate} Hz: {found:?}"
    ))
}

fn decode(bytes: &[u8]) -> Vec<f32> {
    let (pairs, _) = bytes.as_chunks::<2>();
    pairs
        .iter()
        .map(|pair| f32::from(i16::from_le_bytes(*pair)) / 32_768.0)
        .collect()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes
        .get(at..)?
        .first_chunk()
        .map(|bytes| u16::from_le_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..)?
        .first_chunk()
        .map(|bytes| u32::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(rate: u32, extra: &[u8], data: &[u8]) -> Vec<u8> {
        let mut wav = b"RIFF\x24\xf0\xff\x7fWAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
        wav.extend(rate.to_le_bytes());
        wav.extend((rate * 2).to_le_bytes());
        wav.extend(b"\x02\0\x10\0");
        wav.extend(extra);
        wav.extend(b"data\0\xf0\xff\x7f");
        wav.extend(data);
        wav
    }

    #[test]
    fn lengths_in_the_header_are_ignored() {
        let bytes = wav(22_050, b"", b"\0\0\0\x80\xff\x7f\x01");
        let samples = samples(&bytes, 22_050).unwrap();
        assert_eq!(samples, [0.0, -1.0, 32_767.0 / 32_768.0]);
    }

    #[test]
    fn other_chunks_are_skipped() {
        let bytes = wav(22_050, b"LIST\x03\0\0\0abc\0", b"\0\x40");
        assert_eq!(samples(&bytes, 22_050).unwrap(), [0.5]);
    }

    #[test]
    fn broken_files_are_told() {
        for bytes in [
            b"".to_vec(),
            b"RIFF".to_vec(),
            b"<html>".to_vec(),
            wav(16_000, b"", b""),
            wav(22_050, b"LIST\xff\0\0\0", b""),
        ] {
            assert!(matches!(
                samples(&bytes, 22_050),
                Err(SpeechError::Retry(_))
            ));
        }
        assert_eq!(
            samples(&wav(22_050, b"", b""), 22_050).unwrap(),
            Vec::<f32>::new()
        );
    }
}
