//! For tests: a way to Postgres on which connections go dark, each in the middle of a statement that a test names.
//!
//! What a dark connection is sent is taken and goes nowhere, and nothing comes back; new connections work.

use std::{
    io,
    net::SocketAddr,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy, sink},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinHandle,
};

/// The texts of statements that have not been swallowed yet.
type Armed = Arc<Mutex<Vec<String>>>;

#[derive(Debug)]
pub struct DarkWay {
    url: String,
    armed: Armed,
    accepting: JoinHandle<()>,
}

impl DarkWay {
    /// A way to the database of this address. Nothing is swallowed until that is asked for.
    pub async fn to(url: &str) -> io::Result<Self> {
        let options = PgConnectOptions::from_str(url).map_err(io::Error::other)?;
        let server = (options.get_host().to_owned(), options.get_port());
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let armed = Armed::default();
        let accepting = tokio::spawn(accept(listener, server, Arc::clone(&armed)));
        Ok(Self {
            url: through(options, address),
            armed,
            accepting,
        })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The next statement with each of these texts is swallowed, and its connection dark from there.
    pub fn swallow(&self, texts: &[&str]) {
        lock(&self.armed).extend(texts.iter().map(|text| (*text).to_owned()));
    }

    /// The texts that have not come by yet.
    pub fn awaited(&self) -> Vec<String> {
        lock(&self.armed).clone()
    }
}

impl Drop for DarkWay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn through(options: PgConnectOptions, address: SocketAddr) -> String {
    let options = options.host(&address.ip().to_string()).port(address.port());
    options.to_url_lossy().to_string()
}

fn lock(armed: &Armed) -> MutexGuard<'_, Vec<String>> {
    armed.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, server: (String, u16), armed: Armed) {
    while let Ok((client, _)) = listener.accept().await {
        let (server, armed) = (server.clone(), Arc::clone(&armed));
        tokio::spawn(async move {
            if let Ok(server) = TcpStream::connect(server).await {
                carry(client, server, &armed).await;
            }
        });
    }
}

async fn carry(client: TcpStream, server: TcpStream, armed: &Armed) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let is_dark = tokio::select! {
        is_dark = forward(&mut from_client, &mut to_server, armed) => is_dark.unwrap_or(false),
        _ = copy(&mut from_server, &mut to_client) => false,
    };
    if is_dark {
        // The server still holds its side, until the client gives up its own.
        let _ = copy(&mut from_client, &mut sink()).await;
    }
}

/// True when it has swallowed a statement.
async fn forward(
    client: &mut OwnedReadHalf,
    server: &mut OwnedWriteHalf,
    armed: &Armed,
) -> io::Result<bool> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let length = client.read(&mut buffer).await?;
        let sent = buffer.get(..length).unwrap_or_default();
        if sent.is_empty() {
            return Ok(false);
        }
        if is_swallowed(sent, armed) {
            return Ok(true);
        }
        server.write_all(sent).await?;
    }
}

fn is_swallowed(sent: &[u8], armed: &Armed) -> bool {
    let sent = String::from_utf8_lossy(sent);
    let mut armed = lock(armed);
    let found = armed.iter().position(|text| sent.contains(text.as_str()));
    found.map(|index| armed.swap_remove(index)).is_some()
}
