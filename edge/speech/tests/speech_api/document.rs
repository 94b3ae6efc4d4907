//! What the component tells about itself agrees with what it serves.

use kiskadee_speech_api::{openapi, router};
use serde_json::{Value, json};

#[expect(clippy::unwrap_used, reason = "a test fails where its setting up does")]
fn document() -> Value {
    serde_json::to_value(openapi()).unwrap()
}

#[test]
fn every_path_of_the_contract_is_there() {
    let document = document();
    let wanted = [
        ("/api/v1/advanced/batch-tts", "post"),
        ("/api/v1/advanced/batch-tts", "get"),
        ("/api/v1/advanced/batch-csv", "post"),
        ("/v1/models", "get"),
        ("/v1/models/{model}", "get"),
        ("/v1/audio/voices", "get"),
        ("/api/v1/speech", "post"),
        ("/api/v1/voices", "get"),
        ("/api/v1/voices/{voice_id}", "get"),
        ("/api/v1/voices/{voice_id}", "delete"),
        ("/api/v1/voices/{voice_id}/preview", "get"),
        ("/v1/audio/speech", "post"),
        ("/clone-voice", "post"),
        ("/api/v1/advanced/voice-morphing", "post"),
        ("/api/v1/recordings", "get"),
        ("/api/v1/recordings/{recording_id}", "delete"),
        ("/api/v1/pronunciations", "post"),
        ("/api/v1/pronunciations", "get"),
        ("/api/v1/pronunciations/{pronunciation_id}", "delete"),
        ("/api/v1/text/read", "post"),
    ];
    for (path, method) in wanted {
        assert!(
            document["paths"][path][method].is_object(),
            "{method} {path}"
        );
    }
    let operations: usize = document["paths"].as_object().map_or(0, |paths| {
        paths
            .values()
            .filter_map(Value::as_object)
            .map(serde_json::Map::len)
            .sum()
    });
    assert_eq!(operations, wanted.len());
}

#[test]
fn problems_of_routes_in_the_shape_of_openai_are_plain_json() {
    let document = document();
    let refused = &document["paths"]["/v1/audio/speech"]["post"]["responses"]["422"]["content"];
    let schema = &refused["application/json"]["schema"]["$ref"];
    assert_eq!(schema, "#/components/schemas/Problem");
    assert!(refused["application/problem+json"].is_null());
    assert!(document["components"]["schemas"]["OpenAiError"].is_object());
    let elsewhere = &document["paths"]["/api/v1/speech"]["post"]["responses"]["422"]["content"];
    assert!(elsewhere["application/problem+json"].is_object());
}

#[test]
fn the_routes_do_not_clash() {
    assert!(router().has_routes());
}

#[test]
fn a_batch_is_described_with_its_limits() {
    let schema = &document()["components"]["schemas"]["BatchBody"];
    assert_eq!(schema["required"], json!(["texts", "voice_id", "language"]));
    assert_eq!(schema["properties"]["texts"]["maxItems"], 100);
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(
        schema["properties"]["response_format"]["enum"],
        json!(["wav", "mp3", "opus", "aac", "flac", "pcm"])
    );
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut references = Vec::new();
    collect(&document, &mut references);
    for reference in references {
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect<'a>(value: &'a Value, references: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                references.push(reference);
            }
            members
                .values()
                .for_each(|member| collect(member, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}
