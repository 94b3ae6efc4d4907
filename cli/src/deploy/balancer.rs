//! Whether the balancer calls an edge healthy: the gate between one edge and the next. A new edge is kept out until it has proved itself, for the
//! balancer would take it as soon as its process is ready.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::file::{Balancer, DeployFile, Part, Slot};
use super::{hosts, probe};

/// What a balancer that cannot be asked has to notice it.
const SETTLING: Duration = Duration::from_secs(5);

/// From now on no requests come to the slot, whatever its process says. A balancer that cannot be told lets it in when it is ready.
pub(super) async fn keep_out(file: &DeployFile, part: &Part, slot: &Slot) -> Result<()> {
    match &file.balancer {
        Balancer::Haproxy { socket } => set(socket, server(part, slot)?, "maint").await,
        Balancer::Command { keep_out, .. } => run(file, keep_out, server(part, slot)?).await,
        Balancer::None | Balancer::HaproxyStats { .. } => Ok(()),
    }
}

/// The balancer's own checks decide again.
pub(super) async fn let_in(file: &DeployFile, part: &Part, slot: &Slot) -> Result<()> {
    match &file.balancer {
        Balancer::Haproxy { socket } => set(socket, server(part, slot)?, "ready").await,
        Balancer::Command { let_in, .. } => run(file, let_in, server(part, slot)?).await,
        Balancer::None | Balancer::HaproxyStats { .. } => Ok(()),
    }
}

async fn set(socket: &Path, server: &str, state: &str) -> Result<()> {
    let said = ask(socket, &format!("set server {server} state {state}\n")).await?;
    let said = said.trim();
    if !said.is_empty() {
        bail!("HAProxy does not set {server} to {state}: {said}");
    }
    Ok(())
}

async fn run(file: &DeployFile, words: &[String], server: &str) -> Result<()> {
    if words.is_empty() {
        return Ok(());
    }
    let words = hosts::filled(file, words, &[("server", server)]);
    hosts::output(file, None, &words).await.map(drop)
}

/// Lets the slot in, and waits until requests come to it.
pub(super) async fn wait_until_in(file: &DeployFile, part: &Part, slot: &Slot) -> Result<()> {
    let_in(file, part, slot).await?;
    if matches!(file.balancer, Balancer::None) {
        tokio::time::sleep(SETTLING).await;
        return probe::wait_until_ready(file, part, slot).await;
    }
    let server = server(part, slot)?;
    let what = format!("the balancer does not call {server} healthy");
    probe::wait(file.patience, &what, || async move {
        is_up(file, server).await.unwrap_or(false)
    })
    .await
}

fn server<'a>(part: &Part, slot: &'a Slot) -> Result<&'a str> {
    let name = slot.server.as_deref();
    name.with_context(|| format!("the slot {} of {} has no server", slot.name, part.name))
}

async fn is_up(file: &DeployFile, server: &str) -> Result<bool> {
    let rows = match &file.balancer {
        Balancer::None => return Ok(true),
        Balancer::Command { is_up, .. } => {
            let words = hosts::filled(file, is_up, &[("server", server)]);
            return Ok(hosts::output(file, None, &words).await.is_ok());
        }
        Balancer::Haproxy { socket } => ask(socket, "show stat\n").await?,
        Balancer::HaproxyStats { url } => probe::client()?.get(url).send().await?.text().await?,
    };
    Ok(says_up(&rows, server))
}

async fn ask(socket: &Path, command: &str) -> Result<String> {
    let connected = UnixStream::connect(socket).await;
    let mut stream = connected.with_context(|| format!("cannot ask {}", socket.display()))?;
    stream.write_all(command.as_bytes()).await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    Ok(text)
}

/// In `HAProxy`'s CSV: by the names of the first line, for columns are added from release to release.
fn says_up(rows: &str, server: &str) -> bool {
    let mut lines = rows.lines();
    let head: Vec<_> = lines
        .next()
        .unwrap_or_default()
        .trim_start_matches("# ")
        .split(',')
        .collect();
    let column = |name: &str| head.iter().position(|column| *column == name);
    let (Some(backend), Some(name), Some(status)) =
        (column("pxname"), column("svname"), column("status"))
    else {
        return false;
    };
    lines.any(|line| {
        let cells: Vec<_> = line.split(',').collect();
        let cell = |place: usize| cells.get(place).copied().unwrap_or_default();
        format!("{}/{}", cell(backend), cell(name)) == server && cell(status).starts_with("UP")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_that_server_and_only_when_it_is_up() {
        let rows = "# pxname,svname,qcur,status,weight\nedge,edge1a,0,UP,1\nedge,edge1b,0,DOWN,1\nedge,edge2a,0,UP 1/2,1\nother,edge1b,0,UP,1\n";
        assert!(says_up(rows, "edge/edge1a") && says_up(rows, "edge/edge2a"));
        assert!(!says_up(rows, "edge/edge1b") && !says_up(rows, "edge/edge9"));
        assert!(!says_up("", "edge/edge1a"));
    }
}
