//! The variables of this component, read once in the life of an instance.

use std::sync::OnceLock;

use kiskadee_edge_kit::{Problem, objects::Gateway, settings};

static SETUP: OnceLock<Setup> = OnceLock::new();

/// What this component needs beside what every component has.
#[derive(Debug)]
pub(crate) struct Setup {
    /// The storage gateway as workers reach it, without a slash at the end.
    pub relay_url: String,
    /// Webhooks may go to addresses that are not public.
    pub private_webhooks: bool,
}

pub(crate) async fn setup() -> Result<&'static Setup, Problem> {
    if let Some(setup) = SETUP.get() {
        return Ok(setup);
    }
    let relay_url = settings::optional("relay_url", Gateway::get().await?.url()).await?;
    let setup = Setup {
        relay_url: relay_url.trim_end_matches('/').to_owned(),
        private_webhooks: settings::switch("webhook_allow_private").await?,
    };
    Ok(SETUP.get_or_init(|| setup))
}
