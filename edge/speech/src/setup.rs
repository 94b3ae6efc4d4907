//! The variables of this component, read once in the life of an instance.

use std::sync::OnceLock;

use kiskadee_edge_kit::{Problem, settings};

static SETUP: OnceLock<Setup> = OnceLock::new();

/// What this component needs beside what every component has.
#[derive(Debug)]
pub(crate) struct Setup {
    /// The storage gateway, without a slash at the end.
    pub storage_url: String,
    pub storage_token: String,
    /// The same server as workers reach it.
    pub relay_url: String,
    /// Webhooks may go to addresses that are not public.
    pub private_webhooks: bool,
}

pub(crate) async fn setup() -> Result<&'static Setup, Problem> {
    if let Some(setup) = SETUP.get() {
        return Ok(setup);
    }
    let storage_url = settings::required("storage_url").await?;
    let relay_url = settings::optional("relay_url", &storage_url).await?;
    let setup = Setup {
        relay_url: bare(&relay_url),
        storage_url: bare(&storage_url),
        storage_token: settings::required("storage_token").await?,
        private_webhooks: settings::switch("webhook_allow_private").await?,
    };
    Ok(SETUP.get_or_init(|| setup))
}

fn bare(url: &str) -> String {
    url.trim_end_matches('/').to_owned()
}
