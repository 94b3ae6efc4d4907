//! The storage gateway over real HTTP.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

use axum::{
    Router,
    http::{Method, Uri},
    response::IntoResponse,
};
use kiskadee_storage::{
    Store,
    gateway::{Gateway, GatewayConfig, relay::Peers},
};
use reqwest::{Client, Response, StatusCode, header};
use tempfile::TempDir;
use tokio::net::TcpListener;

const TOKEN: &str = "a-token-for-tests";
const KEY: &str = "results/0192f0a1b2c37d4e8f90a1b2c3d4e5f6/1/audio.wav";
const CONTENT: &[u8] = b"0123456789";

struct Bench {
    _dir: TempDir,
    store: Store,
    gateway: Gateway,
    client: Client,
}

impl Bench {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("outside"), "secret").unwrap();
        let store = Store::open(dir.path().join("objects").to_str().unwrap()).unwrap();
        store
            .upload(KEY, "audio/wav", &mut &*CONTENT)
            .await
            .unwrap();
        Self::over(store, dir).await
    }

    async fn over(store: Store, dir: TempDir) -> Self {
        let config = GatewayConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            store: store.clone(),
            token: TOKEN.into(),
            peers: Peers::default(),
        };
        let gateway = Gateway::start(config).await.unwrap();
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            _dir: dir,
            store,
            gateway,
            client,
        }
    }

    async fn get(&self, headers: &[(header::HeaderName, &str)]) -> Response {
        let url = format!("http://{}/objects/{KEY}", self.gateway.local_addr());
        let request = self.client.get(url).bearer_auth(TOKEN);
        headers
            .iter()
            .fold(request, |request, (name, value)| {
                request.header(name, *value)
            })
            .send()
            .await
            .unwrap()
    }
}

fn header(response: &Response, name: header::HeaderName) -> String {
    response
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap().to_owned())
        .unwrap_or_default()
}

/// Sends a path as it is, for clients tidy paths up before they send them.
fn raw_status(address: SocketAddr, path: &str) -> u16 {
    let mut connection = TcpStream::connect(address).unwrap();
    write!(connection, "GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_object_is_streamed_with_its_description() {
    let bench = Bench::start().await;
    let response = bench.get(&[]).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, header::CONTENT_TYPE), "audio/wav");
    assert_eq!(header(&response, header::CONTENT_LENGTH), "10");
    assert_eq!(header(&response, header::ACCEPT_RANGES), "bytes");
    assert!(header(&response, header::ETAG).starts_with('"'));
    assert!(header(&response, header::LAST_MODIFIED).ends_with("GMT"));
    assert_eq!(response.bytes().await.unwrap(), CONTENT);
}

#[tokio::test]
async fn head_describes_without_sending() {
    let bench = Bench::start().await;
    let url = format!("http://{}/objects/{KEY}", bench.gateway.local_addr());
    let response = bench
        .client
        .head(url)
        .bearer_auth(TOKEN)
        .send()
        .await
        .unwrap();
    assert_eq!(
        (response.status(), header(&response, header::CONTENT_LENGTH)),
        (StatusCode::OK, "10".to_owned())
    );
    assert!(response.bytes().await.unwrap().is_empty());
}

