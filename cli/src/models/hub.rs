//! The files of a repository on Hugging Face, `{endpoint}/{id}/resolve/{revision}/{file}`, or of a folder elsewhere on the web.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, Response, StatusCode, Url, redirect};
use sha2::{Digest as _, Sha256};

use crate::given;

const DEFAULT_ENDPOINT: &str = "https://huggingface.co";
const DEFAULT_REVISION: &str = "main";
const CONNECT_WITHIN: Duration = Duration::from_secs(30);
/// A transfer that brings nothing for so long is begun again.
const SILENT_FOR: Duration = Duration::from_mins(1);

/// Where files are published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Repository {
    /// A repository at a revision.
    Hub { id: String, revision: String },
    /// The address of a folder, which ends in a slash.
    Web(Url),
}

/// What the server tells of a file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Description {
    pub(super) bytes: Option<u64>,
    /// Lowercase, hexadecimal; of large files only.
    pub(super) sha256: Option<String>,
    /// The commit that the revision stands for.
    pub(super) commit: Option<String>,
}

/// The server of a repository.
pub(super) struct Hub {
    endpoint: Url,
    /// Answers about a file come from the hub itself, its bytes from wherever it sends us.
    describing: Client,
    fetching: Client,
}

impl Repository {
    /// Reads `owner/name` or `owner/name@revision`.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let (id, revision) = text.split_once('@').unwrap_or((text, DEFAULT_REVISION));
        let plain = |part: &str| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            !part.is_empty() && part.chars().all(allowed) && !part.chars().all(|c| c == '.')
        };
        ensure!(
            id.split('/').count() == 2
                && id.split('/').all(plain)
                && revision.split('/').all(plain),
            "`hf:{text}` is no repository: write hf:OWNER/NAME or hf:OWNER/NAME@REVISION"
        );
        Ok(Self::Hub {
            id: id.to_owned(),
            revision: revision.to_owned(),
        })
    }

    /// The folder around an address, and the name of the file in it; that is empty where the address is a folder's. None for what is no
    /// address of the web.
    pub(super) fn around(address: &str) -> Option<Result<(Self, String)>> {
        let is_address = address.starts_with("https://") || address.starts_with("http://");
        is_address.then(|| {
            // It may hold a password, which no error shows.
            let mut url = Url::parse(address).context("the address cannot be read")?;
            ensure!(
                url.query().is_none() && url.fragment().is_none(),
                "the address of {} names no file: leave out what begins with ? or #",
                url.host_str().unwrap_or_default()
            );
            let last = url.path_segments().and_then(|mut parts| parts.next_back());
            let file = last.unwrap_or_default().to_owned();
            ensure!(
                !file.contains('%'),
                "`{file}` is no name of a model's file: it must do without blanks, accents and %"
            );
            if let Ok(mut segments) = url.path_segments_mut() {
                segments.pop().push("");
            }
            Ok((Self::Web(url), file))
        })
    }

    /// Whether it is this one of the hub, at whatever revision.
    pub(super) fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Hub { id, .. } if id == wanted)
    }

    /// The last part of its name, such as `XTTS-v2`; a folder's of the web.
    pub(super) fn last(&self) -> String {
        let last = match self {
            Self::Hub { id, .. } => id.rsplit('/').next(),
            Self::Web(url) => url
                .path_segments()
                .and_then(|parts| parts.rev().find(|part| !part.is_empty())),
        };
        last.unwrap_or_default().to_owned()
    }

    /// Whether files under an address may change from one command to the next.
    pub(super) fn moves(&self) -> bool {
        matches!(self, Self::Web(_))
    }

    /// Takes the revision that a commit stands for, which nobody moves.
    pub(super) fn pin(&mut self, commit: String) {
        if let Self::Hub { revision, .. } = self {
            *revision = commit;
        }
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Hub { id, revision } => format!("hf:{id}@{revision}"),
            Self::Web(url) => without_password(url),
        }
    }

    /// A name for a folder.
    pub(super) fn folder(&self) -> String {
        match self {
            Self::Hub { id, revision } => format!("{id}@{revision}").replace('/', "--"),
            Self::Web(url) => {
                let digest = format!("{:x}", Sha256::digest(url.as_str()));
                format!(
                    "web--{}--{}",
                    url.host_str().unwrap_or_default(),
                    &digest[..16]
                )
            }
        }
    }
}

