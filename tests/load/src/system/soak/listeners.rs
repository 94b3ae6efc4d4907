//! Those who listen while it is spoken: in real time, as a player does, and slower than an answer may be taken.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use kiskadee_tests::Client;
use reqwest::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::Soak;

const ROUTE: &str = "/v1/audio/speech";
/// 24,000 samples a second of 2 bytes.
const BYTES_A_SECOND: f64 = 48_000.0;
/// Longer than a worker's death is noticed late.
const SILENCE: Duration = Duration::from_mins(3);

/// About a minute and a half of speech.
fn text() -> String {
    "The river rose slowly through the night, and by the morning the lower fields were under water. ".repeat(15)
}

fn request(client: &Client) -> reqwest::RequestBuilder {
    let body = json!({"model": "kiskadee", "input": text(), "voice": "default", "response_format": "pcm", "language": "en"});
    client.request(Method::POST, ROUTE).json(&body)
}

/// How many bytes the whole is; asked before anything is made difficult.
pub(crate) async fn whole(client: &Client) -> Result<usize> {
    let answer = client.send(request(client)).await?.expect(200)?;
    ensure!(
        answer.body.len() as f64 > 30.0 * BYTES_A_SECOND,
        "the text is too short"
    );
    Ok(answer.body.len())
}

/// Plays what comes as it comes.
pub(crate) async fn in_real_time(soak: Arc<Soak>, client: Client, whole: usize) {
    while !soak.is_over() {
        match listen(&soak, &client).await {
            Ok(Some(heard)) if heard == whole => soak.tally.count("listened to the end"),
            Ok(Some(heard)) => {
                let why = format!("{heard} of {whole} bytes, and a proper end");
                soak.tally.fault("live audio was cut and not told", why);
            }
            Ok(None) => soak.tally.count("live audio broken and told"),
            Err(error) => soak.tally.fault("a listener", error),
        }
    }
}

/// The bytes that came before a proper end; none where the answer broke.
async fn listen(soak: &Soak, client: &Client) -> Result<Option<usize>> {
    let mut answer = request(client).send().await?;
    if !answer.status().is_success() {
        soak.tally.count("asked to wait");
        sleep(Duration::from_secs(1)).await;
        return Ok(None);
    }
    let begun = Instant::now();
    let mut heard = 0;
    loop {
        let piece = timeout(SILENCE, answer.chunk())
            .await
            .context("live audio stood still")?;
        match piece {
            Ok(Some(piece)) => heard += piece.len(),
            Ok(None) => return Ok(Some(heard)),
            Err(_) => return Ok(None),
        }
        sleep_until(begun + Duration::from_secs_f64(heard as f64 / BYTES_A_SECOND)).await;
    }
}

/// Takes a few bytes a second of an answer that is long, which is too slow to be served.
pub(crate) async fn too_slow(soak: Arc<Soak>, key: String) {
    while !soak.is_over() {
        match crawl(&soak, &key).await {
            Ok(()) => soak.tally.count("slow readers ended"),
            Err(error) => soak.tally.fault("a slow reader", error),
        }
    }
}

async fn crawl(soak: &Soak, key: &str) -> Result<()> {
    let mut stream = TcpStream::connect(&soak.address).await?;
    let body = json!({"model": "kiskadee", "input": text(), "voice": "default", "response_format": "pcm", "language": "en"}).to_string();
    let head = format!(
        "POST {ROUTE} HTTP/1.1\r\nHost: soak\r\nX-API-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    let mut few = [0; 64];
    // Ended by the other side, or by us after a while: buffers on the way are large.
    for _ in 0..300 {
        match timeout(Duration::from_mins(1), stream.read(&mut few)).await {
            Ok(Ok(0) | Err(_)) => return Ok(()),
            Ok(Ok(_)) | Err(_) => sleep(Duration::from_millis(900)).await,
        }
        if soak.is_over() {
            return Ok(());
        }
    }
    soak.tally.count("slow readers gave up");
    Ok(())
}
