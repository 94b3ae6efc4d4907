//! Speaks with several voices mixed into one.

use kiskadee_edge_kit::{
    Caller, Class, FieldError, IdempotencyKey, Json, Reply, caller_sql,
    context::Trace,
    database::call,
    openapi::{Protected, WithBody},
    request::{
        Body, Fields,
        faults::{in_body, jsonb, malformed},
    },
};
use kiskadee_shared::limits::{MIXED_VOICES, SPEECH_BODY_BYTES};
use serde::Serialize;

use crate::{
    bodies::{MorphAnswer, MorphBody},
    checks,
    request::{Settings, SpeechRequest},
    setup::setup,
};

const CREATE_MORPH: &str = caller_sql!(
    "api.create_morph",
    "$5::jsonb, $6::jsonb, $7::text, $8::text, $9::text, $10::bytea, $11::text, $12::jsonb"
);

/// Speak with a mix of voices
///
/// What the engine knows of each voice is mixed by the weights, whose sum is brought to 1. `save_as` keeps the mix as a voice of
/// one's own, which goes when a voice goes that it is made of. Voices of one engine can be mixed.
#[utoipa::path(
    post, path = "/api/v1/advanced/voice-morphing", tag = "Voices",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key with the same body gives the same answer again")),
    request_body = MorphBody,
    responses((status = 202, description = "The job was taken in", body = MorphAnswer), Protected, WithBody),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn morph_voices(
    caller: Caller,
    Trace(trace): Trace,
    key: IdempotencyKey,
    Json(body): Json<Body, SPEECH_BODY_BYTES>,
) -> Reply {
    let (request, errors) = MorphRequest::read(body, setup().await?.private_webhooks);
    let [key, hash] = key.parameters("voice-morphing", &request)?;
    let arguments = [
        jsonb(&request.speech.item())?,
        jsonb(&request.mix)?,
        request.save_as.into(),
        request.speech.webhook_url.clone().into(),
        key,
        hash,
        trace.to_string().into(),
        malformed(&errors)?,
    ];
    Ok(in_body(
        call(CREATE_MORPH, &caller, Class::Create, arguments).await?,
    ))
}

/// A mix, as far as it was well-formed.
#[derive(Debug, PartialEq, Serialize)]
struct MorphRequest {
    speech: SpeechRequest,
    mix: Vec<Part>,
    save_as: Option<String>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Part {
    voice_id: String,
    weight: f64,
}

impl MorphRequest {
    fn read(body: Body, private_webhooks: bool) -> (Self, Vec<FieldError>) {
        let mut fields = Fields::from(body);
        let mix = mix(&mut fields);
        let save_as = fields.optional_text("save_as", checks::name);
        let settings = Settings::of_mix(&mut fields);
        let speech = SpeechRequest::with(settings, &mut fields, private_webhooks);
        (
            Self {
                speech,
                mix,
                save_as,
            },
            fields.finish(),
        )
    }
}

/// The voices with their weights; empty when something is wrong with them.
fn mix(fields: &mut Fields) -> Vec<Part> {
    let voices = fields.texts("voice_ids", checks::name);
    let weights = fields.numbers("weights", checks::weight);
    let problem = if !MIXED_VOICES.contains(&voices.len()) {
        let (least, most) = (MIXED_VOICES.start(), MIXED_VOICES.end());
        Some((
            "voice_ids",
            format!("must have {least} to {most} items, found {}", voices.len()),
        ))
    } else if weights.len() != voices.len() {
        Some((
            "weights",
            format!(
                "must have a weight for each of the {} voices, found {}",
                voices.len(),
                weights.len()
            ),
        ))
    } else if weights.iter().flatten().sum::<f64>() <= 0.0 {
        Some(("weights", "must not all be 0".to_owned()))
    } else {
        None
    };
    if let Some((name, message)) = problem {
        if !fields.has_error(name) {
            fields.note(FieldError::new(name, message));
        }
        return Vec::new();
    }
    let parts = voices.into_iter().zip(weights);
    parts
        .filter_map(|(voice_id, weight)| {
            Some(Part {
                voice_id: voice_id?,
                weight: weight?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: Value) -> (MorphRequest, Vec<String>) {
        let (request, errors) = MorphRequest::read(serde_json::from_value(body).unwrap(), false);
        (
            request,
            errors.into_iter().filter_map(|error| error.field).collect(),
        )
    }

    #[test]
    fn a_mix_has_a_weight_for_each_voice() {
        let (request, errors) = read(
            json!({"voice_ids": ["a", "b"], "weights": [1, 0.5], "text": "Hi.", "language": "en",
            "save_as": "Both"}),
        );
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(
            request.mix[1],
            Part {
                voice_id: "b".to_owned(),
                weight: 0.5
            }
        );
        assert_eq!(request.save_as.as_deref(), Some("Both"));
    }

    #[test]
    fn what_is_no_mix_is_named() {
        let with = |voices: Value, weights: Value| {
            read(json!({"voice_ids": voices, "weights": weights, "text": "Hi.", "language": "en"}))
                .1
        };
        assert_eq!(with(json!(["a"]), json!([1])), ["voice_ids"]);
        assert_eq!(with(json!(["a", "b"]), json!([1])), ["weights"]);
        assert_eq!(with(json!(["a", "b"]), json!([0, 0])), ["weights"]);
        assert_eq!(with(json!(["a", "b"]), json!([1, -1])), ["weights[1]"]);
        assert_eq!(
            with(json!(["a", 3]), json!([1, "x"])),
            ["voice_ids[1]", "weights[1]"]
        );
        assert_eq!(
            read(json!({"text": "Hi.", "language": "en"})).1,
            ["voice_ids", "weights"]
        );
    }
}
