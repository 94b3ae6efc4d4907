//! Brings the counts to the database, where they add up over the whole fleet, restarts included.
//!
//! Once a second and at the end. What cannot be delivered stays and grows no further than the number of endpoints, so
//! nothing is lost while Postgres is away and memory stays bounded.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Notify, time::timeout};
use tokio_postgres::{Client, Config, types::Type};

use super::counts::Counts;
use crate::{error::HostError, pg};

const EVERY: Duration = Duration::from_secs(1);

/// A delivery that takes longer counts as failed.
const PATIENCE: Duration = Duration::from_secs(5);

const RECORD: &str = "select telemetry.record($1::text::jsonb)";

/// The host's own connection to the database, made when needed.
struct Delivery {
    config: Config,
    client: Option<Client>,
    failing: bool,
}

/// Delivers until `stop` is notified, and then once more.
pub(crate) fn task(
    url: &str,
    counts: Arc<Counts>,
    stop: Arc<Notify>,
) -> Result<impl Future<Output = ()> + Send + use<>, HostError> {
    let mut config: Config = url
        .parse()
        .map_err(|error: tokio_postgres::Error| HostError::TelemetryDatabase(error.to_string()))?;
    config
        .connect_timeout(PATIENCE)
        .application_name("kiskadee-edge-telemetry");
    let mut delivery = Delivery {
        config,
        client: None,
        failing: false,
    };
    Ok(async move {
        let mut stopping = false;
        while !stopping {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = stop.notified() => stopping = true,
            }
            delivery.flush(&counts).await;
        }
    })
}

impl Delivery {
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
        if self.client.as_ref().is_none_or(Client::is_closed) {
            self.client = Some(pg::connect(&self.config).await?);
        }
        let client = self.client.as_mut().ok_or("no connection")?;
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
}
