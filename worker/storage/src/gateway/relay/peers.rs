//! Several gateways behind one name: a listener comes to one of them, whoever brings its audio to another. So a stream has a home, which
//! each of them finds by the stream's name alone, and every other one passes on what is asked of it.
//!
//! The home is the first that can be reached of an order that differs from stream to stream (rendezvous hashing): a gateway that goes takes
//! along its own streams and no others.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use reqwest::Client;
use sha2::{Digest, Sha256};
use tokio::{net::TcpStream, time::timeout};
use url::Url;

use crate::use_ring;

/// On what was passed on once: the one who gets it is the home.
const PASSED_ON: HeaderName = HeaderName::from_static("kiskadee-passed-on");
/// A gateway in the same network that takes longer is away.
const REACHED_WITHIN: Duration = Duration::from_millis(700);
/// What belongs to a connection and not to what goes over it.
const OF_CONNECTIONS: [HeaderName; 5] = [
    header::HOST,
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::CONTENT_LENGTH,
    header::EXPECT,
];

/// The gateways that share a name: this one, and the others. None but this one by default.
#[derive(Debug, Clone, Default)]
pub struct Peers {
    own: String,
    others: Vec<Url>,
}

/// Addresses that gateways cannot have for each other.
#[derive(Debug, thiserror::Error)]
pub enum PeersError {
    /// It is none that can be connected to.
    #[error("`{0}` is not the address of a gateway, such as http://10.0.0.7:8006")]
    Address(Url),
    /// Without it this gateway would not know which streams are its own.
    #[error("this gateway's own address, {0}, is not among those of the peers")]
    Missing(Url),
}

impl Peers {
    /// `all` are the addresses by which the gateways reach each other, the same words in each of them, with `own` among them.
    pub fn new(own: &Url, all: &[Url]) -> Result<Self, PeersError> {
        if let Some(bad) = all.iter().find(|url| place(url).is_none()) {
            return Err(PeersError::Address(bad.clone()));
        }
        if !all.contains(own) {
            return Err(PeersError::Missing(own.clone()));
        }
        Ok(Self {
            own: own.to_string(),
            others: all.iter().filter(|url| *url != own).cloned().collect(),
        })
    }

    /// The others before whom this one is not the home of a stream, those first who come first.
    fn before(&self, stream: &str) -> Vec<&Url> {
        let own = rank(&self.own, stream);
        let ranked = self
            .others
            .iter()
            .map(|url| (rank(url.as_str(), stream), url));
        let mut before: Vec<_> = ranked.filter(|(rank, _)| *rank > own).collect();
        before.sort_by(|(one, _), (other, _)| other.cmp(one));
        before.into_iter().map(|(_, url)| url).collect()
    }
}

fn rank(gateway: &str, stream: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update(gateway)
        .chain_update([0])
        .chain_update(stream)
        .finalize()
        .into()
}

/// The host and port of an address.
fn place(url: &Url) -> Option<(&str, u16)> {
    Some((url.host_str()?, url.port_or_known_default()?))
}

/// The way to them.
#[derive(Clone)]
pub(super) struct Road {
    peers: Arc<Peers>,
    client: Client,
}

impl Road {
    pub(super) fn new(peers: Peers) -> Self {
        use_ring();
        let client = Client::builder().no_proxy().connect_timeout(REACHED_WITHIN);
        Self {
            peers: Arc::new(peers),
            // Its only failure is that of a missing choice of cryptography, which was made above.
            client: client.build().unwrap_or_default(),
        }
    }

    /// The gateway that is the stream's home, unless it is this one.
    async fn home(&self, stream: &str) -> Option<&Url> {
        for peer in self.peers.before(stream) {
            if is_reached(peer).await {
                return Some(peer);
            }
            tracing::warn!(%peer, "a gateway is away, its streams have another home");
        }
        None
    }

    async fn pass_on(&self, home: &Url, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let mut url = home.clone();
        url.set_path(parts.uri.path());
        let passed = self
            .client
            .request(parts.method, url)
            .headers(without_connection(parts.headers))
            .header(PASSED_ON, HeaderValue::from_static("1"))
            .body(reqwest::Body::wrap_stream(body.into_data_stream()));
        match passed.send().await {
            Ok(answer) => {
                let (status, headers) = (answer.status(), answer.headers().clone());
                let body = Body::from_stream(answer.bytes_stream());
                (status, without_connection(headers), body).into_response()
            }
            Err(error) => {
                tracing::warn!(%error, %home, "a stream cannot be passed on");
                StatusCode::SERVICE_UNAVAILABLE.into_response()
            }
        }
    }
}

/// Answers what belongs here, and lets the others' homes answer the rest.
pub(super) async fn at_home(State(road): State<Road>, request: Request, next: Next) -> Response {
    let stream = request.uri().path().split('/').nth(2).unwrap_or_default();
    let is_passed_on = request.headers().contains_key(PASSED_ON);
    let home = if is_passed_on {
        None
    } else {
        road.home(stream).await
    };
    match home {
        Some(home) => road.pass_on(home, request).await,
        None => next.run(request).await,
    }
}

async fn is_reached(peer: &Url) -> bool {
    let Some(place) = place(peer) else {
        return false;
    };
    matches!(
        timeout(REACHED_WITHIN, TcpStream::connect(place)).await,
        Ok(Ok(_))
    )
}

fn without_connection(mut headers: HeaderMap) -> HeaderMap {
    for name in OF_CONNECTIONS {
        headers.remove(name);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(count: u16) -> Vec<Url> {
        (0..count)
            .map(|number| format!("http://10.0.0.{number}:8006").parse().unwrap())
            .collect()
    }

    #[test]
    fn all_agree_on_a_home_and_homes_are_spread() {
        let all = urls(4);
        let peers: Vec<Peers> = all
            .iter()
            .map(|own| Peers::new(own, &all).unwrap())
            .collect();
        let mut homes = [0; 4];
        for stream in 0..400 {
            let stream = stream.to_string();
            let own: Vec<_> = (0..4)
                .filter(|number| peers[*number].before(&stream).is_empty())
                .collect();
            let [home] = own[..] else {
                panic!("{own:?} are at home");
            };
            let others = (0..4).filter(|number| *number != home);
            for other in others {
                assert_eq!(peers[other].before(&stream)[0], &all[home]);
            }
            homes[home] += 1;
        }
        assert!(homes.iter().all(|count| *count > 60), "{homes:?}");
    }

    #[test]
    fn one_alone_is_the_home_of_all() {
        assert!(Peers::default().before("a").is_empty());
    }

    #[test]
    fn addresses_must_be_such() {
        let all = urls(2);
        let stranger: Url = "http://10.0.0.9:8006".parse().unwrap();
        assert!(matches!(
            Peers::new(&stranger, &all),
            Err(PeersError::Missing(_))
        ));
        let nowhere: Url = "file:///gateway".parse().unwrap();
        assert!(matches!(
            Peers::new(&nowhere, std::slice::from_ref(&nowhere)),
            Err(PeersError::Address(_))
        ));
    }
}
