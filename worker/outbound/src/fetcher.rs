//! Takes one file from an address: over checked connections, with redirects followed by hand, within bytes and time.

use std::{path::Path, time::Duration};

use reqwest::{Client, Response, header, redirect};
use tokio::{fs::File, io::AsyncWriteExt as _, time::timeout};
use url::Url;

use kiskadee_shared::address::check_source_url;

use crate::{Allowance, FetchError, Guard};

const USER_AGENT: &str = concat!("kiskadee/", env!("CARGO_PKG_VERSION"));
const MOST_REDIRECTS: usize = 5;
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// A server that sends nothing for longer has gone.
const SILENCE: Duration = Duration::from_secs(30);
/// By so much of its beginning is known whether it is a page.
const HEAD_BYTES: usize = 4096;

/// What an address led to.
#[derive(Debug)]
pub enum Fetched {
    /// A file, at this address after all redirects.
    File { bytes: u64, url: Url },
    /// Something that is read, not heard. Nothing was kept of it.
    Page,
}

/// Takes files from addresses; cheap to clone.
#[derive(Debug, Clone)]
pub struct Fetcher {
    client: Client,
    guard: Guard,
}

impl Fetcher {
    pub fn new(guard: Guard) -> reqwest::Result<Self> {
        // reqwest asks for the choice of the process; the first one holds.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .dns_resolver(guard.clone())
            .user_agent(USER_AGENT)
            .connect_timeout(CONNECT_WITHIN)
            .read_timeout(SILENCE)
            .redirect(redirect::Policy::none())
            // A proxy would resolve the name by itself, past the guard.
            .no_proxy()
            // Every request makes a connection of its own, and so has its own check of the address.
            .http1_only()
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Self { client, guard })
    }

    /// Takes what lies at `url` into a file, unless its beginning `is_page`. `told` hears how many bytes have come.
    pub async fn fetch(
        &self,
        url: &Url,
        into: &Path,
        allowance: Allowance,
        is_page: impl Fn(&[u8]) -> bool,
        told: impl Fn(u64),
    ) -> Result<Fetched, FetchError> {
        let taking = async {
            let answer = self.follow(url.clone()).await?;
            take(answer, into, allowance.bytes, is_page, told).await
        };
        let taken = timeout(allowance.within, taking).await;
        taken.map_err(|_| FetchError::Slow(allowance.within))?
    }

    /// The answer at the end of all redirects, each of which is checked as the first address was.
    async fn follow(&self, mut url: Url) -> Result<Response, FetchError> {
        for _ in 0..=MOST_REDIRECTS {
            self.guard.check(&url)?;
            let request = self.client.get(url.clone());
            // What is packed could unpack to more than was allowed.
            let request = request.header(header::ACCEPT_ENCODING, "identity");
            let answer = request.send().await?;
            let Some(next) = next(&url, &answer)? else {
                let status = answer.status();
                return if status.is_success() {
                    Ok(answer)
                } else {
                    Err(FetchError::Status(status))
                };
            };
            url = next;
        }
        Err(FetchError::Redirects(MOST_REDIRECTS))
    }
}

/// Where an answer leads on to.
fn next(from: &Url, answer: &Response) -> Result<Option<Url>, FetchError> {
    let location = answer.headers().get(header::LOCATION);
    let Some(location) = location.filter(|_| answer.status().is_redirection()) else {
        return Ok(None);
    };
    let location = location
        .to_str()
        .ok()
        .and_then(|text| from.join(text).ok())
        .ok_or(FetchError::Status(answer.status()))?;
    Ok(Some(check_source_url(location.as_str())?))
}

async fn take(
    mut answer: Response,
    into: &Path,
    most: u64,
    is_page: impl Fn(&[u8]) -> bool,
    told: impl Fn(u64),
) -> Result<Fetched, FetchError> {
    let mut head = Vec::new();
    while head.len() < HEAD_BYTES
        && let Some(piece) = answer.chunk().await?
    {
        head.extend_from_slice(&piece);
    }
    if is_page(head.get(..HEAD_BYTES).unwrap_or(&head)) {
        return Ok(Fetched::Page);
    }
    if answer.content_length().is_some_and(|bytes| bytes > most) {
        return Err(FetchError::TooLarge(most));
    }
    let url = answer.url().clone();
    let mut file = File::create(into).await?;
    let mut bytes = 0;
    let mut piece = head.as_slice();
    let mut next;
    loop {
        bytes += piece.len() as u64;
        if bytes > most {
            return Err(FetchError::TooLarge(most));
        }
        file.write_all(piece).await?;
        told(bytes);
        next = answer.chunk().await?;
        let Some(taken) = &next else { break };
        piece = taken;
    }
    file.flush().await?;
    Ok(Fetched::File { bytes, url })
}
