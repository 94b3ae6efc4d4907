//! Whisper: from a folder in both layouts of vocabularies, from a hub, and what is refused.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as Segments, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Machine, listen, names};

const CARD: &str = "---\nlanguage: en\nlicense: mit\n---\n# A small model\n";

/// The small model of the crate `kiskadee-whisper`.
fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../worker/whisper/tests/whisper/golden")
        .join(name)
}

/// As a repository has it.
fn published() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        fs::copy(golden(name), folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("README.md"), CARD).unwrap();
    folder
}

/// Takes the vocabulary of a folder apart, as older models have it.
fn take_apart(folder: &Path) {
    let whole = folder.join("tokenizer.json");
    let read: Value = serde_json::from_slice(&fs::read(&whole).unwrap()).unwrap();
    let mut words = read["model"]["vocab"].clone();
    let end = json!("<|endoftext|>");
    let added = read["added_tokens"].as_array().unwrap();
    let end = added.iter().find(|token| token["content"] == end).unwrap();
    words["<|endoftext|>"] = end["id"].clone();
    fs::write(folder.join("vocab.json"), words.to_string()).unwrap();
    let merges = read["model"]["merges"].as_array().unwrap();
    let line = |merge: &Value| match merge {
        Value::Array(pair) => format!(
            "{} {}",
            pair[0].as_str().unwrap(),
            pair[1].as_str().unwrap()
        ),
        other => other.as_str().unwrap().to_owned(),
    };
    let merges: Vec<String> = merges.iter().map(line).collect();
    let text = format!("#version: 0.2\n{}\n", merges.join("\n"));
    fs::write(folder.join("merges.txt"), text).unwrap();
    fs::remove_file(whole).unwrap();
}

#[tokio::test]
async fn a_model_is_imported_from_a_folder_listed_and_removed() {
    let machine = Machine::new();
    let folder = published();
    let source = folder.path().to_str().unwrap();
    let path = machine
        .said(&["import", source, "--name", "whisper-small"])
        .await;
    let target = machine.models().join("whisper-small");
    assert_eq!(path.trim(), target.to_str().unwrap());
    let kept = [
        "README.md",
        "config.json",
        "model.json",
        "model.safetensors",
        "tokenizer.json",
    ];
    assert_eq!(names(&target), kept);
    let list = machine.said(&["list"]).await;
    assert!(
        list.starts_with("whisper-small  whisper  0.1 M parameters"),
        "{list}"
    );
    let shown = machine.said(&["show", "whisper-small"]).await;
    for part in ["MIT", source, "sha256"] {
        assert!(shown.contains(part), "{shown}");
    }
    let again = machine
        .refused(&["import", source, "--name", "whisper-small"])
        .await;
    assert!(again.contains("--force"), "{again}");
    // The file of the weights stands for its folder.
    let weights = folder.path().join("model.safetensors");
    let import = [
        "import",
        weights.to_str().unwrap(),
        "--name",
        "whisper-small",
        "--force",
    ];
    machine.said(&import).await;
    machine.said(&["remove", "whisper-small"]).await;
    assert!(names(&machine.models()).is_empty());
}

#[tokio::test]
async fn an_older_vocabulary_says_the_same() {
    let machine = Machine::new();
    let folder = published();
    take_apart(folder.path());
    let source = folder.path().to_str().unwrap();
    machine
        .said(&["import", source, "--name", "whisper-old"])
        .await;
    let made = fs::read(machine.models().join("whisper-old/tokenizer.json")).unwrap();
    let made: Value = serde_json::from_slice(&made).unwrap();
    let whole: Value =
        serde_json::from_slice(&fs::read(golden("tokenizer.json")).unwrap()).unwrap();
    let ids = |tokenizer: &Value| {
        let tokens = tokenizer["added_tokens"].as_array().unwrap();
        let ids = tokens
            .iter()
            .map(|token| (token["content"].to_string(), token["id"].clone()));
        ids.collect::<HashMap<_, _>>()
    };
    let (made, whole) = (ids(&made), ids(&whole));
    for name in [
        "\"<|endoftext|>\"",
        "\"<|pt|>\"",
        "\"<|transcribe|>\"",
        "\"<|notimestamps|>\"",
    ] {
        assert_eq!(made.get(name), whole.get(name), "{name}");
    }
}

