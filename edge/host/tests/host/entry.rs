//! The component that takes in large bodies reads none of them before the database has let the caller in.

use std::{path::Path, time::Duration};

use kiskadee_edge_host::{EdgeHost, HostConfig};
use kiskadee_edge_testing::{Database, SPEECH};
use kiskadee_shared::api_key::ApiKey;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::support::{build_components, database_host, database_url};

/// A key set of which nobody here has the private key (RFC 8037).
const JWKS: &str = r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

/// What of the manifest the component needs: without the others, which would be compiled too.
fn manifest(folder: &Path) -> std::path::PathBuf {
    let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spin.toml");
    let whole = std::fs::read_to_string(whole).unwrap();
    let mut manifest: toml::Table = whole.parse().unwrap();
    let components = manifest["component"].as_table_mut().unwrap();
    components.retain(|name, _| name == "speech");
    let triggers = manifest["trigger"]["http"].as_array_mut().unwrap();
    triggers.retain(|trigger| trigger["component"].as_str() == Some("speech"));
    let path = folder.join("spin.toml");
    std::fs::write(&path, manifest.to_string()).unwrap();
    path
}

struct Speech {
    _host: EdgeHost,
    address: String,
    database: Database,
    _folder: TempDir,
}

impl Speech {
    async fn start(per_minute: u32) -> Self {
        let folder = TempDir::new().unwrap();
        let database = Database::create(SPEECH).await;
        let mut config = HostConfig::new(
            manifest(folder.path()),
            "127.0.0.1:0".parse().unwrap(),
            folder.path().join("cache"),
        );
        config.component_dir = Some(build_components(&["kiskadee-speech-api"]));
        for name in ["accounts", "jobs", "training", "uploads", "ops"] {
            let unused = format!("{name}_database_url");
            config.variables.insert(unused, "unused".to_owned());
        }
        for (name, value) in [
            ("speech_database_url", database.role_address()),
            ("database_host", database_host(&database_url())),
            ("storage_url", "http://127.0.0.1:1".to_owned()),
            ("storage_token", "unused".to_owned()),
            ("jwt_signing_key", "unused".to_owned()),
            ("jwt_public_keys", JWKS.to_owned()),
            ("rate_create_per_minute", per_minute.to_string()),
        ] {
            config.variables.insert(name.to_owned(), value);
        }
        let host = EdgeHost::start(config).await.expect("the host starts");
        Self {
            address: host.local_addr().to_string(),
            _host: host,
            database,
            _folder: folder,
        }
    }

    /// A key of Ann's.
    async fn key(&self) -> ApiKey {
        let key = ApiKey::generate([7; 32]);
        let text = key.expose();
        let insert = format!(
            "insert into account.api_key (user_id, name, prefix, hash)
             select id, 'k', 'kk_', sha256('{text}') from account.\"user\" where username = 'ann'"
        );
        self.database.run(&insert).await;
        key
    }

    /// The head of the answer to a request of which `sent` is all that ever comes, and `length` what was announced.
    async fn post(
        &self,
        path: &str,
        key: &ApiKey,
        media: &str,
        length: usize,
        sent: &[u8],
    ) -> Head {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let key = key.expose();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-type: {media}\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(sent).await.unwrap();
        let mut answer = Vec::new();
        let reading = async {
            while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
                let mut part = [0; 4096];
                let count = stream.read(&mut part).await.unwrap();
                assert!(count > 0, "closed without an answer");
                answer.extend_from_slice(&part[..count]);
            }
        };
        let came = timeout(Duration::from_secs(10), reading).await;
        assert!(came.is_ok(), "there is no answer before the whole body");
        Head(String::from_utf8_lossy(&answer).into_owned())
    }
}

struct Head(String);

impl Head {
    fn status(&self) -> &str {
        self.0.split(' ').nth(1).unwrap()
    }

    /// What is left of the rate.
    fn remaining(&self) -> Option<&str> {
        let (_, rest) = self.0.split_once("\r\nratelimit: \"default\";r=")?;
        rest.split(';').next()
    }
}

