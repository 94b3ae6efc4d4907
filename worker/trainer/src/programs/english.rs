//! What flite said, as a recording: it tells the vocoder's very parameters.

use kiskadee_text::Language;
use kiskadee_voice::{Phone, PhoneToken, Stress};

use super::{durations, frame_at};
use crate::corpus::Recording;
use crate::teacher::{FlitePhone, FliteUtterance};
use crate::texts::sentence_kind;

/// None if a phone is none of ours.
pub(super) fn recording(utterance: FliteUtterance, texts: &[String]) -> Option<Recording> {
    let total = utterance.frames.len();
    let ends = utterance
        .phones
        .iter()
        .map(|phone| frame_at(phone.end, total));
    let tokens = utterance.phones.iter().map(|phone: &FlitePhone| {
        Some(PhoneToken {
            phone: Phone::named(Language::English, &phone.name)?,
            stress: if phone.stressed {
                Stress::Primary
            } else {
                Stress::None
            },
            word: phone.word,
            seconds: None,
        })
    });
    Some(Recording {
        tokens: tokens.collect::<Option<_>>()?,
        durations: durations(ends, total),
        kind: sentence_kind(texts.get(utterance.text)?),
        frames: utterance.frames,
    })
}
