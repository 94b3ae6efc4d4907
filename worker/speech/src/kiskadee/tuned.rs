//! Tuned voices: weights of their own, which stand where a matched voice has its moments.

use std::fmt::Write;

use candle_core::Device;
use kiskadee_voice::{Synthesizer, acoustic::AcousticModel, speaker::Speaker};
use sha2::{Digest, Sha256};

use super::{models::Model, voices::damaged};
use crate::{SpeechError, VoicePart};

/// Whether a voice is a tuned one: its bytes begin with the length of a header in JSON, 64 bits of which the upper half is never
/// used. A matched voice is JSON from its first byte on.
pub fn is_tuned(conditioning: &[u8]) -> bool {
    matches!(conditioning, [_, _, _, _, 0, 0, 0, 0, b'{', ..])
}

/// The weights of a voice that is tuned, as far as a request may ask for them.
pub(super) fn weights(parts: &[VoicePart]) -> Result<Option<&std::sync::Arc<[u8]>>, SpeechError> {
    let tuned = |part: &&VoicePart| part.conditioning.as_ref().is_some_and(|c| is_tuned(c));
    let Some(part) = parts.iter().find(tuned) else {
        return Ok(None);
    };
    if parts.len() > 1 {
        return Err(SpeechError::Reject(format!(
            "`{}` is a tuned voice, which has weights of its own and cannot be mixed with others",
            part.voice
        )));
    }
    Ok(part.conditioning.as_ref())
}

/// In hexadecimal digits.
pub(super) fn hash(weights: &[u8]) -> String {
    let digest = Sha256::digest(weights);
    digest.iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string does not fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// What the model takes in memory: its weights, half as long in the file.
pub(super) fn memory(weights: &[u8]) -> u64 {
    2 * weights.len() as u64
}

/// The model of a tuned voice, with the lexicons of `base`.
pub(super) fn load(weights: &[u8], base: &Model) -> Result<Synthesizer, SpeechError> {
    let model =
        AcousticModel::load(weights, &Device::Cpu).map_err(|error| damaged(&error.to_string()))?;
    speaker(&model)?;
    Ok(base.synthesizer.with_model(model))
}

/// The one voice that a tuned model has.
pub(super) fn speaker(model: &AcousticModel) -> Result<Speaker, SpeechError> {
    match model.voices() {
        [voice] => voice.speaker().map_err(|error| damaged(&error.to_string())),
        voices => Err(damaged(&format!(
            "its weights are those of {} voices, not of one",
            voices.len()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_told_from_moments() {
        assert!(is_tuned(b"{\x04\0\0\0\0\0\0{\"kiskadee"));
        assert!(!is_tuned(b"{\"version\":2,\"moments\":{}}"));
        assert!(!is_tuned(b"") && !is_tuned(&[0; 8]));
    }
}
