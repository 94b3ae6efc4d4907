//! Bodies that are wrong, each with its documented answer and none with a 500.

use anyhow::Result;
use serde_json::{Value, json};

use crate::shared_system::{admin, new_user};

const BATCH: &str = "/api/v1/advanced/batch-tts";

/// The names of the fields in the problem of a 422.
async fn bad_fields(path: &str, body: Value) -> Result<Vec<String>> {
    let problem = admin().post(path, &body).await?.problem(422)?;
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    Ok(errors
        .iter()
        .filter_map(|error| error["field"].as_str().map(str::to_owned))
        .collect())
}

#[tokio::test]
async fn malformed_json_is_400() -> Result<()> {
    for body in ["{", "{\"texts\": [\"a\",]}", "\u{0}"] {
        admin()
            .post_raw(BATCH, "application/json", body.into())
            .await?
            .problem(400)?;
    }
    admin()
        .post_raw(BATCH, "application/json", vec![b'"', 0xff, b'"'])
        .await?
        .problem(400)?;
    Ok(())
}

#[tokio::test]
async fn an_empty_body_is_400_and_another_type_is_415() -> Result<()> {
    admin()
        .post_raw(BATCH, "application/json", Vec::new())
        .await?
        .problem(400)?;
    admin()
        .post_raw(BATCH, "text/plain", b"hello".to_vec())
        .await?
        .problem(415)?;
    Ok(())
}

#[tokio::test]
async fn wrong_types_name_their_field() -> Result<()> {
    assert_eq!(
        bad_fields(
            BATCH,
            json!({"texts": "one", "voice_id": "default", "language": "en"})
        )
        .await?,
        ["texts"]
    );
    let fields = bad_fields(
        BATCH,
        json!({"texts": [1], "voice_id": "default", "language": "en"}),
    )
    .await?;
    assert_eq!(fields, ["texts[0]"]);
    Ok(())
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() -> Result<()> {
    let body = json!({"texts": [], "voice_id": "default", "language": "en", "response_format": "midi",
        "quality_profile": "best", "webhook_url": "ftp://example.org"});
    let fields = bad_fields(BATCH, body).await?;
    for field in ["texts", "response_format", "quality_profile", "webhook_url"] {
        assert!(
            fields.contains(&field.to_owned()),
            "{field} is not in {fields:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn too_many_texts_and_too_long_texts_are_422() -> Result<()> {
    let many = json!({"texts": vec!["a"; 101], "voice_id": "default", "language": "en"});
    assert_eq!(bad_fields(BATCH, many).await?, ["texts"]);
    let long = json!({"texts": ["ok", "a".repeat(5001)], "voice_id": "default", "language": "en"});
    assert_eq!(bad_fields(BATCH, long).await?, ["texts[1]"]);
    let longest = json!({"texts": ["é".repeat(5000)], "voice_id": "default", "language": "en"});
    let batch_id = admin().post(BATCH, &longest).await?.expect(202)?.json()?["batch_id"].clone();
    admin()
        .post(
            &format!("{BATCH}/{}/cancel", batch_id.as_str().unwrap_or_default()),
            &json!({}),
        )
        .await?;
    Ok(())
}

#[tokio::test]
async fn a_text_that_would_sound_for_an_hour_is_422_and_names_its_place() -> Result<()> {
    let long =
        json!({"texts": ["one", "㎢".repeat(5000)], "voice_id": "default", "language": "en"});
    assert_eq!(bad_fields(BATCH, long).await?, ["texts[1]"]);
    let slow =
        json!({"text": "1".repeat(2000), "voice_id": "default", "language": "en", "speed": 0.25});
    assert_eq!(bad_fields("/api/v1/speech", slow).await?, ["text"]);
    Ok(())
}

#[tokio::test]
async fn a_latest_start_in_the_past_is_422() -> Result<()> {
    for path in [BATCH, "/api/v1/speech"] {
        let mut body = json!({"voice_id": "default", "language": "en", "start_before": "2020-01-01T00:00:00Z"});
        if path == BATCH {
            body["texts"] = json!(["one", "two"]);
        } else {
            body["text"] = json!("one");
        }
        assert_eq!(bad_fields(path, body).await?, ["start_before"]);
    }
    Ok(())
}

#[tokio::test]
async fn a_body_of_countless_values_is_422() -> Result<()> {
    let nested = json!({"texts": [vec![0; 10_000]], "voice_id": "default", "language": "en"});
    let problem = admin().post(BATCH, &nested).await?.problem(422)?;
    assert!(
        problem.to_string().contains("a body holds 10000 values"),
        "{problem}"
    );
    Ok(())
}

#[tokio::test]
async fn an_engine_that_is_not_here_is_named_with_those_that_are() -> Result<()> {
    let body =
        json!({"texts": ["a"], "voice_id": "default", "language": "en", "tts_engine": "xtts"});
    let problem = admin().post(BATCH, &body).await?.problem(422)?;
    assert!(problem.to_string().contains("espeak"), "{problem}");
    Ok(())
}

#[tokio::test]
async fn unknown_voices_and_languages_are_422() -> Result<()> {
    let voice = json!({"texts": ["a"], "voice_id": "no-such-voice", "language": "en"});
    assert_eq!(bad_fields(BATCH, voice).await?, ["voice_id"]);
    let language = json!({"texts": ["a"], "voice_id": "default", "language": "tlh-x"});
    assert_eq!(bad_fields(BATCH, language).await?, ["language"]);
    Ok(())
}

#[tokio::test]
async fn private_webhook_addresses_and_odd_schemes_are_refused() -> Result<()> {
    for url in [
        "ftp://example.org/",
        "javascript:alert(1)",
        "http://user:secret@example.org/",
        "not a url",
    ] {
        let body =
            json!({"texts": ["a"], "voice_id": "default", "language": "en", "webhook_url": url});
        assert_eq!(bad_fields(BATCH, body).await?, ["webhook_url"], "{url}");
    }
    Ok(())
}

#[tokio::test]
async fn ids_that_are_not_ids_are_not_found() -> Result<()> {
    let (client, _, _) = new_user().await?;
    for id in [
        "x",
        "batch_",
        "batch_zz",
        "job_00000000000000000000000000000000",
        "..",
        "%00",
        "'; drop table x",
    ] {
        client
            .get(&format!("{BATCH}/{}/status", id.replace(' ', "%20")))
            .await?
            .problem(404)?;
        client
            .get(&format!("/api/v1/jobs/{}", id.replace(' ', "%20")))
            .await?
            .problem(404)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_wrong_method_says_which_are_allowed() -> Result<()> {
    let answer = admin().delete(BATCH).await?;
    assert!(
        answer.header("allow").contains("POST"),
        "{:?}",
        answer.headers
    );
    answer.problem(405)?;
    admin().get("/no/such/path").await?.problem(404)?;
    Ok(())
}

#[tokio::test]
async fn a_bad_cursor_or_limit_is_422() -> Result<()> {
    for query in ["limit=0", "limit=101", "limit=x", "cursor=%21%21"] {
        admin()
            .get(&format!("/api/v1/jobs?{query}"))
            .await?
            .problem(422)?;
    }
    Ok(())
}
