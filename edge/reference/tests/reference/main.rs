//! The committed API documents are what the code declares, and hold together.
#![expect(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod routes;
mod security;

use std::collections::BTreeSet;

use serde_json::Value;

const OPENAPI: &str = include_str!("../../openapi.json");
const POSTMAN: &str = include_str!("../../postman.json");

fn declared() -> Value {
    kiskadee_reference::document().unwrap()
}

fn operations(document: &Value) -> impl Iterator<Item = (String, &Value)> {
    document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            item.as_object()
                .unwrap()
                .iter()
                .map(move |(method, operation)| (format!("{method} {path}"), operation))
        })
}

#[test]
fn the_committed_documents_are_those_of_the_code() {
    let hint = "run `cargo xtask openapi`";
    let document = declared();
    assert!(
        serde_json::from_str::<Value>(OPENAPI).unwrap() == document,
        "openapi.json is stale: {hint}"
    );
    let collection = kiskadee_reference::collection(&document);
    assert!(
        serde_json::from_str::<Value>(POSTMAN).unwrap() == collection,
        "postman.json is stale: {hint}"
    );
}

#[test]
fn the_version_is_the_one_that_knows_json_schema() {
    assert!(declared()["openapi"].as_str().unwrap().starts_with("3.1"));
}

#[test]
fn every_operation_has_a_summary_and_a_described_tag() {
    let document = declared();
    let described: BTreeSet<&str> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].as_str().unwrap())
        .collect();
    let mut used = BTreeSet::new();
    for (name, operation) in operations(&document) {
        assert!(operation["summary"].is_string(), "{name} has no summary");
        let tag = operation["tags"][0].as_str().unwrap();
        assert!(
            described.contains(tag),
            "{name} has the tag `{tag}`, which is not described"
        );
        used.insert(tag);
    }
    assert_eq!(used, described, "a described tag is not used");
}

#[test]
fn every_reference_leads_somewhere() {
    let document = declared();
    let text = document.to_string();
    let references = text
        .split("\"$ref\":\"#")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap());
    for pointer in references {
        assert!(
            document.pointer(pointer).is_some(),
            "#{pointer} leads nowhere"
        );
    }
}

#[test]
fn operation_ids_are_unique() {
    let document = declared();
    let mut seen = BTreeSet::new();
    for (name, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(
            seen.insert(id.to_owned()),
            "{name} repeats the operationId `{id}`"
        );
    }
}

#[test]
fn every_named_security_scheme_is_declared() {
    let document = declared();
    let schemes = document["components"]["securitySchemes"]
        .as_object()
        .unwrap();
    for (name, operation) in operations(&document) {
        for requirement in operation["security"].as_array().into_iter().flatten() {
            for scheme in requirement.as_object().unwrap().keys() {
                assert!(
                    schemes.contains_key(scheme),
                    "{name} needs the unknown scheme `{scheme}`"
                );
            }
        }
    }
}
