//! The beginning of a request to a proxy, and what of it is passed on.

use kiskadee_shared::address::{AddressError, check_source_url};
use url::{Position, Url};

/// A longer beginning is nobody's who means well.
pub(crate) const MOST_BYTES: usize = 32 << 10;
/// Of the headers of a request, those that are between the program and the proxy, or that the proxy writes itself.
const OWN: [&str; 9] = [
    "connection",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "upgrade",
];

/// What a program wants of its proxy.
#[derive(Debug)]
pub(crate) struct Request {
    /// Of a tunnel the host and the port.
    pub(crate) url: Url,
    pub(crate) kind: Kind,
}

#[derive(Debug)]
pub(crate) enum Kind {
    /// Bytes both ways, of which the proxy understands nothing.
    Tunnel,
    /// One request over HTTP.
    Plain {
        /// As it goes to the server.
        head: Vec<u8>,
        /// How many bytes follow it.
        body: u64,
    },
}

/// Why a request is not passed on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HeadError {
    #[error("{0}")]
    Address(#[from] AddressError),
    #[error("this is no request to a proxy")]
    Malformed,
    #[error("encrypted connections are made to port 443 alone")]
    TunnelPort,
    #[error("a request must tell how long its body is")]
    Length,
}

impl Request {
    /// `head` ends with its empty line.
    pub(crate) fn parse(head: &[u8]) -> Result<Self, HeadError> {
        let text = std::str::from_utf8(head).map_err(|_| HeadError::Malformed)?;
        let mut lines = text.trim_end_matches("\r\n").split("\r\n");
        let first: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
        let [method, target, version] = first[..] else {
            return Err(HeadError::Malformed);
        };
        if !version.starts_with("HTTP/1.") || !method.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(HeadError::Malformed);
        }
        if method == "CONNECT" {
            return tunnel(target);
        }
        let url = check_source_url(target)?;
        if url.scheme() != "http" {
            return Err(HeadError::Malformed);
        }
        let (headers, body) = passed_on(lines)?;
        let path = &url[Position::BeforePath..Position::AfterQuery];
        let host = &url[Position::BeforeHost..Position::AfterPort];
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n"
        );
        Ok(Self {
            kind: Kind::Plain {
                head: head.into_bytes(),
                body,
            },
            url,
        })
    }
}

fn tunnel(target: &str) -> Result<Request, HeadError> {
    let url = check_source_url(&format!("https://{target}/"))?;
    if url.path() != "/" || url.query().is_some() {
        return Err(HeadError::Malformed);
    }
    if url.port_or_known_default() != Some(443) {
        return Err(HeadError::TunnelPort);
    }
    Ok(Request {
        url,
        kind: Kind::Tunnel,
    })
}

/// The headers that go on to the server, and how long the body is.
fn passed_on<'a>(lines: impl Iterator<Item = &'a str>) -> Result<(String, u64), HeadError> {
    let (mut headers, mut body) = (String::new(), 0);
    for line in lines {
        let (name, value) = line.split_once(':').ok_or(HeadError::Malformed)?;
        if name.is_empty()
            || name.contains(|c: char| !c.is_ascii_graphic())
            || value.contains(['\r', '\n'])
        {
            return Err(HeadError::Malformed);
        }
        let name = name.to_ascii_lowercase();
        if name == "transfer-encoding" {
            return Err(HeadError::Length);
        }
        if name == "content-length" {
            body = value.trim().parse().map_err(|_| HeadError::Length)?;
        }
        if !OWN.contains(&name.as_str()) {
            headers.push_str(line);
            headers.push_str("\r\n");
        }
    }
    Ok((headers, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_goes_on_as_its_server_reads_it() {
        let head = b"POST http://example.com:8080/a?b=1 HTTP/1.1\r\nHost: elsewhere.example\r\nAccept: */*\r\n\
            Proxy-Connection: keep-alive\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\n";
        let request = Request::parse(head).unwrap();
        let Kind::Plain { head, body } = request.kind else {
            panic!("{request:?}");
        };
        assert_eq!(
            String::from_utf8(head).unwrap(),
            "POST /a?b=1 HTTP/1.1\r\nHost: example.com:8080\r\nAccept: */*\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"
        );
        assert_eq!(body, 3);
    }

    #[test]
    fn what_is_no_web_request_is_refused() {
        for head in [
            "CONNECT example.com:22 HTTP/1.1",
            "CONNECT example.com:8443 HTTP/1.1",
            "CONNECT a@example.com:443 HTTP/1.1",
            "CONNECT example.com:443/x HTTP/1.1",
            "GET file:///etc/passwd HTTP/1.1",
            "GET ftp://example.com/ HTTP/1.1",
            "GET https://example.com/ HTTP/1.1",
            "GET /path HTTP/1.1",
            "GET http://example.com:25/ HTTP/1.1",
            "get http://example.com/ HTTP/1.1",
            "GET http://example.com/ HTTP/1.1\r\n folded",
            "POST http://example.com/ HTTP/1.1\r\nTransfer-Encoding: chunked",
            "POST http://example.com/ HTTP/1.1\r\nContent-Length: -1",
            "",
        ] {
            let head = format!("{head}\r\n\r\n");
            assert!(Request::parse(head.as_bytes()).is_err(), "{head}");
        }
        let tunnel = Request::parse(b"CONNECT example.com:443 HTTP/1.1\r\n\r\n").unwrap();
        assert!(matches!(tunnel.kind, Kind::Tunnel));
    }
}