/// An address without what it may carry of passwords.
pub(super) fn without_password(url: &Url) -> String {
    let mut url = url.clone();
    let _ = (url.set_username(""), url.set_password(None));
    url.to_string()
}

/// A client for public files, within the bounds of the hub's.
pub(super) fn client() -> Result<Client> {
    // The one implementation of the whole program; the first choice holds.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("identity"))]);
    let client = Client::builder()
        .user_agent(concat!("kiskadee/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .connect_timeout(CONNECT_WITHIN)
        .read_timeout(SILENT_FOR)
        .redirect(redirect::Policy::limited(5));
    Ok(client.build()?)
}

impl Hub {
    /// For a repository of Hugging Face the hub that `HF_ENDPOINT` names, as the user whom `HF_TOKEN` stands for,
    /// or what the file holds that `HF_TOKEN_FILE` names.
    pub(super) fn of(repository: &Repository) -> Result<Self> {
        if let Repository::Web(url) = repository {
            return Self::new(url.clone(), None);
        }
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let endpoint = set("HF_ENDPOINT").unwrap_or_else(|| DEFAULT_ENDPOINT.to_owned());
        let endpoint = Url::parse(&endpoint)
            .with_context(|| format!("HF_ENDPOINT: `{endpoint}` is no address"))?;
        let token = given::source("HF_TOKEN", set("HF_TOKEN").as_ref())?;
        let token = token.map(|token| token.read()).transpose()?;
        Self::new(endpoint, token.as_deref())
    }

    fn new(endpoint: Url, token: Option<&str>) -> Result<Self> {
        // The one implementation of the whole program; the first choice holds.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut headers =
            HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("identity"))]);
        if let Some(token) = token {
            let mut value = HeaderValue::try_from(format!("Bearer {token}"))
                .context("HF_TOKEN cannot be sent")?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let client = |policy| {
            Client::builder()
                .user_agent(concat!("kiskadee/", env!("CARGO_PKG_VERSION")))
                .default_headers(headers.clone())
                .connect_timeout(CONNECT_WITHIN)
                .read_timeout(SILENT_FOR)
                .redirect(policy)
                .build()
        };
        let same_origin = redirect::Policy::custom(|attempt| {
            let from = attempt.previous().last().map(Url::origin);
            if attempt.previous().len() < 5 && from == Some(attempt.url().origin()) {
                attempt.follow()
            } else {
                attempt.stop()
            }
        });
        Ok(Self {
            endpoint,
            describing: client(same_origin)?,
            // The token goes no further than the hub's own host.
            fetching: client(redirect::Policy::limited(5))?,
        })
    }

    /// `None` where the repository has no such file.
    pub(super) async fn describe(
        &self,
        repository: &Repository,
        file: &str,
    ) -> Result<Option<Description>> {
        let url = self.url(repository, file)?;
        let failed = || format!("cannot ask {} for {file}", without_password(&url));
        let is_web = repository.moves();
        // Only the hub tells of a file before it sends one elsewhere.
        let client = if is_web {
            &self.fetching
        } else {
            &self.describing
        };
        let asked = client.head(url.clone()).send().await;
        let response = asked.with_context(failed)?;
        match response.status() {
            StatusCode::NOT_FOUND => Ok(None),
            // What stores answer for a file that is not there to those who may not list it.
            StatusCode::FORBIDDEN if is_web => Ok(None),
            StatusCode::UNAUTHORIZED if is_web => bail!(
                "{}: the server wants to know who asks; write https://USER:PASSWORD@HOST/…",
                failed()
            ),
            status if status.is_success() && is_web && is_page(&response) => {
                bail!("{}: it answers with a page, not with a file", failed())
            }
            status if status.is_success() || status.is_redirection() => {
                Ok(Some(description(&response)))
            }
            status => bail!("{}: {}", failed(), refusal(status)),
        }
    }

    /// Asks for the file from this byte on.
    pub(super) async fn fetch(
        &self,
        repository: &Repository,
        file: &str,
        from: u64,
    ) -> Result<Response> {
        let request = self.fetching.get(self.url(repository, file)?);
        let request = match from {
            0 => request,
            from => request.header(reqwest::header::RANGE, format!("bytes={from}-")),
        };
        Ok(request.send().await?)
    }

    fn url(&self, repository: &Repository, file: &str) -> Result<Url> {
        let mut url = self.endpoint.clone();
        let mut segments = url
            .path_segments_mut()
            .ok()
            .context("the address takes no path")?;
        segments.pop_if_empty();
        if let Repository::Hub { id, revision } = repository {
            segments
                .extend(id.split('/').chain(["resolve"]))
                .push(revision);
        }
        segments.extend(file.split('/'));
        drop(segments);
        Ok(url)
    }
}

