//! The engine xtts, small and untrained: runs go on to the same bytes over stops and lost workers, and what they leave speaks.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{room::Room, small_xtts::clips};

const STEPS: u64 = 24;

/// As `POST /training/start` does.
async fn start(room: &Room, options: Value) -> Value {
    let mut request = json!({
        "model_name": "Mine", "dataset": "mine", "engine": "xtts", "steps": STEPS, "gradient_accumulation": 2, "seed": 7,
        "learning_rate": 5e-4, "checkpoint_seconds": 1, "early_stopping": 1000, "sample_texts": ["Good morning."],
    });
    for (name, value) in options.as_object().unwrap() {
        request[name] = value.clone();
    }
    let caller = room.caller();
    let request = request.to_string().replace('\'', "''");
    let mut answer = room
        .value(format!(
            "select a from api.start_training({caller}, '{request}', null, null, null) a"
        ))
        .await;
    answer["body"] = serde_json::from_str(answer["body"].as_str().unwrap_or("null")).unwrap();
    answer
}

async fn started(room: &Room) -> Uuid {
    started_with(room, json!({})).await
}

pub(crate) async fn started_with(room: &Room, options: Value) -> Uuid {
    let answer = start(room, options).await;
    assert_eq!(answer["status"], 202, "{answer}");
    id(&answer["body"]["run_id"])
}

fn id(wire: &Value) -> Uuid {
    let wire = wire.as_str().unwrap();
    wire.split_once('_').unwrap().1.parse().unwrap()
}

async fn until_step(room: &Room, run: Uuid, step: u64) {
    room.until(format!(
        "select step >= {step} or finished_at is not null from training.run where id = '{run}'"
    ))
    .await;
}

/// Of the last checkpoint that a run can go on from.
pub(crate) async fn hash(room: &Room, run: Uuid) -> Value {
    room.value(format!(
        "select encode(sha256, 'hex') || ' ' || step from training.checkpoint where run_id = '{run}' and key is not null"
    ))
    .await
}

pub(crate) async fn stop_and_resume(room: &Room, run: Uuid) {
    room.value(format!(
        "select training.ask_to_stop('{run}', false) is null"
    ))
    .await;
    let told = room.until_over(run).await;
    assert_eq!(told["state"], "stopped", "{told}");
    room.execute(format!(
        "update training.run set state = 'queued', finished_at = null where id = '{run}';
         select training.next_slice('{run}');"
    ))
    .await;
}

async fn lose_the_worker(room: &Room, run: Uuid) {
    let resumed = format!("select resumed from training.run where id = '{run}'");
    let held = format!(
        "select l.token from training.run r join queue.lease l on l.job_id = r.job_id and l.token = r.token where r.id = '{run}'"
    );
    let before = room.value(resumed.clone()).await;
    // A slice that just ended by itself is lost by nobody, and one that has not begun would be lost in vain: the next is taken.
    while room.value(resumed.clone()).await == before {
        room.until(format!(
            "select exists({held}) or finished_at is not null from training.run where id = '{run}'"
        ))
        .await;
        let told = room.run_of(run).await;
        assert_eq!(told["finished_at"], json!(null), "{told}");
        let token = room
            .value(format!("select coalesce(({held})::text, '')"))
            .await;
        room.lose_workers().await;
        let token = token.as_str().unwrap();
        room.until(format!(
            "select coalesce(token::text, '') <> '{token}' or finished_at is not null from training.run where id = '{run}'"
        ))
        .await;
    }
}

