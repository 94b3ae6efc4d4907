//! The port of the private cluster: chosen once, remembered, and chosen again only when something else took it.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use anyhow::{Context, Result, bail};

/// `wanted` when given, else the port in `memory`, else any free one; `memory` holds the answer afterwards.
pub(crate) fn choose(wanted: Option<u16>, memory: &Path) -> Result<u16> {
    let port = match wanted {
        Some(port) if is_free(port) => port,
        Some(port) => {
            bail!("port {port} for Postgres is in use: choose another with --postgres-port")
        }
        None => match remembered(memory).filter(|port| is_free(*port)) {
            Some(port) => port,
            None => any_free()?,
        },
    };
    std::fs::write(memory, format!("{port}\n"))
        .with_context(|| format!("cannot write {}", memory.display()))?;
    Ok(port)
}

pub(crate) fn remembered(memory: &Path) -> Option<u16> {
    std::fs::read_to_string(memory).ok()?.trim().parse().ok()
}

pub(crate) fn any_free() -> Result<u16> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_kept_until_it_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let memory = folder.path().join("port");
        let first = choose(None, &memory).unwrap();
        assert_eq!(choose(None, &memory).unwrap(), first);
        let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).unwrap();
        assert_ne!(choose(None, &memory).unwrap(), first);
        assert!(choose(Some(first), &memory).is_err());
    }
}
