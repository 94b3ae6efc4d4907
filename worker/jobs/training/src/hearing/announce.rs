//! Tells the database which recognisers this worker has, and goes on telling it.

use std::time::Duration;

use kiskadee_queue::Queue;
use kiskadee_runner::{Turn, chain};
use kiskadee_whisper::tags;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Recogniser, Recognisers};

/// What was not told of for five minutes is not offered.
const EVERY: Duration = Duration::from_mins(1);
const AFTER_TROUBLE: Duration = Duration::from_secs(2);

pub(crate) async fn introduce(
    recognisers: &Recognisers,
    queue: &Queue,
) -> kiskadee_queue::Result<()> {
    if recognisers.models().is_empty() {
        return Ok(());
    }
    let told: Value = recognisers.models().iter().map(described).collect();
    let statement = sqlx::query("select training.announce_recognisers($1)").bind(told);
    queue.run(statement).await
}

/// Again and again, for as long as the worker lives.
pub(crate) async fn announce(recognisers: Recognisers, queue: Queue, turn: Turn) {
    if recognisers.models().is_empty() {
        return turn.rest();
    }
    loop {
        turn.take();
        let pause = match introduce(&recognisers, &queue).await {
            Ok(()) => EVERY,
            Err(error) => {
                tracing::warn!(error = %chain(&error), "cannot announce the recognisers");
                AFTER_TROUBLE
            }
        };
        turn.pause(pause);
        sleep(pause).await;
    }
}

fn described(model: &Recogniser) -> Value {
    json!({"name": model.name, "languages": tags(&model.languages), "parameters": model.parameters})
}