const FORM: &str = "multipart/form-data; boundary=b";
const LARGE: usize = 19_000_000;

/// The beginning of a form that is nowhere near its end.
fn beginning() -> Vec<u8> {
    let head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n";
    let mut bytes = head.as_bytes().to_vec();
    bytes.resize(60_000, b'x');
    bytes
}

#[tokio::test]
async fn a_stranger_is_refused_before_a_large_body_has_come() {
    let speech = Speech::start(100).await;
    // Well formed, and nobody's.
    let invented = ApiKey::generate([9; 32]);
    for (path, media) in [("/clone-voice", FORM), ("/api/v1/advanced/batch-csv", FORM)] {
        let head = speech
            .post(path, &invented, media, LARGE, &beginning())
            .await;
        assert_eq!(head.status(), "401", "{path}: {}", head.0);
    }
    for (path, media) in [
        ("/api/v1/advanced/batch-tts", "application/json"),
        ("/api/v1/pronunciations", "application/json"),
    ] {
        let head = speech
            .post(path, &invented, media, 500_000, b"{\"texts\": [")
            .await;
        assert_eq!(head.status(), "401", "{path}: {}", head.0);
    }
    speech.database.drop().await;
}

#[tokio::test]
async fn the_rate_is_spent_once_and_before_a_large_body() {
    let speech = Speech::start(3).await;
    let key = speech.key().await;
    let text = "a".repeat(4000);
    let rows = format!("{text},default,en\n").repeat(20);
    let mut form = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\ntext,voice_id,language\n{rows}\r\n--b--\r\n"
    );
    let large = speech
        .post(
            "/api/v1/advanced/batch-csv",
            &key,
            FORM,
            form.len(),
            form.as_bytes(),
        )
        .await;
    assert_eq!(
        (large.status(), large.remaining()),
        ("202", Some("2")),
        "{}",
        large.0
    );
    let body = r#"{"text": "Hello.", "voice_id": "default", "language": "en"}"#;
    let small = speech
        .post(
            "/api/v1/speech",
            &key,
            "application/json",
            body.len(),
            body.as_bytes(),
        )
        .await;
    assert_eq!(
        (small.status(), small.remaining()),
        ("202", Some("1")),
        "{}",
        small.0
    );
    // What is refused for its content has cost as much.
    form = form.replace("voice_id", "voice");
    let bad = speech
        .post(
            "/api/v1/advanced/batch-csv",
            &key,
            FORM,
            form.len(),
            form.as_bytes(),
        )
        .await;
    assert_eq!(
        (bad.status(), bad.remaining()),
        ("422", Some("0")),
        "{}",
        bad.0
    );
    let late = speech
        .post("/clone-voice", &key, FORM, LARGE, &beginning())
        .await;
    assert_eq!(
        (late.status(), late.remaining()),
        ("429", Some("0")),
        "{}",
        late.0
    );
    assert!(late.0.contains("\r\nretry-after: "), "{}", late.0);
    speech.database.drop().await;
}

#[tokio::test]
async fn the_largest_bodies_fit_into_an_instance() {
    let speech = Speech::start(100).await;
    let key = speech.key().await;
    let rows = "text,voice_id,language\n".to_owned() + &"a,default,en\n".repeat(1_900_000);
    let recording = "x".repeat(20_000_000);
    // One has too many rows, the other goes to a storage that is not there.
    for (path, content, status) in [
        (
            "/api/v1/advanced/batch-csv",
            rows.get(..24_000_000).unwrap(),
            "422",
        ),
        ("/clone-voice", &recording, "503"),
    ] {
        let part = |name: &str, content: &str| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n")
        };
        let mut form = part("file", content);
        if status == "503" {
            form += &(part("name", "Ann") + &part("language", "en"));
        }
        form += "--b--\r\n";
        let head = speech
            .post(path, &key, FORM, form.len(), form.as_bytes())
            .await;
        assert_eq!(head.status(), status, "{path}: {}", head.0);
    }
    speech.database.drop().await;
}
