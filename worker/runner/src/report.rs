//! What a worker says of itself.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use crate::shared::Shared;

/// For the registration.
pub(crate) fn registration(shared: &Shared) -> Value {
    let mut told = Map::new();
    for family in &shared.families {
        told.extend(family.registration());
    }
    let names: Vec<&str> = shared.families.iter().map(|family| family.name()).collect();
    told.extend([
        ("pool".to_owned(), json!(shared.config.pool)),
        ("lanes".to_owned(), json!(lanes(shared))),
        ("name".to_owned(), json!(shared.config.name)),
        ("host".to_owned(), json!(shared.config.host)),
        ("version".to_owned(), json!(env!("CARGO_PKG_VERSION"))),
        ("slots".to_owned(), json!(shared.slots())),
        ("families".to_owned(), json!(names)),
        ("devices".to_owned(), shared.devices.report()),
    ]);
    Value::Object(told)
}

/// What this process claims from.
fn lanes(shared: &Shared) -> Vec<&String> {
    let pools = shared.pools.iter();
    pools.flat_map(|pool| &pool.batch_keys).collect()
}

/// For every heartbeat.
pub(crate) fn heartbeat(shared: &Shared) -> Value {
    let pools = shared.pools.iter().map(|pool| {
        let told = json!({"slots": pool.slots, "running": pool.busy()});
        (pool.name.to_string(), told)
    });
    json!({
        "storage_ok": shared.storage_is_ok(),
        "slots": shared.slots(),
        "resident": lanes(shared),
        "rates": shared.rates.report(),
        "devices": shared.devices.report(),
        "clock": SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |now| now.as_secs_f64()),
        "load": {
            "running": shared.busy_slots(),
            "held": shared.in_flight.len(),
            "load_average": load_average(),
            "loop_age_seconds": shared.config.turns.overdue().as_secs_f64(),
            "storage": {
                "free_bytes": shared.storage_free(),
                "full": shared.storage_free().is_some_and(|free| free < shared.config.storage_reserve),
            },
            "pools": pools.collect::<Map<_, _>>(),
        },
    })
}

/// Of the last minute; none where the system does not tell.
fn load_average() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}
