//! The listener without TLS beside one with it: sends everybody there, and answers the challenges of ACME.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header, uri::Authority};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};

use super::acme::Challenges;

/// Connections at once; each has one short answer.
const CONNECTIONS: usize = 512;

/// What a connection may take in all.
const LIFETIME: Duration = Duration::from_secs(10);

/// The port that `https://` means.
const HTTPS: u16 = 443;

/// Where ACME looks for answers to its challenges.
const CHALLENGES: &str = "/.well-known/acme-challenge/";

/// Where connections without TLS are taken, and where they are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redirect {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The port with TLS, as clients see it.
    pub port: u16,
}

type Answer = Response<Full<Bytes>>;

/// Serves until it is dropped.
pub(crate) async fn run(listener: TcpListener, port: u16, challenges: Option<Arc<Challenges>>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection to be redirected could not be accepted");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // One too many is closed.
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            continue;
        };
        let challenges = challenges.clone();
        tokio::spawn(async move {
            let _ = timeout(LIFETIME, serve(stream, port, challenges.as_deref())).await;
            drop(place);
        });
    }
}

async fn serve(stream: TcpStream, port: u16, challenges: Option<&Challenges>) {
    let answer = service_fn(async |request: Request<Incoming>| {
        Ok::<_, Infallible>(answer(&request, port, challenges))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), answer);
    // Whoever goes away needs no answer.
    let _ = connection.await;
}

fn answer<B>(request: &Request<B>, port: u16, challenges: Option<&Challenges>) -> Answer {
    let path = request.uri().path();
    if let Some(challenges) = challenges
        && let Some(token) = path.strip_prefix(CHALLENGES)
    {
        return match challenges.text(token) {
            Some(text) => body(StatusCode::OK, text),
            None => body(StatusCode::NOT_FOUND, "no such challenge\n".to_owned()),
        };
    }
    let Some(location) = location(request, port) else {
        return body(StatusCode::BAD_REQUEST, "which host is asked?\n".to_owned());
    };
    let mut response = body(
        StatusCode::PERMANENT_REDIRECT,
        "this is served over TLS\n".to_owned(),
    );
    response.headers_mut().insert(header::LOCATION, location);
    response
}

fn location<B>(request: &Request<B>, port: u16) -> Option<HeaderValue> {
    let named = request.headers().get(header::HOST);
    let authority = match named {
        Some(host) => Authority::try_from(host.as_bytes()).ok()?,
        None => request.uri().authority()?.clone(),
    };
    let host = authority.host();
    let port = if port == HTTPS {
        String::new()
    } else {
        format!(":{port}")
    };
    let path = request.uri().path_and_query();
    let path = path.map_or("/", |path| path.as_str());
    HeaderValue::try_from(format!("https://{host}{port}{path}")).ok()
}

fn body(status: StatusCode, text: String) -> Answer {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(path: &str, host: &str) -> Request<()> {
        let request = Request::get(path).header("host", host);
        request.body(()).unwrap()
    }

    #[test]
    fn everybody_is_sent_to_the_same_place_with_tls() {
        for (host, port, location) in [
            ("tts.example.com", 443, "https://tts.example.com/a?b=c"),
            (
                "tts.example.com:80",
                8443,
                "https://tts.example.com:8443/a?b=c",
            ),
            ("[::1]:80", 443, "https://[::1]/a?b=c"),
        ] {
            let answer = answer(&asked("/a?b=c", host), port, None);
            assert_eq!(answer.status(), 308);
            assert_eq!(answer.headers()["location"], location);
        }
    }

    #[test]
    fn who_names_no_host_is_sent_nowhere() {
        let unnamed = Request::get("/a").body(()).unwrap();
        assert_eq!(answer(&unnamed, 443, None).status(), 400);
        assert_eq!(answer(&asked("/a", "a b"), 443, None).status(), 400);
    }

    #[test]
    fn challenges_are_answered_here() {
        let challenges = Challenges::default();
        challenges.answer_by_text("token", "text");
        let status = |path| answer(&asked(path, "h"), 443, Some(&challenges)).status();
        assert_eq!(status("/.well-known/acme-challenge/token"), 200);
        assert_eq!(status("/.well-known/acme-challenge/other"), 404);
        let without = answer(&asked("/.well-known/acme-challenge/token", "h"), 443, None);
        assert_eq!(without.status(), 308);
    }
}
