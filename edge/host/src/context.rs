//! What identifies a request: its id, its trace, and the addresses that Spin tells a component in headers.

use std::net::SocketAddr;

use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Uri, Version, header,
    uri::{Authority, Scheme},
};
use kiskadee_shared::trace::TraceParent;
use uuid::Uuid;

use crate::{client, problem::Refusal};

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CLIENT_ADDRESS: HeaderName = HeaderName::from_static("spin-client-addr");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Who is meant where nobody is named.
const UNNAMED_HOST: &str = "localhost";

const MAX_REQUEST_ID_BYTES: usize = 128;

/// The id of a request and its place in a trace.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) request_id: HeaderValue,
    pub(crate) trace: TraceParent,
    /// The caller's place in the trace, where it named one.
    pub(crate) caller: Option<TraceParent>,
}

impl Identity {
    /// What the caller said where it is well formed, else something new.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        // One draw serves for all three: the ids are compared only with their like.
        let fresh = Uuid::now_v7();
        let given = headers
            .get(REQUEST_ID)
            .filter(|id| is_request_id(id.as_bytes()))
            .cloned();
        let request_id = given.unwrap_or_else(|| new_id(fresh));
        let (_, low) = fresh.as_u64_pair();
        let caller = headers
            .get(TRACEPARENT)
            .and_then(|value| value.to_str().ok()?.parse::<TraceParent>().ok());
        let trace = match caller {
            Some(caller) => caller.child(low),
            None => TraceParent::start(fresh.as_u128(), low),
        };
        Self {
            request_id,
            trace,
            caller,
        }
    }

    pub(crate) fn request_id(&self) -> &str {
        self.request_id.to_str().unwrap_or_default()
    }
}

fn new_id(id: Uuid) -> HeaderValue {
    HeaderValue::from_str(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
        .unwrap_or_else(|_| HeaderValue::from_static("unknown"))
}

fn is_request_id(id: &[u8]) -> bool {
    (1..=MAX_REQUEST_ID_BYTES).contains(&id.len())
        && id
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// Makes the request what a component expects under Spin: an absolute address, the client's, the id and the trace. What else
/// Spin tells of routes in headers no component asks for, and each would copy them.
pub(crate) fn prepare<B>(
    request: &mut Request<B>,
    (client, scheme): (SocketAddr, Scheme),
    identity: &Identity,
) -> Result<(), Refusal> {
    let uri = absolute(request, scheme).ok_or(Refusal::BadHost)?;
    let headers = request.headers_mut();
    strip_foreign(headers);
    client::strip(headers);
    if let Ok(client) = HeaderValue::try_from(client.to_string()) {
        headers.insert(CLIENT_ADDRESS, client);
    }
    headers.insert(REQUEST_ID, identity.request_id.clone());
    if let Ok(trace) = HeaderValue::try_from(identity.trace.to_string()) {
        headers.insert(TRACEPARENT, trace);
    }
    *request.uri_mut() = uri;
    Ok(())
}

/// Only the host may speak as the host.
fn strip_foreign(headers: &mut HeaderMap) {
    let foreign: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("spin-"))
        .cloned()
        .collect();
    for name in foreign {
        headers.remove(name);
    }
    headers.remove(header::CONNECTION);
}

/// The address with scheme and host, which must agree where they are named twice.
fn absolute<B>(request: &Request<B>, scheme: Scheme) -> Option<Uri> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let named = match hosts.next() {
        Some(host) => Some(Authority::try_from(host.as_bytes()).ok()?),
        None => None,
    };
    // Whoever is in front may have looked at the other one.
    if hosts.next().is_some() {
        return None;
    }
    let mut parts = request.uri().clone().into_parts();
    if let (Some(named), Some(other)) = (&named, &parts.authority)
        && named != other
    {
        return None;
    }
    // Before HTTP/1.1 no request had to name one.
    let unnamed = || (request.version() <= Version::HTTP_10).then_some(UNNAMED_HOST);
    parts.authority = match named.or(parts.authority) {
        Some(named) => Some(named),
        None => Some(Authority::from_static(unnamed()?)),
    };
    parts.scheme = Some(scheme);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn identity(name: &'static str, value: &'static str) -> Identity {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        Identity::of(&headers)
    }

    #[test]
    fn a_good_id_is_kept_and_a_bad_one_replaced() {
        assert_eq!(identity("x-request-id", "abc-1.2").request_id(), "abc-1.2");
        assert_eq!(identity("x-request-id", "a b").request_id().len(), 36);
        assert_eq!(identity("x-other", "").request_id().len(), 36);
    }

    #[test]
    fn a_trace_goes_on_under_a_new_span() {
        let trace = identity("traceparent", TRACE).trace;
        assert_eq!(trace.trace_id(), 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
        assert_ne!(trace.parent_id(), 0x00f0_67aa_0ba9_02b7);
        assert_ne!(
            identity("traceparent", "nonsense").trace.trace_id(),
            trace.trace_id()
        );
    }

    fn prepared(request: http::request::Builder) -> Result<Request<()>, Refusal> {
        let mut request = request.body(()).unwrap();
        let client = "127.0.0.1:9".parse().unwrap();
        prepare(
            &mut request,
            (client, Scheme::HTTP),
            &identity("x-request-id", "r"),
        )?;
        Ok(request)
    }

    #[test]
    fn a_component_sees_what_spin_would_tell_it() {
        let request = Request::get("/a/b?c=d")
            .header("host", "h:1")
            .header("spin-client-addr", "forged");
        let request = request.header("x-forwarded-for", "forged");
        let request = prepared(request.header("spin-other", "forged")).unwrap();
        assert!(!request.headers().contains_key("x-forwarded-for"));
        assert_eq!(request.uri(), "http://h:1/a/b?c=d");
        for (name, value) in [("spin-client-addr", "127.0.0.1:9"), ("x-request-id", "r")] {
            assert_eq!(request.headers()[name], value, "{name}");
        }
        assert!(!request.headers().contains_key("spin-other"));
    }

    #[test]
    fn a_request_names_one_host() {
        assert_eq!(
            prepared(Request::get("/a/b")).unwrap_err(),
            Refusal::BadHost
        );
        let old = Request::get("/a/b").version(Version::HTTP_10);
        assert_eq!(prepared(old).unwrap().uri(), "http://localhost/a/b");
        let two = Request::get("http://one/a/b").header("host", "two");
        assert_eq!(prepared(two).unwrap_err(), Refusal::BadHost);
        let twice = Request::get("/a/b").header("host", "one");
        assert_eq!(
            prepared(twice.header("host", "one")).unwrap_err(),
            Refusal::BadHost
        );
    }
}