#[tokio::test]
async fn what_cannot_be_used_is_told_and_leaves_nothing() {
    let machine = Machine::new();
    let folder = published();
    let source = folder.path().to_str().unwrap();
    let write = |name: &str, content: &str| fs::write(folder.path().join(name), content).unwrap();
    let refused = async || {
        machine
            .refused(&["import", source, "--name", "whisper-x"])
            .await
    };
    fs::remove_file(folder.path().join("README.md")).unwrap();
    let error = refused().await;
    assert!(
        error.contains("tells nothing of its licence") && error.contains("--licence"),
        "{error}"
    );
    write("LICENSE", "Terms of mine\nNobody may.\n");
    let error = refused().await;
    assert!(
        error.contains("Nobody may.") && error.contains("must be accepted"),
        "{error}"
    );
    write("README.md", CARD);
    let config = fs::read_to_string(golden("config.json")).unwrap();
    write(
        "config.json",
        &config.replace("\"d_model\": 16", "\"d_model\": 20"),
    );
    let error = refused().await;
    assert!(error.contains("has the shape"), "{error}");
    write("config.json", &config);
    fs::remove_file(folder.path().join("tokenizer.json")).unwrap();
    let error = refused().await;
    assert!(
        error.contains("no tokenizer.json") && error.contains("merges.txt"),
        "{error}"
    );
    write("tokenizer.json", "{}");
    let error = refused().await;
    assert!(error.contains("tokenizer.json"), "{error}");
    fs::copy(
        golden("tokenizer.json"),
        folder.path().join("tokenizer.json"),
    )
    .unwrap();
    write("model.safetensors", "{}");
    let error = refused().await;
    assert!(error.contains("is cut off"), "{error}");
    fs::remove_file(folder.path().join("model.safetensors")).unwrap();
    let error = refused().await;
    assert!(error.contains("holds no weights"), "{error}");
    assert!(!machine.models().exists() || names(&machine.models()).is_empty());
}

#[tokio::test]
async fn a_model_is_downloaded_by_its_repository() {
    let mut machine = Machine::new();
    let folder = published();
    let files = names(folder.path()).into_iter().map(|name| {
        let content = Bytes::from(fs::read(folder.path().join(&name)).unwrap());
        (name, content)
    });
    let mut files: HashMap<String, Bytes> = files.collect();
    // A name that does not tell what the model is.
    files.insert("preprocessor_config.json".to_owned(), Bytes::from("{}"));
    let files = Arc::new(files);
    let app = Router::new()
        .route("/openai/whisper-tiny/resolve/main/{file}", get(give))
        .route("/someone/mine/resolve/main/{file}", get(give));
    machine.endpoint = listen(app.with_state(files)).await;
    machine.said(&["import", "hf:openai/whisper-tiny"]).await;
    machine.said(&["import", "hf:someone/mine"]).await;
    assert_eq!(names(&machine.models()), ["whisper-mine", "whisper-tiny"]);
    let shown = machine.said(&["show", "whisper-tiny"]).await;
    assert!(
        shown.contains("hf:openai/whisper-tiny@main") && shown.contains("MIT"),
        "{shown}"
    );
    let error = machine.refused(&["import", "hf:openai/whisper-tiny"]).await;
    assert!(error.contains("--force"), "{error}");
    let error = machine
        .refused(&["import", "hf:openai/whisper-large"])
        .await;
    assert!(
        error.contains("whisper-large@main has no config.json"),
        "{error}"
    );
}

async fn give(
    State(files): State<Arc<HashMap<String, Bytes>>>,
    Segments(file): Segments<String>,
) -> Response {
    match files.get(&file) {
        Some(content) => content.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
