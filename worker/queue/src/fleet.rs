//! What a worker tells the others: what it has counted.

use serde_json::Value;

use crate::{Queue, Result};

impl Queue {
    /// Adds counter and histogram samples to the fleet's metrics. A repeat after a lost answer counts twice.
    pub async fn record(&self, samples: &Value) -> Result<()> {
        self.run(sqlx::query("select telemetry.record($1)").bind(samples))
            .await
    }
}
