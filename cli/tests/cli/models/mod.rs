//! `kiskadee models`: an import from a path and from a hub, whose transfers break off, and the acceptance of the licence.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

mod voices;
mod whisper;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex, OnceLock};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path as Segments, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::process::Command;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const LICENCE: &str = "Coqui Public Model License 1.0.0\nthe whole text\n";

/// The reduced model of the crate `kiskadee-xtts`.
fn reduced(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../worker/xtts/tests/golden")
        .join(name)
}

/// A folder to import from, and a place for models.
struct Machine {
    source: TempDir,
    state: TempDir,
    endpoint: String,
}

impl Machine {
    fn new() -> Self {
        let source = tempfile::tempdir().unwrap();
        for name in ["config.json", "vocab.json", "model.safetensors"] {
            fs::copy(reduced(name), source.path().join(name)).unwrap();
        }
        fs::write(source.path().join("LICENSE.txt"), LICENCE).unwrap();
        Self {
            source,
            state: tempfile::tempdir().unwrap(),
            // Nobody listens there: an import from a path asks nobody.
            endpoint: "http://127.0.0.1:9".to_owned(),
        }
    }

    fn source(&self) -> &str {
        self.source.path().to_str().unwrap()
    }

    fn models(&self) -> PathBuf {
        self.state.path().join("models")
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kiskadee"));
        command
            .arg("models")
            .args(arguments)
            .env("KISKADEE_STATE_DIR", self.state.path())
            .env("HF_ENDPOINT", &self.endpoint)
            .env("HF_TOKEN", "hf_of_the_test")
            .env_remove("KISKADEE_MODELS_DIR")
            .stdin(Stdio::null());
        command.output().await.unwrap()
    }

