//! Kokoro and the voices of Piper: what is refused, and whose terms somebody has to accept.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as Segments, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::{Machine, listen, names};

#[tokio::test]
async fn what_a_voice_lacks_is_told_before_anything_is_written() {
    let machine = Machine::new();
    let folder = machine.source.path();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let files = tempfile::tempdir().unwrap();
    let lonely = files.path().join("kokoro-v1.0.onnx");
    fs::write(&lonely, b"\x08\x08").unwrap();
    let from = lonely.to_str().unwrap();
    let error = machine.refused(&["import", "kokoro", "--from", from]).await;
    assert!(error.contains("holds no voices"), "{error}");
    let voices = files.path().join("voices");
    fs::create_dir(&voices).unwrap();
    fs::write(voices.join("af_heart.bin"), [0; 12]).unwrap();
    let voices = voices.to_str().unwrap();
    let parts = ["import", "kokoro", "--from", from, voices];
    let error = machine.refused(&parts).await;
    assert!(error.contains("no config.json"), "{error}");
    let config = path("config.json");
    let whole = [&parts[..], &[config.as_str()]].concat();
    let error = machine.refused(&whole).await;
    assert!(error.contains("config.json"), "{error}");
    let error = machine.refused(&["import", "xtts", "--from", from]).await;
    assert!(error.contains("--from goes with"), "{error}");
    let error = machine.refused(&["import", from]).await;
    assert!(error.contains("kokoro-v1.0.onnx.json"), "{error}");
    let error = machine.refused(&["import", "hf:a/b/../c.onnx"]).await;
    assert!(error.contains("no file of a repository"), "{error}");
    assert!(!machine.models().exists() || names(&machine.models()).is_empty());
}

#[tokio::test]
async fn a_piper_voice_needs_terms_that_somebody_accepts() {
    let machine = Machine::new();
    let golden =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../worker/piper/tests/golden/speakers");
    let folder = tempfile::tempdir().unwrap();
    for name in ["voice.onnx", "voice.onnx.json"] {
        fs::copy(golden.join(name), folder.path().join(name)).unwrap();
    }
    let source = folder.path().to_str().unwrap();
    let error = machine.refused(&["import", source]).await;
    assert!(error.contains("--licence ID"), "{error}");
    let tuned = "* URL: https://example.com\n* License: CC0\n\nFinetuned from lessac (medium).\n";
    fs::write(folder.path().join("MODEL_CARD"), tuned).unwrap();
    let error = machine.refused(&["import", source]).await;
    for part in [
        "Finetuned from lessac",
        "commercial use: unknown",
        "must be accepted",
    ] {
        assert!(error.contains(part), "{error}");
    }
    assert!(!machine.models().exists());
    machine.said(&["import", source, "--accept-licence"]).await;
    assert_eq!(names(&machine.models()), ["piper-voice"]);
    let shown = machine.said(&["show", "piper-voice"]).await;
    for part in [
        "CC0-1.0",
        "commercial  unknown",
        "--accept-licence",
        "MODEL_CARD",
    ] {
        assert!(shown.contains(part), "{shown}");
    }
    // Free terms alone ask nobody.
    fs::remove_file(folder.path().join("MODEL_CARD")).unwrap();
    machine
        .said(&["import", source, "--licence", "MIT", "--name", "free"])
        .await;
    let list = machine.said(&["list"]).await;
    assert!(
        list.contains("free  piper") && list.contains("commercial use: yes"),
        "{list}"
    );
}

#[tokio::test]
async fn a_piper_voice_is_downloaded_with_what_lies_beside_it() {
    let mut machine = Machine::new();
    let golden =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../worker/piper/tests/golden/speakers");
    let read = |name: &str| Bytes::from(fs::read(golden.join(name)).unwrap());
    let folder = "en/en_US/test/low";
    let files = HashMap::from([
        (format!("{folder}/voice.onnx"), read("voice.onnx")),
        (format!("{folder}/voice.onnx.json"), read("voice.onnx.json")),
        (
            format!("{folder}/MODEL_CARD"),
            Bytes::from("* License: CC0\n"),
        ),
    ]);
    let app = Router::new().route("/rhasspy/piper-voices/resolve/main/{*file}", get(give));
    machine.endpoint = listen(app.with_state(Arc::new(files))).await;
    let source = format!("hf:rhasspy/piper-voices/{folder}/voice.onnx");
    machine.said(&["import", &source]).await;
    assert_eq!(names(&machine.models()), ["piper-voice"]);
    let shown = machine.said(&["show", "piper-voice"]).await;
    for part in [
        "hf:rhasspy/piper-voices@main/en/en_US/test/low/voice.onnx",
        "commercial  yes",
        "MODEL_CARD",
    ] {
        assert!(shown.contains(part), "{shown}");
    }
}

#[tokio::test]
async fn models_are_imported_by_their_addresses() {
    let machine = Machine::new();
    let golden =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../worker/piper/tests/golden/speakers");
    let mut files = HashMap::new();
    for name in ["voice.onnx", "voice.onnx.json"] {
        let content = Bytes::from(fs::read(golden.join(name)).unwrap());
        files.insert(format!("piper/{name}"), content);
    }
    for name in names(machine.source.path()) {
        let content = fs::read(machine.source.path().join(&name)).unwrap();
        files.insert(format!("xtts/{name}"), Bytes::from(content));
    }
    let app = Router::new().route("/{*file}", get(give));
    let server = listen(app.with_state(Arc::new(files))).await;
    let voice = format!("{server}/piper/voice.onnx");
    let with_password = voice.replace("http://", "http://me:secret@");
    let import = ["import", &with_password, "--licence", "MIT"];
    machine.said(&import).await;
    let shown = machine.said(&["show", "piper-voice"]).await;
    assert!(shown.contains(&voice), "{shown}");
    let manifest = machine.models().join("piper-voice/model.json");
    assert!(!fs::read_to_string(manifest).unwrap().contains("secret"));
    let folder = format!("{server}/xtts/");
    machine.said(&["import", &folder, "--accept-licence"]).await;
    assert_eq!(names(&machine.models()), ["piper-voice", "xtts"]);
    let shown = machine.said(&["show", "xtts"]).await;
    assert!(shown.contains(&folder), "{shown}");
    let missing = format!("{server}/piper/other.onnx");
    let error = machine.refused(&["import", &missing]).await;
    assert!(error.contains("has no other.onnx"), "{error}");
    let config = format!("{server}/xtts/config.json");
    let error = machine
        .refused(&["import", "kokoro", "--from", &config])
        .await;
    assert!(error.contains("holds no model"), "{error}");
    let error = machine.refused(&["import", &config]).await;
    assert!(error.contains("ends in a slash"), "{error}");
}

async fn give(
    State(files): State<Arc<HashMap<String, Bytes>>>,
    Segments(file): Segments<String>,
    headers: HeaderMap,
) -> Response {
    // The token of Hugging Face goes to it alone.
    let authorization = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    let is_token = |value: &str| value.starts_with("Bearer");
    if !file.starts_with("en/") && authorization.is_some_and(is_token) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    match files.get(&file) {
        Some(content) => content.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
