//! No room for a checkpoint: the run keeps the one before, says what is wrong, and goes on when there is room, to the same bytes. A limit of
//! how large a file may become stands for a disk that is full: writing ends in the middle, and nothing else of the machine is touched.

use std::{fs, path::Path, time::Duration};

use rustix::process::Resource;
use serde_json::{Value, json};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::sleep,
};
use uuid::Uuid;

use crate::{
    alone::{alone, limit},
    room::{Room, Worker},
    small_xtts::clips,
    spoken::CLIPS,
    xtts,
};

/// What a process gets that writes on over the limit; where nobody takes it, it ends the process.
const TOO_LARGE: i32 = 25;

async fn checkpoint(room: &Room, run: Uuid) -> Value {
    room.value(format!(
        "select jsonb_build_object('step', step, 'key', key, 'sha256', encode(sha256, 'hex')) from training.checkpoint
         where run_id = '{run}' and key is not null"
    ))
    .await
}

/// Files below a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path().display().to_string());
        }
    }
    found
}

/// Leaves no room for a file of so many bytes while a run is under way, until it has been tried again and again.
async fn without_room(room: &Room, run: Uuid, bytes: u64) {
    room.until(format!(
        "select count(*) > 0 from training.checkpoint where run_id = '{run}' and key is not null"
    ))
    .await;
    limit(Resource::Fsize, Some(bytes));
    let said = format!(
        "from training.event where run_id = '{run}' and kind = 'log' and level = 'warning' and body ->> 'message' like '%File too large%'"
    );
    room.until(format!("select count(*) > 0 {said}")).await;
    let before = checkpoint(room, run).await;
    // It is tried again every five seconds.
    sleep(Duration::from_secs(12)).await;
    assert_eq!(checkpoint(room, run).await, before);
    let key = before["key"].as_str().unwrap();
    assert!(!room.object(key).await.is_empty(), "it is still there");
    let told = room.run_of(run).await;
    assert_eq!(
        (&told["state"], &told["resumed"]),
        (&json!("running"), &json!(0)),
        "it waits, and no worker was lost: {told}"
    );
    let lines = room.value(format!("select jsonb_agg(body ->> 'message') {said}"));
    let lines = lines.await;
    let count = lines.as_array().unwrap().len();
    assert!(count <= 2, "the same is not said again and again: {lines}");
    assert!(
        lines[0]
            .as_str()
            .unwrap()
            .starts_with("the worker's scratch directory cannot be"),
        "{lines}"
    );
    limit(Resource::Fsize, None);
}

async fn ended(room: &Room, run: Uuid) -> Value {
    let told = room.until_over(run).await;
    assert_eq!(told["state"], "completed", "{told}");
    let mut kept = checkpoint(room, run).await;
    kept["key"] = Value::Null;
    kept
}

/// Nothing that was begun and could not be ended lies about.
fn assert_clean(room: &Room, worker: &Worker) {
    assert_eq!(files(&worker.scratch), [""; 0]);
    let unfinished = files(&room.storage());
    let unfinished = unfinished.iter().filter(|name| name.contains('#'));
    assert_eq!(unfinished.count(), 0);
}

#[test]
fn the_embedded_voice_waits_for_room_and_loses_nothing() {
    alone(
        "full_disk::the_embedded_voice_waits_for_room_and_loses_nothing",
        async {
            let _taken = signal(SignalKind::from_raw(TOO_LARGE)).unwrap();
            let room = Room::open(&CLIPS).await;
            let worker = room.work();
            let whole = room.start(40).await;
            let whole = ended(&room, whole).await;
            let broken = room.start(40).await;
            without_room(&room, broken, 4 << 20).await;
            assert_eq!(ended(&room, broken).await, whole);
            assert_clean(&room, &worker);
        },
    );
}

#[test]
fn xtts_waits_for_room_and_loses_nothing() {
    alone("full_disk::xtts_waits_for_room_and_loses_nothing", async {
        let _taken = signal(SignalKind::from_raw(TOO_LARGE)).unwrap();
        let room = Room::open_with_xtts(&clips()).await;
        let worker = room.work();
        room.until("select count(*) > 0 from training.trainer".to_owned())
            .await;
        let whole = xtts::started_with(&room, json!({})).await;
        let whole = ended(&room, whole).await;
        let broken = xtts::started_with(&room, json!({})).await;
        without_room(&room, broken, 256 << 10).await;
        assert_eq!(ended(&room, broken).await, whole);
        assert_clean(&room, &worker);
    });
}
