//! Notices: what tells a worker that its machine is about to be taken away. Looked for again and again; the first ends the watch.

mod clouds;
mod time_left;

use std::{future::pending, path::PathBuf, str::FromStr, time::Duration};

use kiskadee_runner::chain;
use reqwest::Client;
use tokio::time::sleep;

use self::clouds::{Aws, Azure};

/// Where clouds answer machines about themselves, without an end of a path.
const LINK_LOCAL: &str = "http://169.254.169.254";
const GOOGLE: &str = "http://metadata.google.internal";
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Google tells half a minute before the end, and a file costs nothing to look at.
const LOOK_OFTEN: Duration = Duration::from_secs(1);
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// From when a look that fails is told: a machine that is just starting may not be answered yet.
const TOLD_AFTER: u32 = 3;

/// Who tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum NoticeSource {
    /// Nobody.
    #[default]
    None,
    /// The metadata of an EC2 instance (IMDSv2): `spot/instance-action`, two minutes before.
    Aws,
    /// The metadata of a machine of Google's: `instance/preempted`, half a minute before.
    Gcp,
    /// The scheduled events of a machine of Azure's that take this machine away or start it anew.
    Azure,
    /// A file: there is a notice as soon as it is there. It may say how much time is left, see [`NoticeSource::Url`].
    File(PathBuf),
    /// An address: 200 is a notice unless the answer is `FALSE`; 204 and 404 are none. The answer may say the time that is left, as
    /// seconds (`30`, `{"seconds": 30}`) or as its end (`2026-11-30T12:00:00Z`, `{"time": "…"}`); nothing means that there is enough.
    Url(String),
}

/// A source that there is not.
#[derive(Debug, thiserror::Error)]
#[error("a notice comes from aws, gcp, azure, file:PATH, url:URL or none, not from `{0}`")]
pub struct UnknownSource(String);

impl FromStr for NoticeSource {
    type Err = UnknownSource;

    fn from_str(text: &str) -> Result<Self, UnknownSource> {
        let unknown = || UnknownSource(text.to_owned());
        Ok(match text.split_once(':') {
            None => match text {
                "none" => Self::None,
                "aws" => Self::Aws,
                "gcp" => Self::Gcp,
                "azure" => Self::Azure,
                _ => return Err(unknown()),
            },
            Some(("file", path)) if !path.is_empty() => Self::File(path.into()),
            Some(("url", url)) if url.starts_with("http://") || url.starts_with("https://") => {
                Self::Url(url.to_owned())
            }
            Some(_) => return Err(unknown()),
        })
    }
}

/// What a look found wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LookError {
    #[error("the file cannot be read")]
    File(#[source] std::io::Error),
    #[error("no answer")]
    Http(#[from] reqwest::Error),
    #[error("the answer cannot be understood: {0}")]
    Answer(String),
}

/// A notice. None: nobody said how much time is left.
pub(crate) type Notice = Option<Duration>;

/// Waits for a notice, for ever where nobody tells. Answers how much time is left, as far as that is known. `metadata` stands in for the
/// address at which the cloud answers.
pub async fn watch(source: &NoticeSource, metadata: Option<&str>) -> Option<Duration> {
    let mut looking = match Looking::new(source, metadata) {
        Ok(looking) => looking,
        Err(error) => {
            tracing::error!(error = %chain(&error), "cannot look whether this machine is taken away");
            return pending().await;
        }
    };
    let mut failed = 0_u32;
    loop {
        match looking.look().await {
            Ok(Some(notice)) => return notice,
            Ok(None) => failed = 0,
            Err(error) => {
                failed = failed.saturating_add(1);
                if failed == TOLD_AFTER {
                    tracing::warn!(error = %chain(&error), "cannot look whether this machine is taken away");
                }
            }
        }
        sleep(pause(source)).await;
    }
}

fn pause(source: &NoticeSource) -> Duration {
    match source {
        NoticeSource::Gcp | NoticeSource::File(_) => LOOK_OFTEN,
        _ => LOOK_EVERY,
    }
}

/// A source with what is remembered between looks.
enum Looking {
    Nowhere,
    Aws(Aws),
    Gcp(Client, String),
    Azure(Azure),
    File(PathBuf),
    Url(Client, String),
}

impl Looking {
    fn new(source: &NoticeSource, metadata: Option<&str>) -> Result<Self, LookError> {
        let base = |usual: &str| metadata.unwrap_or(usual).trim_end_matches('/').to_owned();
        Ok(match source {
            NoticeSource::None => Self::Nowhere,
            NoticeSource::Aws => Self::Aws(Aws::new(client()?, base(LINK_LOCAL))),
            NoticeSource::Gcp => Self::Gcp(client()?, base(GOOGLE)),
            NoticeSource::Azure => Self::Azure(Azure::new(client()?, base(LINK_LOCAL))),
            NoticeSource::File(path) => Self::File(path.clone()),
            NoticeSource::Url(url) => Self::Url(client()?, url.clone()),
        })
    }

    async fn look(&mut self) -> Result<Option<Notice>, LookError> {
        match self {
            Self::Nowhere => pending().await,
            Self::Aws(aws) => aws.look().await,
            Self::Gcp(client, base) => clouds::look_at_google(client, base).await,
            Self::Azure(azure) => azure.look().await,
            Self::File(path) => match tokio::fs::read_to_string(path).await {
                Ok(text) => Ok(time_left::told(&text)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(LookError::File(error)),
            },
            Self::Url(client, url) => clouds::look_at_address(client, url).await,
        }
    }
}

/// Never by a proxy: what it told would be of its own machine.
fn client() -> Result<Client, LookError> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .no_proxy()
        .timeout(ANSWER_WITHIN)
        .redirect(reqwest::redirect::Policy::none());
    Ok(client.build()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_have_names() {
        let source = |text: &str| text.parse::<NoticeSource>();
        assert_eq!(source("none").unwrap(), NoticeSource::None);
        assert_eq!(source("gcp").unwrap(), NoticeSource::Gcp);
        let file = NoticeSource::File("/run/notice".into());
        assert_eq!(source("file:/run/notice").unwrap(), file);
        let url = "http://127.0.0.1:80/notice";
        assert_eq!(
            source(&format!("url:{url}")).unwrap(),
            NoticeSource::Url(url.to_owned())
        );
        for unknown in ["", "oracle", "file:", "url:/notice", "aws:x"] {
            let error = source(unknown).unwrap_err().to_string();
            assert!(error.contains("file:PATH"), "{error}");
        }
    }
}