#[tokio::test]
async fn single_ranges_are_honoured() {
    let bench = Bench::start().await;
    let response = bench.get(&[(header::RANGE, "bytes=2-4")]).await;
    assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(header(&response, header::CONTENT_RANGE), "bytes 2-4/10");
    assert_eq!(response.bytes().await.unwrap(), "234");

    let response = bench.get(&[(header::RANGE, "bytes=10-")]).await;
    assert_eq!(response.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(header(&response, header::CONTENT_RANGE), "bytes */10");
}

#[tokio::test]
async fn a_range_of_another_version_gives_the_whole() {
    let bench = Bench::start().await;
    let etag = header(&bench.get(&[]).await, header::ETAG);
    let current = bench
        .get(&[(header::RANGE, "bytes=0-0"), (header::IF_RANGE, &etag)])
        .await;
    assert_eq!(current.status(), StatusCode::PARTIAL_CONTENT);
    let other = bench
        .get(&[
            (header::RANGE, "bytes=0-0"),
            (header::IF_RANGE, "\"other\""),
        ])
        .await;
    assert_eq!(other.status(), StatusCode::OK);
    let known = bench.get(&[(header::IF_NONE_MATCH, &etag)]).await;
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn only_the_token_opens() {
    let bench = Bench::start().await;
    let url = format!("http://{}/objects/{KEY}", bench.gateway.local_addr());
    for authorization in [
        "",
        "Bearer ",
        "Bearer wrong",
        "Bearer a-token-for-test",
        "bearer a-token-for-tests",
        TOKEN,
    ] {
        let response = bench
            .client
            .get(&url)
            .header(header::AUTHORIZATION, authorization)
            .send()
            .await
            .unwrap();
        assert_eq!(
            response.status(),
            StatusCode::UNAUTHORIZED,
            "{authorization}"
        );
    }
    assert_eq!(
        bench.client.get(&url).send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn anybody_learns_that_the_process_lives() {
    let bench = Bench::start().await;
    let url = format!("http://{}/health", bench.gateway.local_addr());
    let response = bench.client.get(&url).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, header::CACHE_CONTROL), "no-store");
    let body: serde_json::Value = response.json().await.unwrap();
    assert_eq!(body, serde_json::json!({"status": "healthy"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_leads_out_of_the_storage() {
    let bench = Bench::start().await;
    let address = bench.gateway.local_addr();
    assert_eq!(raw_status(address, &format!("/objects/{KEY}")), 200);
    for path in [
        "/objects/missing",
        "/objects/results",
        "/objects/../outside",
        "/objects/results/../../outside",
        "/objects/..%2foutside",
        "/objects/%2e%2e/outside",
        "/objects/%2e%2e%2foutside",
        "/objects/results/..%2f..%2foutside",
        "/objects//etc/passwd",
        "/objects/%2fetc%2fpasswd",
        "/objects/file:///etc/passwd",
        "/objects/results%00",
        "/objects/..%5coutside",
        "/objects/",
    ] {
        assert_eq!(raw_status(address, path), 404, "{path}");
    }
}

#[tokio::test]
async fn a_stopped_gateway_takes_no_more_requests() {
    let bench = Bench::start().await;
    let address = bench.gateway.local_addr();
    bench.gateway.shutdown().await;
    assert!(TcpStream::connect(address).is_err());
}

/// A bucket behind a gateway: enough of S3 to say whether an object is there.
async fn start_bucket() -> SocketAddr {
    let object = |method: Method, uri: Uri| async move {
        let found = method == Method::HEAD && uri.path() == format!("/bucket/prefix/{KEY}");
        let headers = [
            (header::CONTENT_LENGTH, "0"),
            (header::LAST_MODIFIED, "Fri, 20 Nov 2026 22:10:03 GMT"),
            (header::ETAG, "\"1\""),
        ];
        if found {
            (StatusCode::OK, headers).into_response()
        } else {
            StatusCode::NOT_FOUND.into_response()
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, Router::new().fallback(object)).into_future());
    address
}

#[tokio::test]
async fn a_bucket_answers_with_a_signed_address() {
    let endpoint = format!("http://{}", start_bucket().await);
    let options = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_ENDPOINT", endpoint.as_str()),
        ("AWS_ALLOW_HTTP", "true"),
    ];
    let bench = Bench::over(
        Store::open_with("s3://bucket/prefix", &options).unwrap(),
        tempfile::tempdir().unwrap(),
    )
    .await;
    let response = bench.get(&[]).await;
    assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT);
    let address = header(&response, header::LOCATION);
    assert!(
        address.starts_with(&format!("{endpoint}/bucket/prefix/{KEY}?")),
        "{address}"
    );
    assert!(
        address.contains("X-Amz-Expires=900") && address.contains("X-Amz-Signature="),
        "{address}"
    );
    assert!(!address.contains("secret"));

    let url = format!(
        "http://{}/objects/results/missing",
        bench.gateway.local_addr()
    );
    let missing = bench
        .client
        .get(url)
        .bearer_auth(TOKEN)
        .send()
        .await
        .unwrap();
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_callers_bring_is_stored_with_its_digest() {
    let bench = Bench::start().await;
    let put = async |key: &str, digest: Option<&str>, content: &'static [u8]| {
        let url = format!("http://{}/objects/{key}", bench.gateway.local_addr());
        let request = bench.client.put(url).bearer_auth(TOKEN).body(content);
        let request = digest.into_iter().fold(request, |request, digest| {
            request.header("content-digest", digest)
        });
        request.send().await.unwrap()
    };
    let right = "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:";
    let stored = put("uploads/a/parts/1/x", Some(right), b"abc").await;
    assert_eq!(stored.status(), StatusCode::CREATED);
    let told: serde_json::Value = stored.json().await.unwrap();
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(told, serde_json::json!({"bytes": 3, "sha256": sha256}));

    let damaged = put("uploads/a/parts/2/x", Some(right), b"abd").await;
    assert_eq!(damaged.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let gone = bench.store.info("uploads/a/parts/2/x").await;
    assert!(gone.is_err(), "what is damaged does not stay");
    for elsewhere in ["results/a/1/x", "uploadsx", "voices/v"] {
        let refused = put(elsewhere, None, b"abc").await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{elsewhere}");
    }
}

#[tokio::test]
async fn a_part_that_breaks_off_is_not_stored() {
    let bench = Bench::start().await;
    let mut connection = TcpStream::connect(bench.gateway.local_addr()).unwrap();
    write!(
        connection,
        "PUT /objects/uploads/a/parts/1/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 10\r\n\r\n12345"
    )
    .unwrap();
    connection.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    let read = tokio::task::spawn_blocking(move || {
        let _ = connection.read_to_string(&mut answer);
        answer
    });
    let answer = read.await.unwrap();
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
    assert!(bench.store.info("uploads/a/parts/1/x").await.is_err());
}

#[tokio::test]
async fn only_a_bucket_gives_an_address_to_bring_a_file_to() {
    let ask = async |bench: &Bench, key: &str| {
        let url = format!("http://{}/addresses/{key}", bench.gateway.local_addr());
        let request = bench.client.post(url).bearer_auth(TOKEN);
        request.send().await.unwrap()
    };
    let local = Bench::start().await;
    let none = ask(&local, "uploads/a/whole").await;
    assert_eq!(none.status(), StatusCode::NO_CONTENT);

    let options = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    let store = Store::open_with("s3://bucket/prefix", &options).unwrap();
    let bucket = Bench::over(store, tempfile::tempdir().unwrap()).await;
    let given = ask(&bucket, "uploads/a/whole").await;
    assert_eq!(given.status(), StatusCode::OK);
    let given: serde_json::Value = given.json().await.unwrap();
    assert_eq!(
        (&given["method"], &given["expires_in_s"]),
        (&"PUT".into(), &86400.into())
    );
    let url = given["url"].as_str().unwrap();
    assert!(
        url.contains("/prefix/uploads/a/whole?") && url.contains("X-Amz-Signature="),
        "{url}"
    );
    let refused = ask(&bucket, "results/a/1/x").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn azure_is_told_what_comes() {
    let options = [
        ("AZURE_STORAGE_ACCOUNT_NAME", "account"),
        ("AZURE_STORAGE_ACCOUNT_KEY", "c2VjcmV0"),
    ];
    let store = Store::open_with("az://container/prefix", &options).unwrap();
    let address = store
        .upload_address("uploads/a/whole", std::time::Duration::from_hours(1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(address.headers, [("x-ms-blob-type", "BlockBlob")]);
}
