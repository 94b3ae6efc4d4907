//! What cannot be trained with fails in words, and what nobody wants is not kept.

use serde_json::json;

use crate::{room::Room, spoken::CLIPS};

#[tokio::test(flavor = "multi_thread")]
async fn too_little_speech_fails_in_words() {
    let room = Room::open(&CLIPS[..3]).await;
    let _worker = room.work();
    let run = room.start(20).await;
    let told = room.until_over(run).await;
    assert_eq!(told["state"], "failed");
    assert!(told["error"].as_str().unwrap().contains("60 s"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_run_that_is_discarded_nothing_stays_but_its_log() {
    let room = Room::open(&CLIPS).await;
    let _worker = room.work();
    let run = room.start(100_000).await;
    room.until(format!(
        "select count(*) > 0 from training.checkpoint where run_id = '{run}'"
    ))
    .await;
    room.value(format!(
        "select training.ask_to_stop('{run}', true) is null"
    ))
    .await;
    let told = room.until_over(run).await;
    assert_eq!(
        (&told["state"], &told["step"]),
        (&json!("stopped"), &json!(0)),
        "{told}"
    );
    let kept = room
        .value(
            "select count(*) from storage.object where state = 'kept' and key like '%checkpoint%'"
                .to_owned(),
        )
        .await;
    assert_eq!(kept, 0);
    room.execute(format!("select training.forget_runs(array['{run}'::uuid])"))
        .await;
    let kept = room
        .value(
            "select count(*) from storage.object where state = 'kept' and key like 'training/%'"
                .to_owned(),
        )
        .await;
    assert_eq!(kept, 0);
}