/// Why a file is not given.
pub(super) fn refusal(status: StatusCode) -> String {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            format!(
                "the server refuses it ({status}): set HF_TOKEN to a token that may read the repository"
            )
        }
        _ => format!("the server answers {status}"),
    }
}

fn description(response: &Response) -> Description {
    let text = |name: &str| response.headers().get(name)?.to_str().ok();
    // The length of a redirect is not that of the file.
    let length = text("content-length").filter(|_| response.status().is_success());
    let etag = text("x-linked-etag").map(|etag| etag.trim_start_matches("W/").trim_matches('"'));
    Description {
        bytes: text("x-linked-size")
            .or(length)
            .and_then(|bytes| bytes.parse().ok()),
        sha256: etag
            .filter(|etag| is_hexadecimal(etag, 64))
            .map(str::to_ascii_lowercase),
        commit: text("x-repo-commit")
            .filter(|commit| is_hexadecimal(commit, 40))
            .map(str::to_owned),
    }
}

fn is_page(response: &Response) -> bool {
    let content_type = response.headers().get("content-type");
    let content_type = content_type.and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.starts_with("text/html"))
}

fn is_hexadecimal(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_has_an_owner_and_may_have_a_revision() {
        let parsed = |text| Repository::parse(text).unwrap();
        assert_eq!(parsed("coqui/XTTS-v2").name(), "hf:coqui/XTTS-v2@main");
        assert_eq!(parsed("coqui/XTTS-v2").last(), "XTTS-v2");
        assert_eq!(parsed("a/b@refs/pr/1").folder(), "a--b@refs--pr--1");
        for text in [
            "", "xtts", "a/b/c", "a/..", "a/b@", "a/b@../x", "a/b?c", "/b",
        ] {
            Repository::parse(text).unwrap_err();
        }
    }

    #[test]
    fn addresses_are_those_of_the_hub() {
        let endpoint = "https://mirror.example/hf/".parse().unwrap();
        let hub = Hub::new(endpoint, None).unwrap();
        let repository = Repository::parse("coqui/XTTS-v2@refs/pr/1").unwrap();
        assert_eq!(
            hub.url(&repository, "model.pth").unwrap().as_str(),
            "https://mirror.example/hf/coqui/XTTS-v2/resolve/refs%2Fpr%2F1/model.pth"
        );
    }

    #[test]
    fn a_folder_of_the_web_has_no_revision_and_shows_no_password() {
        let around = |address| Repository::around(address).unwrap();
        let (repository, file) = around("https://me:secret@files.example/a/joe.onnx").unwrap();
        assert_eq!(file, "joe.onnx");
        assert_eq!(repository.name(), "https://files.example/a/");
        let hub = Hub::of(&repository).unwrap();
        let url = hub.url(&repository, "voices/x.pt").unwrap();
        assert_eq!(
            url.as_str(),
            "https://me:secret@files.example/a/voices/x.pt"
        );
        let (folder, file) = around("http://files.example/xtts/").unwrap();
        assert_eq!(
            (folder.name().as_str(), file.as_str()),
            ("http://files.example/xtts/", "")
        );
        assert!(folder.folder().starts_with("web--files.example--"));
        assert_eq!(folder.last(), "xtts");
        for address in [
            "https://",
            "https://me:secret@x.example/a.onnx?download=1",
            "https://me:secret@x.example/a%2fb.onnx",
            "https://me:secret@x.example:port/a.onnx",
        ] {
            let error = format!("{:#}", around(address).unwrap_err());
            assert!(!error.contains("secret"), "{error}");
        }
        assert!(Repository::around("models/joe.onnx").is_none());
    }
}
