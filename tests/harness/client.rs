//! One caller of the API.

use anyhow::{Context, Result, ensure};
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

/// Talks to one edge with one API key (or none).
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    api_key: Option<String>,
}

/// What came back, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; the error shows the body.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body)
            .with_context(|| format!("not JSON ({}): {}", self.status, self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The answer, if its status is `status`.
    pub fn expect(self, status: u16) -> Result<Self> {
        ensure!(
            self.status.as_u16() == status,
            "expected {status}, got {}: {}",
            self.status,
            self.text()
        );
        Ok(self)
    }

    /// The problem document of a refusal with `status`, checked for the members that every problem has, and on routes in the shape
    /// of `OpenAI`'s API for what its clients read.
    pub fn problem(self, status: u16) -> Result<Value> {
        let answer = self.expect(status)?;
        let problem = answer.json()?;
        let instance = problem["instance"].as_str().unwrap_or_default();
        let is_openai = instance.starts_with("/v1/");
        let media_type = if is_openai {
            "application/json"
        } else {
            "application/problem+json"
        };
        ensure!(
            answer.header("content-type") == media_type,
            "{:?}",
            answer.headers
        );
        ensure!(
            is_openai == problem["error"]["message"].is_string(),
            "{problem}"
        );
        for member in [
            "type",
            "title",
            "status",
            "detail",
            "instance",
            "request_id",
        ] {
            ensure!(
                !problem[member].is_null(),
                "the problem lacks `{member}`: {problem}"
            );
        }
        ensure!(
            problem["status"] == status && problem["request_id"] == answer.header("x-request-id"),
            "{problem}"
        );
        Ok(problem)
    }
}

impl Client {
    pub fn new(url: &str, api_key: Option<&str>) -> Self {
        // The only one that is built in; the first call decides for the process.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap_or_default();
        Self {
            http,
            url: url.to_owned(),
            api_key: api_key.map(str::to_owned),
        }
    }

    /// The same edge, without credentials.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self {
            api_key: None,
            ..self.clone()
        }
    }

    /// The same edge, with another key.
    #[must_use]
    pub fn with_key(&self, api_key: &str) -> Self {
        Self {
            api_key: Some(api_key.to_owned()),
            ..self.clone()
        }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.api_key {
            Some(key) => request.header("x-api-key", key),
            None => request,
        }
    }

    pub async fn send(&self, request: RequestBuilder) -> Result<Answer> {
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Answer {
            status,
            headers,
            body: response.bytes().await?.to_vec(),
        })
    }

    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn delete(&self, path: &str) -> Result<Answer> {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// Posts bytes as they are, for bodies that are wrong on purpose.
    pub async fn post_raw(&self, path: &str, content_type: &str, body: Vec<u8>) -> Result<Answer> {
        self.send(
            self.request(Method::POST, path)
                .header("content-type", content_type)
                .body(body),
        )
        .await
    }

    /// Posts a CSV file as a browser's form would.
    pub async fn post_csv(&self, csv: Vec<u8>) -> Result<Answer> {
        self.post_file("/api/v1/advanced/batch-csv", &[], "batch.csv", csv)
            .await
    }

    /// Posts a form with these fields and one file.
    pub async fn post_file(
        &self,
        path: &str,
        fields: &[(&'static str, &str)],
        name: &str,
        content: Vec<u8>,
    ) -> Result<Answer> {
        self.post_files(path, fields, vec![(name, content)]).await
    }

    /// Posts a form with these fields and several files, each with its name.
    pub async fn post_files(
        &self,
        path: &str,
        fields: &[(&'static str, &str)],
        files: Vec<(&str, Vec<u8>)>,
    ) -> Result<Answer> {
        let form = reqwest::multipart::Form::new();
        let form = files.into_iter().fold(form, |form, (name, content)| {
            let part = reqwest::multipart::Part::bytes(content).file_name(name.to_owned());
            form.part("file", part)
        });
        let form = fields.iter().fold(form, |form, (field, value)| {
            form.text(*field, (*value).to_owned())
        });
        self.send(self.request(Method::POST, path).multipart(form))
            .await
    }

    /// Submits `count` short sentences and returns the id of the batch.
    pub async fn submit_batch(&self, count: usize) -> Result<String> {
        let texts: Vec<String> = (1..=count)
            .map(|index| format!("This is sentence number {index}."))
            .collect();
        let body = serde_json::json!({"texts": texts, "voice_id": "default", "language": "en"});
        let answer = self
            .post("/api/v1/advanced/batch-tts", &body)
            .await?
            .expect(202)?
            .json()?;
        Ok(answer["batch_id"]
            .as_str()
            .context("no batch_id")?
            .to_owned())
    }

    pub async fn batch_status(&self, batch_id: &str) -> Result<Value> {
        self.get(&format!("/api/v1/advanced/batch-tts/{batch_id}/status"))
            .await?
            .expect(200)?
            .json()
    }

    pub async fn download_batch(&self, batch_id: &str) -> Result<Answer> {
        self.get(&format!("/api/v1/advanced/batch-tts/{batch_id}/download"))
            .await
    }
}
