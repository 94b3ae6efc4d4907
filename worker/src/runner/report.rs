//! What a worker says of itself.

use std::{error::Error as StdError, fmt::Write as _};

use serde_json::{Value, json};

use super::shared::Shared;

/// For the registration.
pub(crate) fn registration(shared: &Shared) -> Value {
    let engines: Vec<Value> = shared
        .tools
        .engines
        .names()
        .map(|name| json!({"name": name}))
        .collect();
    json!({
        "name": shared.config.name,
        "host": shared.config.host,
        "version": env!("CARGO_PKG_VERSION"),
        "slots": shared.config.slots,
        "engines": engines,
        "devices": shared.devices.report(),
    })
}

/// For every heartbeat.
pub(crate) fn heartbeat(shared: &Shared) -> Value {
    json!({
        "storage_ok": shared.storage_is_ok(),
        "slots": shared.config.slots,
        "resident": resident(shared),
        "rates": shared.rates.report(),
        "devices": shared.devices.report(),
        "load": {
            "running": shared.busy_slots(),
            "held": shared.books.len(),
            "load_average": load_average(),
        },
    })
}

/// The lanes whose models are in memory. The engines of today keep theirs for as long as they live.
pub(crate) fn resident(shared: &Shared) -> &[String] {
    &shared.batch_keys
}

/// Of the last minute; none where the system does not tell.
fn load_average() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// An error and all its causes in one line.
pub(crate) fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string cannot fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_names_every_cause() {
        let cause = std::io::Error::other("no route");
        let error = kiskadee_queue::Error::Retry(sqlx::Error::Io(cause));
        assert!(chain(&error).starts_with("the database cannot serve this now: "));
        assert!(chain(&error).ends_with("no route"));
    }
}
