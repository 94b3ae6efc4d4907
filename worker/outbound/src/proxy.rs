//! A small forward proxy on 127.0.0.1, for a program that fetches by itself: every connection that it makes is checked, pinned to the
//! address that was checked, and counted.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    guard::{Guard, ResolveError},
    head::{HeadError, Kind, MOST_BYTES, Request},
};

const HEAD_WITHIN: Duration = Duration::from_secs(10);
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_mins(1);
const MOST_CONNECTIONS: usize = 32;
/// Refusals that are kept for the report.
const MOST_REFUSALS: usize = 8;
const BUFFER_BYTES: usize = 16 << 10;

/// A proxy, for as long as it is kept.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    desk: Arc<Desk>,
    _serving: AbortOnDropHandle<()>,
}

/// What its connections share.
#[derive(Debug)]
struct Desk {
    guard: Guard,
    left: AtomicU64,
    refusals: Mutex<Vec<String>>,
}

#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("{0}")]
    Head(#[from] HeadError),
    #[error("{0}")]
    Resolve(#[from] ResolveError),
    #[error("the server cannot be reached")]
    Unreachable,
}

impl Proxy {
    /// Lets `bytes` through, both ways and over all connections.
    pub async fn open(guard: Guard, bytes: u64) -> io::Result<Self> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let desk = Arc::new(Desk {
            guard,
            left: AtomicU64::new(bytes),
            refusals: Mutex::default(),
        });
        let serving = tokio::spawn(serve(listener, Arc::clone(&desk)));
        Ok(Self {
            address,
            desk,
            _serving: AbortOnDropHandle::new(serving),
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// As many bytes went through as may.
    pub fn is_spent(&self) -> bool {
        self.desk.left.load(Ordering::Relaxed) == 0
    }

    /// Why connections were refused, the first of them.
    pub fn refusals(&self) -> Vec<String> {
        let refusals = self.desk.refusals.lock();
        refusals.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(listener: TcpListener, desk: Arc<Desk>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.len() >= MOST_CONNECTIONS {
            connections.join_next().await;
        }
        let Ok((client, _)) = listener.accept().await else {
            continue;
        };
        let desk = Arc::clone(&desk);
        connections.spawn(async move {
            // Either side may go at any time; the program sees that its connection has ended.
            let _ = desk.connection(client).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

impl Desk {
    async fn connection(&self, mut client: TcpStream) -> io::Result<()> {
        let read = timeout(HEAD_WITHIN, head(&mut client)).await;
        let (head, rest) = read.map_err(io::Error::other)??;
        match self.opened(&head).await {
            Ok((request, server)) => self.relay(request.kind, &rest, client, server).await,
            Err(refusal) => {
                self.note(refusal.to_string());
                let text = format!("{refusal}\n");
                let length = text.len();
                let answer = format!(
                    "HTTP/1.1 403 Forbidden\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}"
                );
                client.write_all(answer.as_bytes()).await?;
                client.shutdown().await
            }
        }
    }

    fn note(&self, refusal: String) {
        let refusals = self.refusals.lock();
        let mut refusals = refusals.unwrap_or_else(PoisonError::into_inner);
        if refusals.len() < MOST_REFUSALS {
            refusals.push(refusal);
        }
    }

    /// What is asked for, and a connection to an address of its host that was checked.
    async fn opened(&self, head: &[u8]) -> Result<(Request, TcpStream), Refusal> {
        let request = Request::parse(head)?;
        let url = &request.url;
        self.guard.check(url).map_err(HeadError::Address)?;
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(HeadError::Malformed.into());
        };
        for address in self.guard.addresses(&host).await? {
            let connecting = TcpStream::connect((address, port));
            if let Ok(Ok(server)) = timeout(CONNECT_WITHIN, connecting).await {
                return Ok((request, server));
            }
        }
        Err(Refusal::Unreachable)
    }

    async fn relay(
        &self,
        kind: Kind,
        rest: &[u8],
        client: TcpStream,
        server: TcpStream,
    ) -> io::Result<()> {
        let (from_client, mut to_client) = client.into_split();
        let (from_server, mut to_server) = server.into_split();
        // One request a connection: what a program sent behind it would go to a host that was checked for another.
        let up_to = match kind {
            Kind::Tunnel => {
                to_client
                    .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    .await?;
                u64::MAX
            }
            Kind::Plain { head, body } => {
                self.spend(head.len())?;
                to_server.write_all(&head).await?;
                body
            }
        };
        let rest = &rest[..rest.len().min(usize::try_from(up_to).unwrap_or(usize::MAX))];
        self.spend(rest.len())?;
        to_server.write_all(rest).await?;
        let up = from_client.take(up_to - rest.len() as u64);
        // The server's end ends the connection; that of the program does not, for the answer is yet to come.
        tokio::select! {
            down = self.copy(from_server, to_client) => down,
            Err(error) = self.copy_up(up, to_server) => Err(error),
        }
    }

    /// To the end, and then in wait for the answer.
    async fn copy_up(
        &self,
        from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
    ) -> io::Result<()> {
        self.pass(from, &mut to).await?;
        std::future::pending().await
    }

    async fn copy(
        &self,
        from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
    ) -> io::Result<()> {
        self.pass(from, &mut to).await?;
        to.shutdown().await
    }

    async fn pass(
        &self,
        mut from: impl AsyncRead + Unpin,
        to: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<()> {
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            let read = timeout(SILENCE, from.read(&mut buffer)).await;
            let read = read.map_err(io::Error::other)??;
            if read == 0 {
                return Ok(());
            }
            self.spend(read)?;
            to.write_all(&buffer[..read]).await?;
        }
    }

    fn spend(&self, bytes: usize) -> io::Result<()> {
        let bytes = bytes as u64;
        let spent = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                Some(left.saturating_sub(bytes))
            });
        match spent {
            Ok(left) if left >= bytes => Ok(()),
            _ => Err(io::Error::other("as many bytes went through as may")),
        }
    }
}

/// The beginning of a request with its empty line, and what came behind it already.
async fn head(client: &mut TcpStream) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return Ok((bytes, rest));
        }
        if bytes.len() > MOST_BYTES {
            return Err(io::Error::other("the head is too long"));
        }
        let read = client.read(&mut buffer).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&buffer[..read]);
    }
}
