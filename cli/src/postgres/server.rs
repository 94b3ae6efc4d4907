//! The running server: supervised, and known to be ready only when it answers a query.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use nix::sys::signal::Signal;
use sqlx::PgPool;

use super::Cluster;
use crate::logs::LogFile;
use crate::supervise::{Recipe, Supervised};

/// A server that died while it wrote much has to read it all again first.
const RECOVERY: Duration = Duration::from_mins(2);
/// So many deaths before the first answer are no accident.
const HOPELESS: u32 = 4;

/// SIGINT is Postgres' fast shutdown: sessions end, everything is written. SIGQUIT leaves it to recovery.
pub(crate) fn start(cluster: Cluster, log: LogFile) -> Supervised {
    Supervised::start(Recipe {
        name: "postgres".to_owned(),
        command: Box::new(move || cluster.command()),
        log,
        orderly: Signal::SIGINT,
        quick: Signal::SIGQUIT,
        patience: Duration::from_secs(30),
        on_death: Box::new(|| Box::pin(async {})),
    })
}

pub(crate) async fn wait_until_ready(server: &Supervised, admin: &PgPool) -> Result<()> {
    let give_up_at = Instant::now() + RECOVERY;
    loop {
        let Err(error) = sqlx::query("select 1").execute(admin).await else {
            return Ok(());
        };
        if server.deaths() >= HOPELESS || Instant::now() > give_up_at {
            bail!("Postgres does not start ({error}); its log says why");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
