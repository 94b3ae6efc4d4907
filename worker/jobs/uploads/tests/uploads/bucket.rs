//! Enough of S3 to bring a small object, copy, read and delete it. Signatures are not looked at.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use kiskadee_storage::Store;
use tokio::net::TcpListener;

#[derive(Clone, Default)]
pub(crate) struct Bucket(Arc<Mutex<HashMap<String, Bytes>>>);

impl Bucket {
    /// A storage over a bucket of its own.
    pub(crate) async fn start() -> (Self, Store) {
        let bucket = Self::default();
        let served = bucket.clone();
        let answer = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
            let served = served.clone();
            async move { served.answer(&method, uri.path(), &headers, body) }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, Router::new().fallback(answer)).into_future());
        let options = [
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_ENDPOINT", &endpoint),
            ("AWS_ALLOW_HTTP", "true"),
        ];
        (bucket, Store::open_with("s3://bucket", &options).unwrap())
    }

    /// What the holder of a signed address does.
    pub(crate) fn bring(&self, key: &str, content: &'static [u8]) {
        let mut objects = self.0.lock().unwrap();
        objects.insert(format!("/bucket/{key}"), Bytes::from_static(content));
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        let objects = self.0.lock().unwrap();
        let mut keys: Vec<String> = objects
            .keys()
            .map(|key| key["/bucket/".len()..].to_owned())
            .collect();
        keys.sort();
        keys
    }

    fn answer(&self, method: &Method, path: &str, headers: &HeaderMap, body: Bytes) -> Response {
        let mut objects = self.0.lock().unwrap();
        match *method {
            Method::PUT => {
                let source = headers.get("x-amz-copy-source");
                let content = match source.map(|source| source.to_str().unwrap()) {
                    Some(source) => objects
                        .get(&format!("/{}", source.trim_start_matches('/')))
                        .cloned(),
                    None => Some(body),
                };
                let Some(content) = content else {
                    return StatusCode::NOT_FOUND.into_response();
                };
                objects.insert(path.to_owned(), content);
                (
                    [(header::ETAG, "\"1\"")],
                    "<CopyObjectResult><ETag>1</ETag></CopyObjectResult>",
                )
                    .into_response()
            }
            // Deletes are sent many at once.
            Method::POST => {
                let text = str::from_utf8(&body).unwrap();
                let keys = text.split("<Key>").skip(1);
                for key in keys.filter_map(|rest| rest.split("</Key>").next()) {
                    objects.remove(&format!("/bucket/{key}"));
                }
                "<DeleteResult></DeleteResult>".into_response()
            }
            _ => match objects.get(path) {
                Some(content) => {
                    let described = [
                        (header::CONTENT_LENGTH, content.len().to_string()),
                        (
                            header::LAST_MODIFIED,
                            "Fri, 20 Nov 2026 22:10:03 GMT".to_owned(),
                        ),
                        (header::ETAG, "\"1\"".to_owned()),
                    ];
                    (described, content.clone()).into_response()
                }
                None => StatusCode::NOT_FOUND.into_response(),
            },
        }
    }
}
