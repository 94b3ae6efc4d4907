//! However often a run is stopped, and its workers are lost, it leaves the same bytes.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;
use uuid::Uuid;

use crate::{room::Room, spoken::CLIPS};

const STEPS: u64 = 40;

async fn until_step(room: &Room, run: Uuid, step: u64) {
    room.until(format!(
        "select step >= {step} or finished_at is not null from training.run where id = '{run}'"
    ))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_stopped_lost_and_drained_is_as_one_that_was_not() {
    let room = Room::open(&CLIPS).await;
    let worker = room.work();
    let whole = room.start(STEPS).await;
    let told = room.until_over(whole).await;
    assert_eq!(told["state"], "completed", "{told}");
    assert_eq!(
        (&told["step"], &told["progress"]),
        (&json!(STEPS), &json!(100))
    );
    assert!(told["slices"].as_u64().unwrap() >= 3, "{told}");
    assert!(told["loss"]["train"].as_f64().unwrap() > 0.0, "{told}");
    assert!(told["loss"]["evaluation"].as_f64().unwrap() < 9.0, "{told}");
    assert!(!told["samples"].as_array().unwrap().is_empty(), "{told}");

    let broken = room.start(STEPS).await;
    until_step(&room, broken, 1).await;
    room.value(format!(
        "select training.ask_to_stop('{broken}', false) is null"
    ))
    .await;
    let stopped = room.until_over(broken).await;
    assert_eq!(stopped["state"], "stopped", "{stopped}");
    assert_eq!(stopped["checkpoint"]["can_speak"], true, "{stopped}");
    resume(&room, broken).await;
    room.until(format!(
        "select token is not null from training.run where id = '{broken}'"
    ))
    .await;
    assert_eq!(room.lose_workers().await, 1);
    room.until(format!(
        "select resumed > 0 from training.run where id = '{broken}'"
    ))
    .await;
    worker.drain().await;
    sleep(Duration::from_millis(200)).await;
    let _worker = room.work();
    let told = room.until_over(broken).await;
    assert_eq!(told["state"], "completed", "{told}");
    assert!(room.voice_of(whole).await == room.voice_of(broken).await);
    nothing_is_lost(&room).await;
}

async fn resume(room: &Room, run: Uuid) {
    room.execute(format!(
        "update training.run set state = 'queued', finished_at = null where id = '{run}';
         select training.next_slice('{run}');"
    ))
    .await;
}

/// What the ledger keeps lies in the storage.
async fn nothing_is_lost(room: &Room) {
    let kept = room
        .value("select jsonb_agg(key) from storage.object where state = 'kept' and key like 'training/%'".to_owned())
        .await;
    for key in kept.as_array().unwrap() {
        assert!(
            !room.object(key.as_str().unwrap()).await.is_empty(),
            "{key}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_tells_what_it_is_at() {
    let room = Room::open(&CLIPS).await;
    // Its owner corrects a text after the version was taken: the run says nothing of the new one.
    room.execute(
        "update training.segment set text = 'Something else.' where id = (select id from training.segment order by id limit 1)"
            .to_owned(),
    )
    .await;
    let _worker = room.work();
    let run = room.start(20).await;
    room.until_over(run).await;
    let told = room
        .value(format!(
            "select jsonb_agg(distinct kind) from training.event where run_id = '{run}'"
        ))
        .await;
    assert_eq!(
        told,
        json!(["checkpoint", "log", "progress", "sample", "state"])
    );
    let states = room
        .value(format!(
            "select jsonb_agg(body -> 'state' order by seq) from training.event where run_id = '{run}' and kind = 'state'"
        ))
        .await;
    assert_eq!(states, json!(["running", "completed"]));
    let scored = room
        .value("select count(*) from training.segment where alignment_score is not null".to_owned())
        .await;
    assert_eq!(scored, json!(CLIPS.len() - 1));
}
