//! What goes wrong on purpose: workers that die or stand still, connections that go dark on both sides of the system.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use kiskadee_queue::testing::dark::DarkWay;
use kiskadee_tests::{System, process};
use tokio::{io::AsyncWriteExt as _, net::TcpStream, time::sleep};

use super::{Soak, name_of};

const BETWEEN_DEATHS: Duration = Duration::from_secs(40);
const BETWEEN_DARKNESS: Duration = Duration::from_secs(20);
/// Connections that say half of a request and no more.
const SILENT: usize = 40;
/// Every statement has this in it, prepared or not.
const ANY: &str = "";

/// Kills workers, and stops each fourth for longer than its lease; the one of this name is spared.
pub(crate) async fn deaths(soak: Arc<Soak>, system: Arc<System>, spared: String, lease: Duration) {
    for turn in 0usize.. {
        soak.pause(BETWEEN_DEATHS).await;
        if soak.is_over() {
            return;
        }
        match death(&system, &spared, turn, lease).await {
            Ok(event) => soak.tally.count(event),
            // Between a death and the next start there is nobody to kill.
            Err(_) => soak.tally.count("no worker to kill"),
        }
    }
}

async fn death(
    system: &System,
    spared: &str,
    turn: usize,
    lease: Duration,
) -> Result<&'static str> {
    let mut victims = system.worker_pids()?;
    victims.retain(|pid| name_of(*pid).is_ok_and(|name| name != spared));
    let victim = *victims
        .get(turn % victims.len().max(1))
        .context("no worker runs")?;
    if turn % 4 < 3 {
        process::signal(victim, "KILL")?;
        return Ok("workers killed");
    }
    process::signal(victim, "STOP")?;
    sleep(lease * 2).await;
    process::signal(victim, "CONT")?;
    Ok("workers that stood still")
}

/// Swallows whatever the worker behind the way says next, on one of its connections.
pub(crate) async fn darkness(soak: Arc<Soak>, way: DarkWay) {
    loop {
        soak.pause(BETWEEN_DARKNESS).await;
        if soak.is_over() {
            return;
        }
        if way.awaited().is_empty() {
            way.swallow(&[ANY]);
            soak.tally.count("connections gone dark");
        }
    }
}

/// Keeps connections to the edge open on which half a request has come.
pub(crate) async fn silence(soak: Arc<Soak>) {
    let mut held: Vec<TcpStream> = Vec::new();
    while !soak.is_over() {
        if held.len() >= SILENT {
            held.remove(0);
        }
        match half_a_request(&soak.address).await {
            Ok(stream) => held.push(stream),
            Err(error) => soak.tally.fault("a connection", error),
        }
        soak.tally.count("silent connections");
        soak.pause(Duration::from_secs(2)).await;
    }
}

async fn half_a_request(address: &str) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    let half = b"POST /api/v1/speech HTTP/1.1\r\nHost: soak\r\nContent-Length: 100000\r\n\r\n{\"text\": \"";
    stream.write_all(half).await?;
    Ok(stream)
}
