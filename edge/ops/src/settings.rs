//! The variables that only this component reads, read once in the life of an instance.

use std::sync::OnceLock;

use kiskadee_edge_kit::{Problem, settings::optional};
use kiskadee_shared::secret::Secret;

static SETTINGS: OnceLock<Settings> = OnceLock::new();

#[derive(Debug)]
pub(crate) struct Settings {
    /// What `/health` calls this release.
    pub(crate) service_version: String,
    /// Who scrapes the metrics must know it, where it is set.
    pub(crate) metrics_token: Option<Secret>,
}

impl Settings {
    pub(crate) async fn get() -> Result<&'static Self, Problem> {
        if let Some(settings) = SETTINGS.get() {
            return Ok(settings);
        }
        let token = optional("metrics_token", "").await?;
        let settings = Self {
            service_version: optional("service_version", env!("CARGO_PKG_VERSION")).await?,
            metrics_token: Some(token)
                .filter(|token| !token.is_empty())
                .map(Secret::from),
        };
        Ok(SETTINGS.get_or_init(|| settings))
    }
}
