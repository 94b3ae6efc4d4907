//! Steps that are interrupted go on, bounds that a person sets stay, and who asked for it is told when a dataset is ready.

use serde_json::{Value, json};

use crate::{
    datasets::{Desk, lj_speech},
    spoken::CLIPS,
};

async fn begun(desk: &Desk, function: &str, wanted: Value) -> Value {
    let mut wanted = wanted;
    wanted["dataset"] = json!(desk.dataset);
    desk.ask(function, &format!("'{wanted}', null, null, null"))
        .await
}

async fn told(desk: &Desk) -> Value {
    let told = "select count(*) from webhook.message where event = 'dataset.ready'";
    desk.room.value(told.to_owned()).await
}

/// Waits until a step that goes by recordings has noted some, and takes it from its worker.
async fn lose_in_the_middle(desk: &Desk) {
    desk.room
        .until("select count(*) >= 3 from training.step_note".to_owned())
        .await;
    // On a busy machine it may have been lost by itself.
    desk.room.lose_workers().await;
}

/// How many attempts had a part in what is there.
async fn attempts(desk: &Desk, table: &str) -> Value {
    let attempts = format!("select count(distinct split_part(key, '/', 3)) from training.{table}");
    desk.room.value(attempts).await
}

async fn decide(desk: &Desk, state: Option<&str>) {
    let segments = desk.listed("segments").await;
    let ids = segments.iter().map(|segment| {
        segment["segment_id"]
            .as_str()
            .unwrap()
            .strip_prefix("segment_")
    });
    let edits: Vec<_> = ids
        .map(|id| json!({"segment": id, "state": state, "clear_text": false, "undecided": state.is_none()}))
        .collect();
    let edits = json!({"dataset": desk.dataset, "segments": edits});
    let edited = desk.ask("edit_segments", &format!("'{edits}'")).await;
    assert_eq!(edited["status"], 200, "{edited}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_step_goes_on_and_ready_is_told_once() {
    let desk = Desk::open().await;
    let changes = r#"{"webhook_url": "https://hooks.example/"}"#;
    let dataset = desk
        .ask(
            "change_dataset",
            &format!("'{}', '{changes}', null", desk.dataset),
        )
        .await;
    assert_eq!(dataset["body"]["webhook_url"], "https://hooks.example/");
    let _worker = desk.room.work();
    let archive = lj_speech();
    let importing = tokio::join!(desk.import("mine.zip", &archive), lose_in_the_middle(&desk));
    assert_eq!(
        importing.0["result"]["files"],
        CLIPS.len(),
        "{}",
        importing.0
    );
    assert!(attempts(&desk, "file").await.as_u64() >= Some(2));

    let options = json!({"min_seconds": 1, "max_seconds": 11, "threshold": 0.5, "min_silence_ms": 300, "pad_ms": 100});
    let cutting = begun(&desk, "segment_dataset", options).await;
    let cut = tokio::join!(desk.ended(&cutting), lose_in_the_middle(&desk)).0;
    assert_eq!(cut["result"]["segments"], CLIPS.len(), "{cut}");
    assert!(attempts(&desk, "segment").await.as_u64() >= Some(2));
    let notes = "select count(*) from training.step_note".to_owned();
    assert_eq!(desk.room.value(notes).await, 0);
    // The recordings, and a segment of each.
    assert_eq!(desk.kept().await, 2 * CLIPS.len());

    // They came with their words.
    assert_eq!(told(&desk).await, 1);
    desk.words().await;
    assert_eq!(told(&desk).await, 1, "it was ready before");
    decide(&desk, Some("rejected")).await;
    decide(&desk, None).await;
    assert_eq!(told(&desk).await, 2);
    let payload = "select payload::jsonb -> 'data' from webhook.message where event = 'dataset.ready' limit 1";
    let payload = desk.room.value(payload.to_owned()).await;
    assert_eq!(
        (&payload["dataset_id"], &payload["name"]),
        (&json!(desk.dataset), &json!("desk"))
    );
    assert!(
        payload["accepted_seconds"].as_f64().unwrap() > 60.0,
        "{payload}"
    );
}

async fn set_bounds(desk: &Desk, segment: &Value, bounds: &Value) -> Value {
    let id = segment["segment_id"]
        .as_str()
        .unwrap()
        .strip_prefix("segment_")
        .unwrap();
    let mut edit = bounds.clone();
    edit["clear_text"] = json!(false);
    edit["undecided"] = json!(false);
    desk.ask("change_segment", &format!("'{id}'::uuid, '{edit}', null"))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn bounds_that_a_person_set_stay() {
    let desk = Desk::open().await;
    let _worker = desk.room.work();
    desk.send(&[("read.wav", &CLIPS[0].wav)], Some(CLIPS[0].text))
        .await;
    assert_eq!(desk.cut().await["status"], "completed");
    let before = desk.listed("segments").await[0].clone();
    let (start, end) = (
        before["start_seconds"].as_f64().unwrap(),
        before["end_seconds"].as_f64().unwrap(),
    );
    for (bounds, field) in [
        (json!({"end_seconds": 99}), "end_seconds"),
        (json!({"start_seconds": end - 0.1}), "end_seconds"),
        (json!({"start_seconds": -1}), "start_seconds"),
    ] {
        let refused = set_bounds(&desk, &before, &bounds).await;
        assert_eq!(
            (&refused["status"], &refused["errors"][0]["field"]),
            (&json!(422), &json!(field)),
            "{refused}"
        );
    }
    let wanted = json!({"start_seconds": start + 0.2, "end_seconds": end - 0.2});
    let answer = set_bounds(&desk, &before, &wanted).await;
    let job = desk.ended(&answer).await;
    assert_eq!(job["status"], "completed", "{job}");
    let after = desk.listed("segments").await[0].clone();
    for name in ["segment_id", "text", "text_source"] {
        assert_eq!(after[name], before[name], "{name}");
    }
    for name in ["start_seconds", "end_seconds"] {
        let apart = after[name].as_f64().unwrap() - wanted[name].as_f64().unwrap();
        assert!(apart.abs() < 1e-9, "{name}: {after}");
    }
    assert_eq!(after["placed"], true);
    assert_ne!(after["loudness_lufs"], before["loudness_lufs"]);
    let sound = "select measures ->> 'seconds' from training.segment".to_owned();
    let sound = desk.room.value(sound).await;
    let seconds: f64 = sound.as_str().unwrap().parse().unwrap();
    assert!((seconds - (end - start - 0.4)).abs() < 0.01, "{seconds}");
    assert_eq!(desk.kept().await, 2, "the recording and the new sound");

    // Cutting the recording again makes nothing that lies there already.
    assert_eq!(desk.cut().await["status"], "completed");
    assert_eq!(desk.listed("segments").await, [after]);
    assert_eq!(desk.kept().await, 2);
}
