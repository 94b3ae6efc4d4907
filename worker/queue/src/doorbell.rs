//! The doorbell: a hint that something became ready. Everything works without it, only a little later.

use sqlx::{
    PgPool,
    postgres::{PgListener, PgPoolOptions},
};

use crate::{DatabaseAddress, Queue, Result};

const CHANNEL: &str = "kiskadee_ready";

/// Listens on a connection of its own, which must lead to Postgres itself: a transaction-mode pooler hears nothing.
#[derive(Debug)]
pub struct Doorbell {
    listener: PgListener,
}

impl Doorbell {
    pub async fn listen(address: &DatabaseAddress) -> Result<Self> {
        let options = address.options()?.application_name("kiskadee-doorbell");
        let pool: PgPool = PgPoolOptions::new()
            .max_connections(1)
            .connect_lazy_with(options);
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen(CHANNEL).await?;
        Ok(Self { listener })
    }

    /// Waits for a ring. The connection is made again when it breaks; rings meanwhile are missed.
    pub async fn wait(&mut self) -> Result<()> {
        self.listener.recv().await?;
        Ok(())
    }
}

impl Queue {
    /// Rings, after a commit and outside of it. Whoever finds another ringing skips, so nobody waits here.
    pub async fn ring(&self) -> Result<()> {
        self.run(sqlx::query("select queue.ring()")).await
    }
}
