//! Makes the API documents out of what the components declare. `main.rs` writes the files that `edge/pages` carries, and a
//! test compares them with the code.

mod postman;
mod sample;

use kiskadee_edge_kit::openapi::JOB_RESULTS;
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

pub use postman::collection;

const INTRODUCTION: &str = include_str!("introduction.md");

/// The areas of the API in the order in which they are shown. Every operation has one of them as its tag.
const TAGS: [(&str, &str); 11] = [
    (
        "Accounts",
        "Registration, sign-in, the profile and API keys.",
    ),
    (
        "Batches",
        "Many texts at once, from JSON or CSV, to one ZIP.",
    ),
    (
        "Speech",
        "One text as a job, and the engines that can speak it.",
    ),
    ("Jobs", "The state, the events and the audio of jobs."),
    ("Voices", "The voices that speak, with samples."),
    (
        "Training",
        "Datasets of recordings, runs that train voices on them, and what runs leave.",
    ),
    (
        "Uploads",
        "Files of any size, in parts, for the work that needs them.",
    ),
    (
        "Webhooks",
        "The secret that signs webhooks, and what became of each.",
    ),
    (
        "Administration",
        "Users and the log of who did what, for administrators.",
    ),
    ("Operations", "Health, metrics and monitoring."),
    ("Documents", "This document, in several forms."),
];

/// What each component contributes, by its name in `spin.toml`.
pub fn parts() -> Vec<(&'static str, OpenApi)> {
    vec![
        ("accounts", kiskadee_accounts::openapi()),
        ("jobs", kiskadee_jobs_api::openapi()),
        ("speech", kiskadee_speech_api::openapi()),
        ("training", kiskadee_training_api::openapi()),
        ("uploads", kiskadee_uploads_api::openapi()),
        ("ops", kiskadee_ops::openapi()),
        ("pages", kiskadee_pages::openapi()),
    ]
}

/// One document of what all components contribute.
pub fn document() -> Result<Value, serde_json::Error> {
    let mut merged = OpenApi::default();
    let mut results = Vec::new();
    for (_, mut part) in parts() {
        results.extend(job_results(&mut part));
        merged.merge(part);
    }
    let mut document = serde_json::to_value(merged)?;
    document["components"]["schemas"]["JobResult"] = json!({
        "description": "What a job made, by its kind.",
        "oneOf": results,
    });
    capitalize_tags(&mut document);
    document["info"] = information();
    document["servers"] = json!([{"url": "/", "description": "This deployment"}]);
    document["tags"] = TAGS
        .iter()
        .map(|(name, description)| json!({"name": name, "description": description}))
        .collect();
    Ok(document)
}

/// What a component says of the results of its jobs.
fn job_results(part: &mut OpenApi) -> Vec<Value> {
    let extensions = part.extensions.as_mut();
    match extensions.and_then(|extensions| extensions.remove(JOB_RESULTS)) {
        Some(Value::Array(results)) => results,
        _ => Vec::new(),
    }
}

/// Components may write their tags small.
fn capitalize_tags(document: &mut Value) {
    let paths = document
        .get_mut("paths")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten();
    let operations = paths.flat_map(|(_, item)| item.as_object_mut().into_iter().flatten());
    let tags = operations
        .filter_map(|(_, operation)| operation.get_mut("tags")?.as_array_mut())
        .flatten();
    for tag in tags {
        if let Value::String(name) = tag
            && let Some(first) = name.get_mut(..1)
        {
            first.make_ascii_uppercase();
        }
    }
}

fn information() -> Value {
    json!({
        "title": "Kiskadee",
        "summary": "Text to speech at scale",
        "description": INTRODUCTION,
        "version": env!("CARGO_PKG_VERSION"),
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    })
}

/// What a `$ref` points at, or the value itself.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let pointer = value
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| reference.strip_prefix('#'));
    pointer
        .and_then(|pointer| document.pointer(pointer))
        .unwrap_or(value)
}

/// The operations of a document: path, method, operation.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Map<String, Value>)> {
    let paths = document
        .get("paths")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.filter_map(move |(method, operation)| {
            Some((path.as_str(), method.as_str(), operation.as_object()?))
        })
    })
}