/// What a voice's file holds behind its header, which names the run.
fn tensors(file: &[u8]) -> &[u8] {
    let header = u64::from_le_bytes(file[..8].try_into().unwrap());
    &file[8 + usize::try_from(header).unwrap()..]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_stopped_and_lost_is_as_one_that_was_not() {
    let room = Room::open_with_xtts(&clips()).await;
    let _worker = room.work();
    room.until("select count(*) > 0 from training.trainer".to_owned())
        .await;
    let whole = started(&room).await;
    let told = room.until_over(whole).await;
    assert_eq!(told["state"], "completed", "{told}");
    assert_eq!(
        (&told["step"], &told["engine"]),
        (&json!(STEPS), &json!("xtts"))
    );
    assert!(told["loss"]["evaluation"].as_f64().unwrap() > 0.0, "{told}");
    assert!(
        told["loss"]["parts"]["codes"].as_f64().unwrap() > 0.0,
        "{told}"
    );
    assert!(!told["samples"].as_array().unwrap().is_empty(), "{told}");
    assert_eq!(told["plan"]["gradient_accumulation"], 2, "{told}");

    let broken = started(&room).await;
    for step in [1, 6, 12] {
        until_step(&room, broken, step).await;
        stop_and_resume(&room, broken).await;
        if step > 1 {
            lose_the_worker(&room, broken).await;
        }
    }
    let told = room.until_over(broken).await;
    assert_eq!(told["state"], "completed", "{told}");
    assert!(told["resumed"].as_u64().unwrap() >= 2, "{told}");
    assert_eq!(hash(&room, whole).await, hash(&room, broken).await);
    let (whole, broken) = (room.voice_of(whole).await, room.voice_of(broken).await);
    assert!(tensors(&whole) == tensors(&broken));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_becomes_a_voice_that_speaks_and_is_compared() {
    let room = Room::open_with_xtts(&clips()).await;
    let _worker = room.work();
    room.until("select count(*) > 0 from training.trainer".to_owned())
        .await;
    room.announce_engines().await;
    let run = started(&room).await;
    let told = room.until_over(run).await;
    let checkpoint = told["checkpoint"]["checkpoint_id"].as_str().unwrap();
    let caller = room.caller();
    let request = format!(
        "{{\"checkpoint\": \"{}\", \"name\": \"Mine\"}}",
        id(&told["checkpoint"]["checkpoint_id"])
    );
    let answer = room
        .value(format!(
            "select a from api.load_checkpoint({caller}, '{request}', null, null, null) a"
        ))
        .await;
    assert_eq!(answer["status"], 202, "{answer}");
    room.until("select count(*) = 1 from speech.voice_version where is_current".to_owned())
        .await;
    let voice = room
        .value("select to_jsonb(v) from speech.voice v where kind = 'trained'".to_owned())
        .await;
    assert_eq!(voice["engine"], "xtts", "{voice}");
    let key = voice["conditioning_key"].as_str().unwrap();
    assert!(room.object(key).await == room.voice_of(run).await);
    let samples = room.speak_tuned(key, "The boat is late.").await;
    assert!(samples.len() > 10_000 && samples.iter().all(|sample| sample.is_finite()));
    assert!(samples.iter().any(|sample| sample.abs() > 1e-3));
    let again = room.speak_tuned(key, "The boat is late.").await;
    assert!(samples == again);

    let answer = room
        .value(format!(
            "select a from api.start_comparison({caller}, '{{\"a\": \"{checkpoint}\", \"b\": \"{}\", \"texts\": [\"The boat is late.\"]}}',
             null, null, null) a",
            voice["id"].as_str().unwrap()
        ))
        .await;
    assert_eq!(answer["status"], 202, "{answer}");
    room.until("select pairs is not null or error is not null from training.comparison".to_owned())
        .await;
    let compared = room
        .value("select to_jsonb(c) from training.comparison c".to_owned())
        .await;
    assert_eq!(compared["error"], json!(null), "{compared}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_started_says_why() {
    let room = Room::open_with_xtts(&clips()).await;
    let answer = start(&room, json!({})).await;
    assert_eq!(answer["status"], 422, "{answer}");
    assert!(
        answer.to_string().contains("kiskadee models import"),
        "{answer}"
    );
    let worker = room.work();
    room.until("select count(*) > 0 from training.trainer".to_owned())
        .await;
    let answer = start(&room, json!({"precision": "bf16"})).await;
    assert_eq!(answer["status"], 422, "{answer}");
    assert!(answer.to_string().contains("bf16 is for GPUs"), "{answer}");
    let answer = start(&room, json!({"dry_run": true, "steps": null})).await;
    assert_eq!(answer["status"], 200, "{answer}");
    let estimate = &answer["body"]["estimate"];
    assert_eq!(
        (&estimate["steps"], &estimate["device"]),
        (&json!(174), &json!("cpu")),
        "{answer}"
    );
    worker.drain().await;
    room.execute(
        "update training.trainer set told = told || '{\"free_bytes\": 400000000, \"fixed_bytes\": 9000000000}'".to_owned(),
    )
    .await;
    let answer = start(&room, json!({})).await;
    assert_eq!(answer["status"], 422, "{answer}");
    let why = answer.to_string();
    assert!(
        why.contains("GB of memory") && why.contains("0.4 GB are free"),
        "{why}"
    );
    let answer = start(&room, json!({"dry_run": true})).await;
    assert_eq!(answer["status"], 200, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_waits_for_a_worker_that_has_its_model() {
    let room = Room::open_with_xtts(&clips()).await;
    let worker = room.work();
    room.until("select count(*) > 0 from training.trainer".to_owned())
        .await;
    worker.drain().await;
    let run = started(&room).await;
    let without = room.work_without_xtts();
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let told = room.run_of(run).await;
    assert_eq!(told["state"], "queued", "{told}");
    without.drain().await;
    let _worker = room.work();
    let told = room.until_over(run).await;
    assert_eq!(told["state"], "completed", "{told}");
}
