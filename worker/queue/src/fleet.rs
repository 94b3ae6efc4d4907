//! What a worker tells the others: what it can speak, and what it has counted.

use serde_json::Value;

use crate::{Queue, Result};

impl Queue {
    /// Makes engines and built-in voices known to the edge.
    pub async fn announce(&self, engines: &Value, voices: &Value) -> Result<()> {
        let query = sqlx::query("select speech.announce($1, $2)")
            .bind(engines)
            .bind(voices);
        self.run(query).await
    }

    /// Adds counter and histogram samples to the fleet's metrics. A repeat after a lost answer counts twice.
    pub async fn record(&self, samples: &Value) -> Result<()> {
        self.run(sqlx::query("select telemetry.record($1)").bind(samples))
            .await
    }
}