    async fn said(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    async fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_model_is_imported_listed_shown_and_removed() {
    let machine = Machine::new();
    let import = ["import", machine.source(), "--accept-licence"];
    let path = machine.said(&import).await;
    assert_eq!(path.trim(), machine.models().join("xtts").to_str().unwrap());
    assert_eq!(names(&machine.models()), ["xtts"]);
    let list = machine.said(&["list"]).await;
    assert!(list.starts_with("xtts  xtts  0.3 M parameters"), "{list}");
    let shown = machine.said(&["show", "xtts"]).await;
    for part in [
        "Coqui Public Model License 1.0.0",
        "--accept-licence",
        machine.source(),
        "model.safetensors",
    ] {
        assert!(shown.contains(part), "{shown}");
    }
    let again = machine.refused(&import).await;
    assert!(again.contains("--force"), "{again}");
    machine.said(&[&import[..], &["--force"]].concat()).await;
    machine
        .said(&[&import[..], &["--name", "second"]].concat())
        .await;
    machine.said(&["remove", "xtts"]).await;
    assert_eq!(names(&machine.models()), ["second"]);
    let gone = machine.refused(&["remove", "xtts"]).await;
    assert!(gone.contains("no model `xtts`"), "{gone}");
}

#[tokio::test]
async fn nothing_is_imported_before_the_licence_is_accepted() {
    let machine = Machine::new();
    let error = machine.refused(&["import", machine.source()]).await;
    for part in [
        LICENCE.trim(),
        "non-commercial",
        "run this again with --accept-licence",
    ] {
        assert!(error.contains(part), "{error}");
    }
    assert!(!machine.models().exists());
}

#[tokio::test]
async fn what_cannot_be_imported_is_told() {
    let machine = Machine::new();
    let import = async |source: &str| {
        machine
            .refused(&["import", source, "--accept-licence"])
            .await
    };
    let error = import("/nowhere").await;
    assert!(error.contains("/nowhere"), "{error}");
    let error = import("hf:XTTS-v2").await;
    assert!(error.contains("hf:OWNER/NAME"), "{error}");
    let error = machine
        .refused(&["import", "/nowhere", "--name", "../up"])
        .await;
    assert!(error.contains("no name for a model"), "{error}");
    fs::write(machine.source.path().join("model.safetensors"), "{}").unwrap();
    let error = import(machine.source()).await;
    assert!(error.contains("is cut off"), "{error}");
    assert!(names(&machine.models()).is_empty());
}

/// A hub with one repository, which breaks off what it is told to.
#[derive(Default)]
struct Hub {
    files: HashMap<String, Bytes>,
    /// How often each file does not come whole yet: the last time the line is cut, before that the answer is short.
    breaks: Mutex<HashMap<String, u32>>,
    /// Method, file, and where the answer begins.
    asked: Mutex<Vec<(Method, String, usize)>>,
    wrong_digest: bool,
    /// The address of the host with the large files.
    store: OnceLock<String>,
}

impl Hub {
    fn of(machine: &Machine) -> Self {
        let read = |name: &str| Bytes::from(fs::read(machine.source.path().join(name)).unwrap());
        let mut files: HashMap<String, Bytes> = ["config.json", "vocab.json", "LICENSE.txt"]
            .into_iter()
            .map(|name| (name.to_owned(), read(name)))
            .collect();
        files.insert("model.pth".to_owned(), read("model.safetensors"));
        Self {
            files,
            ..Self::default()
        }
    }

    async fn serve(self, machine: &mut Machine) -> Arc<Self> {
        let hub = Arc::new(self);
        let files = Router::new().route("/{file}", get(store));
        let address = listen(files.with_state(Arc::clone(&hub))).await;
        hub.store.set(address).unwrap();
        let path = "/coqui/XTTS-v2/resolve/{revision}/{file}";
        let facts = Router::new().route(path, get(resolve));
        machine.endpoint = listen(facts.with_state(Arc::clone(&hub))).await;
        hub
    }

    fn fetched(&self, file: &str) -> Vec<usize> {
        let asked = self.asked.lock().unwrap();
        let of_file = asked
            .iter()
            .filter(|(method, name, _)| *method == Method::GET && name == file);
        of_file.map(|(_, _, from)| *from).collect()
    }
}

async fn listen(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

/// As the real one: facts in the answer's head, the bytes of large files elsewhere.
async fn resolve(
    State(hub): State<Arc<Hub>>,
    Segments((revision, file)): Segments<(String, String)>,
    headers: HeaderMap,
) -> Response {
    assert_eq!(headers["authorization"], "Bearer hf_of_the_test");
    assert!(
        revision == COMMIT || ["config.json", "preprocessor_config.json"].contains(&&*file),
        "{revision} {file}"
    );
    let Some(content) = hub.files.get(&file) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let commit = ("x-repo-commit", COMMIT.to_owned());
    if file != "model.pth" {
        return ([commit], content.clone()).into_response();
    }
    let digest = Sha256::digest(if hub.wrong_digest { b"" } else { &content[..] });
    let head = [
        commit,
        ("location", format!("{}/{file}", hub.store.get().unwrap())),
        ("x-linked-size", content.len().to_string()),
        ("x-linked-etag", format!("\"{digest:x}\"")),
    ];
    (StatusCode::FOUND, head).into_response()
}

async fn store(
    State(hub): State<Arc<Hub>>,
    Segments(file): Segments<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    assert!(
        !headers.contains_key("authorization"),
        "the token is the hub's"
    );
    let content = hub.files[&file].clone();
    let range = headers.get("range").map(|range| range.to_str().unwrap());
    let from = range.map_or(0, |range| {
        range
            .trim_start_matches("bytes=")
            .trim_end_matches('-')
            .parse()
            .unwrap()
    });
    hub.asked.lock().unwrap().push((method, file.clone(), from));
    let rest = content.slice(from..);
    let breaks = {
        let mut breaks = hub.breaks.lock().unwrap();
        let left = breaks.entry(file).or_default();
        std::mem::replace(left, left.saturating_sub(1))
    };
    let half = rest.slice(..rest.len() / 2);
    let (length, body) = match breaks {
        0 => (rest.len(), Body::from(rest)),
        1 => {
            let pieces = [Ok(half), Err(std::io::Error::other("the line is cut"))];
            let stream = futures::stream::iter(pieces);
            (rest.len(), Body::from_stream(stream))
        }
        _ => (half.len(), Body::from(half)),
    };
    let length = ("content-length", length.to_string());
    if range.is_none() {
        return ([length], body).into_response();
    }
    let place = format!("bytes {from}-{}/{}", content.len() - 1, content.len());
    (
        StatusCode::PARTIAL_CONTENT,
        [length, ("content-range", place)],
        body,
    )
        .into_response()
}

const FROM_HUB: [&str; 3] = ["import", "hf:coqui/XTTS-v2", "--accept-licence"];

#[tokio::test]
async fn a_broken_download_goes_on_where_it_ended() {
    let mut machine = Machine::new();
    let hub = Hub::of(&machine);
    hub.breaks.lock().unwrap().insert("model.pth".to_owned(), 2);
    let hub = hub.serve(&mut machine).await;
    let output = machine.run(&FROM_HUB).await;
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("dvae.pth; it is passed over") && told.contains("broke off"),
        "{told}"
    );
    let half = hub.files["model.pth"].len() / 2;
    let fetched = hub.fetched("model.pth");
    assert!(
        fetched.len() == 3 && fetched[..2] == [0, half],
        "{fetched:?}"
    );
    assert!(fetched[2] >= half, "{fetched:?}");
    assert_eq!(names(&machine.models()), ["xtts"]);
    let shown = machine.said(&["show", "xtts"]).await;
    assert!(
        shown.contains(&format!("hf:coqui/XTTS-v2@{COMMIT}")),
        "{shown}"
    );
}

#[tokio::test]
async fn a_download_that_was_given_up_goes_on_with_the_next_command() {
    let mut machine = Machine::new();
    let hub = Hub::of(&machine).serve(&mut machine).await;
    let folder = format!(".downloads/coqui--XTTS-v2@{COMMIT}");
    let folder = machine.models().join(folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(
        folder.join("model.pth.part"),
        &hub.files["model.pth"][..1000],
    )
    .unwrap();
    machine.said(&FROM_HUB).await;
    assert_eq!(hub.fetched("model.pth"), [1000]);
    assert_eq!(names(&machine.models()), ["xtts"]);
}

#[tokio::test]
async fn what_is_not_what_the_hub_announced_is_thrown_away() {
    let mut machine = Machine::new();
    let hub = Hub {
        wrong_digest: true,
        ..Hub::of(&machine)
    };
    hub.serve(&mut machine).await;
    let error = machine.refused(&FROM_HUB).await;
    assert!(
        error.contains("model.pth") && error.contains("its sha256 is"),
        "{error}"
    );
    assert_eq!(names(&machine.models()), [".downloads"]);
    let folder = machine
        .models()
        .join(format!(".downloads/coqui--XTTS-v2@{COMMIT}"));
    assert_eq!(names(&folder), ["LICENSE.txt", "config.json", "vocab.json"]);
}

#[tokio::test]
async fn only_the_licence_is_downloaded_before_it_is_accepted() {
    let mut machine = Machine::new();
    let hub = Hub::of(&machine).serve(&mut machine).await;
    let error = machine.refused(&FROM_HUB[..2]).await;
    assert!(
        error.contains("the whole text") && error.contains("--accept-licence"),
        "{error}"
    );
    let folder = machine
        .models()
        .join(format!(".downloads/coqui--XTTS-v2@{COMMIT}"));
    assert_eq!(names(&folder), ["LICENSE.txt"]);
    assert!(hub.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_repository_without_the_model_is_told() {
    let mut machine = Machine::new();
    let mut hub = Hub::of(&machine);
    hub.files.remove("model.pth");
    hub.serve(&mut machine).await;
    let error = machine.refused(&FROM_HUB).await;
    assert!(error.contains("has no model.pth"), "{error}");
    let error = machine
        .refused(&["import", "hf:coqui/other", "--accept-licence"])
        .await;
    assert!(
        error.contains("hf:coqui/other@main has no config.json"),
        "{error}"
    );
}
