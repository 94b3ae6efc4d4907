//! Attempts to register or sign in are limited by the address that tries.

use std::net::{IpAddr, SocketAddr};

use axum::{extract::FromRequestParts, http::request::Parts};
use kiskadee_edge_kit::{Context, Problem};
use spin_sdk::pg::ParameterValue;

/// Set by the host for every request; what a client sends under this name never arrives.
const CLIENT_ADDRESS: &str = "spin-client-addr";

/// Who tries.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    client: Option<String>,
    per_minute: u32,
}

impl<S: Send + Sync> FromRequestParts<S> for Attempt {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let context = Context::from_request_parts(parts, state).await?;
        let address = parts
            .headers
            .get(CLIENT_ADDRESS)
            .and_then(|value| value.to_str().ok());
        Ok(Self {
            client: address.and_then(client),
            per_minute: context.settings.rates.auth,
        })
    }
}

impl Attempt {
    /// The address alone (`text`), for the log of who did what.
    pub(crate) fn client(self) -> ParameterValue {
        self.client.into()
    }

    /// The address and the limit (`text`, `int`).
    pub(crate) fn parameters(&self) -> [ParameterValue; 2] {
        [
            self.client.clone().into(),
            ParameterValue::Int32(i32::try_from(self.per_minute).unwrap_or(i32::MAX)),
        ]
    }
}

/// What counts as one client: an IPv4 address, or the /64 that one IPv6 subscriber has at least.
fn client(address: &str) -> Option<String> {
    let ip = match address.parse::<SocketAddr>() {
        Ok(socket) => socket.ip(),
        Err(_) => address.parse().ok()?,
    };
    Some(match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_an_address_without_its_port() {
        assert_eq!(client("192.0.2.7:4711").as_deref(), Some("192.0.2.7"));
        assert_eq!(client("192.0.2.7").as_deref(), Some("192.0.2.7"));
        assert_eq!(
            client("[2001:db8:1:2:3:4:5:6]:4711").as_deref(),
            Some("2001:db8:1:2::/64")
        );
        assert_eq!(client("[::ffff:192.0.2.7]:1").as_deref(), Some("192.0.2.7"));
        assert_eq!(client("somebody"), None);
    }
}
