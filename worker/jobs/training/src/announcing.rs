//! Tells the rest of the system which imported models can be trained here, and what that takes, and which can write down what is said:
//! from it is said beforehand what can be done.

use std::{sync::Arc, time::Duration};

use kiskadee_queue::Queue;
use kiskadee_runner::{Turn, chain};
use serde_json::{Value, json};
use tokio::time::sleep;
use uuid::Uuid;

use crate::family::Workshop;

/// How much memory is free changes from minute to minute; and what was not told of for five is not offered.
const EVERY: Duration = Duration::from_mins(1);
const AFTER_TROUBLE: Duration = Duration::from_secs(2);

/// `process` names whoever tells; what it told before is replaced.
pub(crate) async fn tell(
    workshop: &Workshop,
    process: Uuid,
    queue: &Queue,
) -> kiskadee_queue::Result<()> {
    let recognisers = workshop.recognisers.describe();
    if !recognisers.is_empty() {
        let statement = sqlx::query("select training.announce_recognisers($1)");
        queue.run(statement.bind(json!(recognisers))).await?;
    }
    let trainers: Vec<Value> = workshop.xtts.iter().map(|xtts| xtts.describe()).collect();
    if !trainers.is_empty() {
        let statement = sqlx::query("select training.announce($1, $2)");
        let statement = statement.bind(process).bind(json!(trainers));
        queue.run(statement).await?;
    }
    Ok(())
}

/// Again and again, for as long as the worker lives.
pub(crate) async fn go_on(workshop: Arc<Workshop>, process: Uuid, turn: Turn) {
    if workshop.xtts.is_none() && workshop.recognisers.models().is_empty() {
        return turn.rest();
    }
    let mut pause = EVERY;
    loop {
        turn.pause(pause);
        sleep(pause).await;
        turn.take();
        pause = match tell(&workshop, process, &workshop.queue).await {
            Ok(()) => EVERY,
            Err(error) => {
                tracing::warn!(error = %chain(&error), "cannot announce what is done here");
                AFTER_TROUBLE
            }
        };
    }
}
