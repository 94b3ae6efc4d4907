//! What the component tells about itself agrees with what it serves.

use kiskadee_jobs_api::{openapi, router};
use serde_json::Value;

#[expect(clippy::unwrap_used, reason = "a test fails where its setting up does")]
fn document() -> Value {
    serde_json::to_value(openapi()).unwrap()
}

#[test]
fn every_path_of_the_contract_is_there() {
    let document = document();
    let wanted = [
        ("/api/v1/batches", "get"),
        ("/api/v1/advanced/batch-tts/{batch_id}/status", "get"),
        ("/api/v1/advanced/batch-tts/{batch_id}/download", "get"),
        ("/api/v1/advanced/batch-tts/{batch_id}/cancel", "post"),
        ("/api/v1/jobs", "get"),
        ("/api/v1/jobs/{job_id}", "get"),
        ("/api/v1/jobs/{job_id}/cancel", "post"),
        ("/api/v1/jobs/{job_id}/audio", "get"),
        ("/api/v1/jobs/{job_id}/events", "get"),
        ("/api/v1/jobs/{job_id}/timestamps", "get"),
        ("/api/v1/jobs/{job_id}/subtitles", "get"),
        ("/api/v1/usage", "get"),
    ];
    for (path, method) in wanted {
        assert!(
            document["paths"][path][method].is_object(),
            "{method} {path}"
        );
    }
    let found = document["paths"]
        .as_object()
        .map_or(0, serde_json::Map::len);
    assert_eq!(found, wanted.len());
    assert!(router().has_routes());
}

#[test]
fn the_filters_of_a_list_are_described() {
    let parameters = &document()["paths"]["/api/v1/jobs"]["get"]["parameters"];
    let names: Vec<&str> = parameters
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|parameter| parameter["name"].as_str())
        .collect();
    let wanted = [
        "limit",
        "cursor",
        "kind",
        "status",
        "batch_id",
        "created_after",
        "created_before",
    ];
    assert_eq!(names, wanted);
}
