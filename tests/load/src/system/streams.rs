//! Idle streams of events: many callers wait for jobs that do not run, from many addresses of this machine, and somebody asks
//! whether the edge lives.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use kiskadee_tests::{Client, Options, System, process};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};

const MEBIBYTE: f64 = 1_048_576.0;
/// Below the shares of a caller and of an address.
pub(crate) const PER_CALLER: usize = 150;
pub(crate) const PER_ADDRESS: usize = 800;
/// Streams that are opened at once.
pub(crate) const OPENED_AT_ONCE: usize = 50;
const LOOKS: usize = 500;
const IDLE: Duration = Duration::from_mins(1);

/// Whose stream it is, and of what.
#[derive(Clone)]
struct Caller {
    key: String,
    job: String,
}

pub(crate) async fn measure(count: usize) -> Result<()> {
    raise_the_file_limit(count)?;
    let system = System::start(Options::default()).await?;
    let database = system.database().await?;
    // What is paused is accepted, and waits.
    sqlx::query("select queue.set_paused(l.batch_key, true, 'measuring') from queue.lane l where l.batch_key like 'speech:%'")
        .execute(&database)
        .await?;
    let callers = callers(&system, count.div_ceil(PER_CALLER)).await?;
    report(&system, "before")?;
    let server: SocketAddr = system.url.trim_start_matches("http://").parse()?;
    let begun = Instant::now();
    let streams = open(server, &callers, count).await?;
    println!(
        "{} streams of {} callers opened in {:.0} s",
        streams.len(),
        callers.len(),
        begun.elapsed().as_secs_f64()
    );
    report(&system, "all open")?;
    sleep(IDLE).await;
    report(&system, "a minute later")?;
    liveness(&system.url).await?;
    report(&system, "at the end")
}

pub(crate) fn raise_the_file_limit(count: usize) -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    let wanted = count as u64 + 1000;
    ensure!(
        limit.maximum.is_none_or(|most| most >= wanted),
        "this process may not open {wanted} files; raise the hard limit (ulimit -Hn)"
    );
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    Ok(setrlimit(Resource::Nofile, raised)?)
}

async fn callers(system: &System, count: usize) -> Result<Vec<Caller>> {
    let first = system.client();
    let mut callers = Vec::new();
    for _ in 0..count {
        let user = first.new_user().await?;
        callers.push(Caller {
            job: waiting_job(&user.client).await?,
            key: user.key,
        });
    }
    Ok(callers)
}

async fn waiting_job(client: &Client) -> Result<String> {
    let body = json!({"text": "It waits.", "voice_id": "default", "language": "en"});
    let answer = client.post("/api/v1/speech", &body).await?;
    let answer = answer.expect(202)?.json()?;
    Ok(answer["job_id"].as_str().context("no job_id")?.to_owned())
}

async fn open(server: SocketAddr, callers: &[Caller], count: usize) -> Result<Vec<TcpStream>> {
    let mut streams = Vec::with_capacity(count);
    let mut opening = JoinSet::new();
    for (number, caller) in (0..count).zip(callers.iter().cycle()) {
        if opening.len() >= OPENED_AT_ONCE {
            streams.extend(opened(&mut opening).await?);
        }
        let from = address(number / PER_ADDRESS)?;
        let path = format!("/api/v1/jobs/{}/events", caller.job);
        opening.spawn(stream(server, from, path, caller.key.clone()));
    }
    while !opening.is_empty() {
        streams.extend(opened(&mut opening).await?);
    }
    Ok(streams)
}

pub(crate) async fn opened(opening: &mut JoinSet<Result<TcpStream>>) -> Result<Option<TcpStream>> {
    let ended = opening.join_next().await.transpose()?;
    ended.transpose()
}

/// Every address that begins with 127 is this machine.
pub(crate) fn address(number: usize) -> Result<Ipv4Addr> {
    Ok(Ipv4Addr::new(127, 1, 1, u8::try_from(number + 1)?))
}

/// A stream that has told its first event.
pub(crate) async fn stream(
    server: SocketAddr,
    from: Ipv4Addr,
    path: String,
    key: String,
) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((from, 0)))?;
    let mut stream = socket.connect(server).await?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: load\r\nAccept: text/event-stream\r\nX-API-Key: {key}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut seen = Vec::new();
    let first = async {
        while !seen.windows(6).any(|bytes| bytes == b"event:") {
            if stream.read_buf(&mut seen).await? == 0 {
                bail!("refused: {}", String::from_utf8_lossy(&seen));
            }
        }
        Ok(())
    };
    timeout(Duration::from_mins(1), first)
        .await
        .context("no event came")??;
    Ok(stream)
}

/// Each time on a connection of its own, as a supervisor asks.
async fn liveness(url: &str) -> Result<()> {
    let mut took = Vec::with_capacity(LOOKS);
    for _ in 0..LOOKS {
        let begun = Instant::now();
        Client::new(url, None).get("/health").await?.expect(200)?;
        took.push(begun.elapsed());
        sleep(Duration::from_millis(20)).await;
    }
    took.sort();
    let at = |share: f64| took.get((LOOKS as f64 * share) as usize).copied();
    let (Some(middle), Some(late), Some(last)) = (at(0.5), at(0.99), took.last()) else {
        return Ok(());
    };
    println!(
        "/health: p50 {:.1} ms, p99 {:.1} ms, slowest {:.1} ms of {LOOKS}",
        middle.as_secs_f64() * 1e3,
        late.as_secs_f64() * 1e3,
        last.as_secs_f64() * 1e3
    );
    Ok(())
}

fn report(system: &System, when: &str) -> Result<()> {
    let bytes = process::resident_bytes(system.pid())?;
    println!("edge {when}: {:.0} MiB", bytes as f64 / MEBIBYTE);
    Ok(())
}
