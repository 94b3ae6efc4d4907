//! The served `OpenAPI` document against the system that serves it, by schemathesis.

use std::process::Command;

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::json;

use crate::shared_system::{new_user, system};

/// A key with which a user may do all that a user may.
async fn key() -> Result<String> {
    let (client, _, token) = new_user().await?;
    let anonymous = client.anonymous();
    let request = anonymous
        .request(Method::POST, "/api/v1/advanced/auth/api-key")
        .bearer_auth(token)
        .json(&json!({"name": "fuzzer", "scopes": ["*"]}));
    let key = anonymous.send(request).await?.expect(201)?.json()?;
    Ok(key["api_key"].as_str().context("no api_key")?.to_owned())
}

#[tokio::test]
async fn every_operation_answers_as_its_document_says() -> Result<()> {
    let shared = system();
    let key = key().await?;
    let output = Command::new("schemathesis")
        .args(["run", &format!("{}/openapi.json", shared.url)])
        .args(["--header", &format!("X-API-Key: {key}")])
        .args(["--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"])
        .args(["--exclude-path-regex", "/events$|/auth/api-key/"])
        .args(["--max-examples", "15", "--seed", "1", "--workers", "1", "--phases", "examples,coverage,fuzzing"])
        .args(["--suppress-health-check", "all"])
        .current_dir(&shared.state_dir)
        .output()
        .context("schemathesis is not on the path; run `cargo xtask test`")?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    Ok(())
}
