//! The log of security: what happened to accounts, keys and passwords, as lines of a target of their own. The leader tells each event once
//! it is committed, and again only where it dies between the line and the deletion.

use kiskadee_queue::{Queue, Result};

/// By which the lines are told from all others, by readers and by `RUST_LOG=security=info`.
const TARGET: &str = "security";

/// Tells events that nobody was told of. Returns how many there were.
pub(crate) async fn tell(queue: &Queue, most: i32) -> Result<i32> {
    let events = queue.untold_events(most).await?;
    for event in &events {
        let detail = event.detail.as_ref().map(ToString::to_string);
        tracing::info!(
            target: TARGET,
            event_id = event.id,
            at = event.at,
            action = event.action,
            via = event.via,
            actor = event.actor,
            subject = event.subject,
            client = event.client,
            detail,
            "security event"
        );
    }
    if !events.is_empty() {
        let told: Vec<i64> = events.iter().map(|event| event.id).collect();
        queue.told(&told).await?;
    }
    Ok(i32::try_from(events.len()).unwrap_or(i32::MAX))
}
