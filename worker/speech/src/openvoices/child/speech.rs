//! One line of speech: what was ordered in the words of its model, and what the model made of it.

use std::fmt::Display;

use kiskadee_kokoro::{Kokoro, KokoroError, TokenFactors};
use kiskadee_piper::{Piper, PiperError};

use super::{models::Model, queue::Stop};
use crate::{
    openvoices::protocol::{Factors, Speak, Who},
    process::{Ending, Failure, from_floats, from_integers, to_floats},
};

/// Why an order has no result.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Refusal {
    pub(super) failure: Failure,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(failure: Failure, why: &dyn Display) -> Self {
        Self {
            failure,
            message: why.to_string(),
        }
    }

    fn reject(why: &dyn Display) -> Self {
        Self::new(Failure::Reject, why)
    }
}

type Told = Result<Result<(), Refusal>, Ending>;
type Tell<'a> = dyn FnMut(Vec<u8>) -> Result<(), Ending> + 'a;

/// Speaks a line and tells its parts as they are made. One that is stopped ends early, for nobody hears how.
pub(super) fn speak(
    model: &Model,
    order: &Speak,
    body: &[u8],
    stop: &Stop,
    tell: &mut Tell<'_>,
) -> Told {
    match (model, &order.who) {
        (Model::Kokoro(model), Who::Style) => speak_kokoro(model, order, body, tell),
        (Model::Piper(model), Who::Speakers(parts)) => speak_piper(model, order, parts, stop, tell),
        _ => Err(Ending::Protocol(
            "a voice is of another kind than its model".to_owned(),
        )),
    }
}

fn speak_kokoro(model: &Kokoro, order: &Speak, body: &[u8], tell: &mut Tell<'_>) -> Told {
    let Some(style) = to_floats(body) else {
        return Err(Ending::Protocol("a style is cut off".to_owned()));
    };
    let factors: Vec<TokenFactors> = order.factors.iter().copied().map(token_factors).collect();
    let utterance = kiskadee_kokoro::Utterance {
        ids: &order.ids,
        style: &style,
        speed: order.speed,
        factors: &factors,
        seed: order.seed,
    };
    let speech = match model.speak(&utterance) {
        Ok(speech) => speech,
        Err(error @ KokoroError::Input(_)) => return Ok(Err(Refusal::reject(&error))),
        Err(error) => return Ok(Err(Refusal::new(Failure::Retry, &error))),
    };
    tell(from_integers(&speech.frames))?;
    tell(from_floats(&speech.samples))?;
    Ok(Ok(()))
}

fn token_factors(factors: Factors) -> TokenFactors {
    TokenFactors {
        speed: factors.speed,
        pitch: factors.pitch,
    }
}

fn speak_piper(
    model: &Piper,
    order: &Speak,
    parts: &[(usize, f32)],
    stop: &Stop,
    tell: &mut Tell<'_>,
) -> Told {
    let refusal = |error: PiperError| match &error {
        PiperError::Input(_) => Refusal::reject(&error),
        _ => Refusal::new(Failure::Retry, &error),
    };
    let paces: Vec<f32> = order.factors.iter().map(|factors| factors.speed).collect();
    let speaker = if parts.is_empty() {
        model.default_speaker()
    } else {
        model.speaker(parts)
    };
    let speech = speaker.and_then(|speaker| {
        model.speak(&kiskadee_piper::Utterance {
            speed: order.speed,
            paces: &paces,
            ..kiskadee_piper::Utterance::new(&order.ids, &speaker, order.seed)
        })
    });
    let speech = match speech {
        Ok(speech) => speech,
        Err(error) => return Ok(Err(refusal(error))),
    };
    tell(from_integers(speech.frames()))?;
    for piece in speech {
        match piece {
            Ok(samples) => tell(from_floats(&samples))?,
            Err(error) => return Ok(Err(refusal(error))),
        }
        if stop.is_set() {
            break;
        }
    }
    Ok(Ok(()))
}
