//! A webhook receiver on loopback that keeps what it is sent, and can be told to fail or to be away.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

#[derive(Debug, Clone)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: String,
}

type Log = Arc<Mutex<Vec<Received>>>;

pub struct Receiver {
    pub address: SocketAddr,
    log: Log,
    server: JoinHandle<()>,
}

impl Receiver {
    /// Listens on `address`; port 0 takes a free one.
    pub async fn start(address: &str) -> Result<Self> {
        let log = Log::default();
        let router = Router::new().fallback(keep).with_state(log.clone());
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            address,
            log,
            server,
        })
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub fn received(&self) -> Vec<Received> {
        self.log.lock().map(|log| log.clone()).unwrap_or_default()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn keep(State(log): State<Log>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let received = Received {
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    if let Ok(mut log) = log.lock() {
        log.push(received);
    }
    StatusCode::NO_CONTENT
}
