//! An upload may take as long as it makes progress.

use std::time::Duration;

use tokio::{io::AsyncWriteExt as _, time::sleep};

use super::wire::{Seen, connect, see};
use crate::support::Probe;

/// A POST of `parts` parts, with a pause before each.
async fn upload(probe: &Probe, part: &[u8], parts: usize, pause: Duration) -> Seen {
    let mut stream = connect(&probe.address, "127.0.0.1").await;
    let length = part.len() * parts;
    let head = format!("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..parts {
        sleep(pause).await;
        if stream.write_all(part).await.is_err() {
            break;
        }
    }
    see(&mut stream).await
}

#[tokio::test]
async fn an_upload_takes_longer_than_an_answer_may() {
    let probe = Probe::with(|config| config.limits.request = Duration::from_millis(600)).await;
    let part = vec![b'x'; 20_000];
    let seen = upload(&probe, &part, 20, Duration::from_millis(100)).await;
    assert_eq!(seen.status(), 200, "{}", seen.0);
    assert_eq!(probe.get("/slow?ms=5000").await.status, 504);
}

#[tokio::test]
async fn an_upload_that_only_trickles_is_ended() {
    let probe = Probe::with(|config| {
        config.limits.request_body_idle = Duration::from_millis(500);
        config.limits.request_body_rate = 10_000;
    })
    .await;
    let seen = upload(&probe, b"x", 40, Duration::from_millis(50)).await;
    assert_eq!(seen.status(), 408, "{}", seen.0);
}
