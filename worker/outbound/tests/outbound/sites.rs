//! Two servers, of which only one may be called.

use std::{net::Ipv4Addr, path::Path, time::Duration};

use kiskadee_outbound::{Allowance, Guard, Reach};
use tempfile::TempDir;
use url::Url;

use crate::server::Server;

pub(crate) const MOST: u64 = 1 << 20;
pub(crate) const ALLOWANCE: Allowance = Allowance {
    bytes: MOST,
    within: Duration::from_mins(1),
};

pub(crate) struct Sites {
    pub(crate) own: Server,
    /// Nobody may call it.
    pub(crate) private: Server,
    pub(crate) scratch: TempDir,
}

impl Sites {
    pub(crate) async fn open() -> Self {
        let private = Server::start(Ipv4Addr::new(127, 0, 0, 2), wav(), String::new()).await;
        let own = Server::start(Ipv4Addr::LOCALHOST, wav(), private.url.clone()).await;
        Self {
            own,
            private,
            scratch: TempDir::new().unwrap(),
        }
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        self.own.at(path).parse().unwrap()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.scratch.path()
    }

    /// Nobody came to the server that may not be called.
    pub(crate) fn nothing_private_was_reached(&self) {
        assert_eq!(self.private.asked(), [""; 0]);
    }
}

pub(crate) fn guard() -> Guard {
    Guard::of_system(Reach::PublicAnd(vec!["127.0.0.1/32".parse().unwrap()]))
}

/// Two seconds of a tone, 8 kHz, 16 bits, mono.
pub(crate) fn wav() -> Vec<u8> {
    let samples = (0..16_000_u16).map(|place| {
        let phase = f32::from(place) / 8000.0 * 220.0 * std::f32::consts::TAU;
        (phase.sin() * 9000.0) as i16
    });
    let data: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    let length = data.len() as u32;
    let mut wav = b"RIFF".to_vec();
    wav.extend((length + 36).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(8000_u32.to_le_bytes());
    wav.extend(16_000_u32.to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend(length.to_le_bytes());
    wav.extend(data);
    wav
}
