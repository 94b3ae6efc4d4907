//! Brings the counts to the database, where they add up over the whole fleet, restarts included; and tells that this edge lives.
//!
//! Once a second and at the end. What cannot be delivered stays and grows no further than the number of endpoints, so
//! nothing is lost while Postgres is away and memory stays bounded.

use std::{sync::Arc, time::Duration};

use kiskadee_secret::{Changes, SecretSource};
use tokio::{sync::Notify, time::timeout};
use tokio_postgres::{Client, Config, types::Type};

use super::{counts::Counts, presence::Presence};
use crate::{error::HostError, pg};

const EVERY: Duration = Duration::from_secs(1);

/// A delivery that takes longer counts as failed.
const PATIENCE: Duration = Duration::from_secs(5);

const RECORD: &str = "select telemetry.record($1::text::jsonb)";

/// The host's own connection to the database, made when needed.
struct Delivery {
    source: SecretSource,
    changes: Changes,
    config: Config,
    ca: Option<Arc<str>>,
    client: Option<Client>,
    failing: bool,
    presence: Presence,
}

/// Delivers until `stop` is notified, and then once more.
pub(crate) fn task(
    source: SecretSource,
    ca: Option<Arc<str>>,
    counts: Arc<Counts>,
    stop: Arc<Notify>,
) -> Result<impl Future<Output = ()> + Send + use<>, HostError> {
    let changes = Changes::of([source.clone()]);
    let mut delivery = Delivery {
        config: config(&source)?,
        source,
        changes,
        ca,
        client: None,
        failing: false,
        presence: Presence::new(),
    };
    Ok(async move {
        let mut stopping = false;
        while !stopping {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = stop.notified() => stopping = true,
            }
            delivery.renew();
            delivery.flush(&counts).await;
            delivery.tell(stopping).await;
        }
    })
}

fn config(source: &SecretSource) -> Result<Config, HostError> {
    let mut config: Config = source
        .read()?
        .parse()
        .map_err(|error: tokio_postgres::Error| HostError::TelemetryDatabase(error.to_string()))?;
    config
        .connect_timeout(PATIENCE)
        .application_name("kiskadee-edge-telemetry");
    Ok(config)
}

impl Delivery {
    /// What is refused, or comes to nothing, is told the next time: a database of an older release cannot hear it.
    async fn tell(&mut self, leaves: bool) {
        // Nobody waits at the end for a database that is away: the row ends by itself.
        if leaves && self.client.as_ref().is_none_or(Client::is_closed) {
            return;
        }
        let Some(statement) = self.presence.due(leaves) else {
            return;
        };
        let told = timeout(PATIENCE, async {
            let client =
                Self::connected(&mut self.client, &self.config, self.ca.as_deref()).await?;
            self.presence.tell(client, statement).await
        });
        if !matches!(told.await, Ok(Ok(()))) {
            self.client = None;
        }
    }

    /// Takes an address that has changed. One that cannot be used yet is tried again with each delivery: nothing is lost.
    fn renew(&mut self) {
        if !self.changes.look() {
            return;
        }
        match config(&self.source) {
            Ok(config) => {
                self.config = config;
                self.client = None;
            }
            Err(error) => tracing::error!(%error, "the telemetry database's address stays"),
        }
    }

    async fn flush(&mut self, counts: &Counts) {
        let delta = counts.take();
        if delta.is_empty() {
            return;
        }
        let result = timeout(PATIENCE, self.send(delta.samples())).await;
        let error = match result {
            Ok(Ok(())) => {
                self.failing = false;
                return;
            }
            Ok(Err(error)) => error,
            Err(_) => "Postgres did not answer in time".to_owned(),
        };
        // Said once, not every second for as long as it lasts.
        if !self.failing {
            tracing::warn!(%error, "request counts cannot be delivered; they are kept until they can");
        }
        self.failing = true;
        self.client = None;
        counts.give_back(delta);
    }

    /// All parts or none: one transaction.
    async fn send(&mut self, parts: Vec<serde_json::Value>) -> Result<(), String> {
        let client = Self::connected(&mut self.client, &self.config, self.ca.as_deref()).await?;
        let text = |error: tokio_postgres::Error| {
            error
                .as_db_error()
                .map_or_else(|| error.to_string(), |server| server.message().to_owned())
        };
        let transaction = client.transaction().await.map_err(text)?;
        for part in parts {
            // Not prepared: a pooler may give each transaction another session.
            transaction
                .execute_typed(RECORD, &[(&part.to_string(), Type::TEXT)])
                .await
                .map_err(text)?;
        }
        transaction.commit().await.map_err(text)
    }

    async fn connected<'a>(
        client: &'a mut Option<Client>,
        config: &Config,
        ca: Option<&str>,
    ) -> Result<&'a mut Client, String> {
        if client.as_ref().is_none_or(Client::is_closed) {
            *client = Some(pg::connect(config, ca).await?);
        }
        client.as_mut().ok_or_else(|| "no connection".to_owned())
    }
}
