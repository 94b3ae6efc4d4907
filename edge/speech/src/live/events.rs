//! Audio in server-sent events, as `OpenAI`'s API has them.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures::{Stream, StreamExt, stream};
use kiskadee_edge_kit::log;
use kiskadee_shared::openai::ErrorObject;
use serde_json::{Value, json};

/// Each piece of the body as an event, and a last one that tells whether all went well.
pub(super) fn wrap(body: Body, characters: usize) -> Body {
    Body::from_stream(events(body.into_data_stream(), characters).map(Ok::<_, Infallible>))
}

fn events<E: std::fmt::Display>(
    pieces: impl Stream<Item = Result<Bytes, E>>,
    characters: usize,
) -> impl Stream<Item = String> {
    let mut is_broken = false;
    let pieces = pieces.map(Some).chain(stream::iter([None]));
    pieces
        .map(move |piece| match piece {
            Some(Ok(audio)) => delta(&audio),
            Some(Err(error)) => broken(&error),
            None => done(characters),
        })
        .take_while(move |event| {
            let was_broken = std::mem::replace(&mut is_broken, event["type"] == "error");
            futures::future::ready(!was_broken)
        })
        .map(|event| format!("data: {event}\n\n"))
}

fn delta(audio: &[u8]) -> Value {
    json!({"type": "speech.audio.delta", "audio": BASE64_STANDARD.encode(audio)})
}

/// Characters stand for tokens, of which no engine here knows.
fn done(characters: usize) -> Value {
    json!({"type": "speech.audio.done",
        "usage": {"input_tokens": characters, "output_tokens": 0, "total_tokens": characters}})
}

fn broken(cause: &dyn std::fmt::Display) -> Value {
    log::error("the audio broke off", cause);
    let error = ErrorObject::new(500, "broken_off", "the audio broke off; ask again");
    json!({"type": "error", "error": error})
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn collect(pieces: Vec<Result<Bytes, &str>>) -> Vec<Value> {
        let events: Vec<String> = events(stream::iter(pieces), 3).collect().await;
        let parse = |event: &String| {
            let data = event.strip_prefix("data: ")?.strip_suffix("\n\n")?;
            serde_json::from_str(data).ok()
        };
        events.iter().map(|event| parse(event).unwrap()).collect()
    }

    #[tokio::test]
    async fn pieces_become_events_and_the_end_is_told() {
        let events = collect(vec![Ok(Bytes::from_static(b"abc"))]).await;
        assert_eq!(
            events[0],
            json!({"type": "speech.audio.delta", "audio": "YWJj"})
        );
        assert_eq!(events[1]["usage"]["total_tokens"], 3);
        assert_eq!(events.len(), 2);
    }

    #[tokio::test]
    async fn what_breaks_off_is_not_called_done() {
        let events = collect(vec![
            Ok(Bytes::from_static(b"abc")),
            Err("reset"),
            Ok(Bytes::new()),
        ])
        .await;
        let types: Vec<_> = events
            .iter()
            .filter_map(|event| event["type"].as_str())
            .collect();
        assert_eq!(types, ["speech.audio.delta", "error"]);
    }
}
