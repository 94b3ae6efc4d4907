//! A step that does not fit into memory: the run goes on with half the batch, once, to the same bytes however often it is broken off; and
//! fails with figures where that is too much, too. The limit is that of a real process.

use std::time::Duration;

use kiskadee_queue::{ClaimRequest, Claimed, Outcome, Settlement};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    alone::{allow_memory, alone},
    room::{Room, Worker},
    small_xtts::clips,
    spoken::CLIPS,
    xtts,
};

const STEPS: u64 = 6;

/// What an engine needs, in bytes beside what the process has before. Each in the middle: a run finds a tenth of a gigabyte less or more.
struct Needs {
    /// That fits with half the batch, and not with all of it.
    half: u64,
    /// With which half the batch does not fit either.
    little: u64,
    batch: u64,
}

/// Another run of what one was prepared with, in other batches, of which so many make a step.
async fn again(room: &Room, prepared: Uuid, batch: u64, times: u64) -> Uuid {
    let run = Uuid::now_v7();
    let recipe = json!({"steps": STEPS, "checkpoint_seconds": 1});
    let plan = json!({"steps": STEPS, "batch_size": batch, "gradient_accumulation": times});
    room.execute(format!(
        "insert into training.run (id, owner, model_name, engine, dataset_id, version_id, language, base, recipe, steps, corpus_key, plan)
         select '{run}', owner, model_name, engine, dataset_id, version_id, language, base, recipe || '{recipe}', {STEPS}, corpus_key,
           plan || '{plan}' from training.run where id = '{prepared}';
         select training.next_slice('{run}');"
    ))
    .await;
    run
}

async fn warnings(room: &Room, run: Uuid) -> Vec<String> {
    let select = format!(
        "select coalesce(jsonb_agg(body ->> 'message' order by seq), '[]') from training.event
         where run_id = '{run}' and kind = 'log' and level = 'warning'"
    );
    let lines = room.value(select).await;
    serde_json::from_value(lines).unwrap()
}

fn sizes(told: &Value) -> [u64; 2] {
    ["batch_size", "gradient_accumulation"].map(|name| told["plan"][name].as_u64().unwrap())
}

async fn fails_with_figures(room: &Room, prepared: Uuid, needs: &Needs) {
    let run = again(room, prepared, needs.batch, 1).await;
    let told = room.until_over(run).await;
    assert_eq!(told["state"], "failed", "{told}");
    let error = told["error"].as_str().unwrap();
    for part in [
        "a step needs ",
        "B of memory and ",
        "B can be had",
        &format!("with {} in a batch, half of", needs.batch / 2),
        "start a run with",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert_eq!(sizes(&told), [needs.batch / 2, 2], "{told}");
    assert_eq!(warnings(room, run).await.len(), 1);
}

async fn goes_on_with_half(room: &Room, prepared: Uuid, needs: &Needs) {
    let whole = again(room, prepared, needs.batch, 1).await;
    let told = room.until_over(whole).await;
    assert_eq!(told["state"], "completed", "{told}");
    assert_eq!(sizes(&told), [needs.batch / 2, 2], "{told}");
    let lines = warnings(room, whole).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line = &lines[0];
    let batches = format!(
        "going on from step 0 with batches of {} instead of {}, of which 2 instead of 1 make a step",
        needs.batch / 2,
        needs.batch
    );
    assert!(
        line.contains(&batches) && line.contains("B can be had"),
        "{line}"
    );

    // One that begins so needs no luck to be divided at the same step.
    let broken = again(room, prepared, needs.batch / 2, 2).await;
    for step in [1, 3] {
        room.until(format!(
            "select step >= {step} or finished_at is not null from training.run where id = '{broken}'"
        ))
        .await;
        xtts::stop_and_resume(room, broken).await;
    }
    let told = room.until_over(broken).await;
    assert_eq!(told["state"], "completed", "{told}");
    assert_eq!(
        xtts::hash(room, whole).await,
        xtts::hash(room, broken).await
    );
}

async fn with_little_memory(room: &Room, (worker, prepared): (Worker, Uuid), needs: Needs) {
    let told = room.until_over(prepared).await;
    assert_eq!(told["state"], "completed", "{told}");
    worker.drain().await;
    let worker = room.work();
    allow_memory(needs.little);
    fails_with_figures(room, prepared, &needs).await;
    allow_memory(needs.half);
    goes_on_with_half(room, prepared, &needs).await;
    worker.drain().await;
}

#[test]
fn the_embedded_voice_is_tuned_in_smaller_parts() {
    alone(
        "little_memory::the_embedded_voice_is_tuned_in_smaller_parts",
        async {
            let room = Room::open(&CLIPS).await;
            let begun = (room.work(), room.start(1).await);
            let needs = Needs {
                half: 690 << 20,
                little: 200 << 20,
                batch: 24,
            };
            with_little_memory(&room, begun, needs).await;
        },
    );
}

#[test]
fn xtts_is_tuned_in_smaller_parts() {
    alone("little_memory::xtts_is_tuned_in_smaller_parts", async {
        let room = Room::open_with_xtts(&clips()).await;
        let worker = room.work();
        room.until("select count(*) > 0 from training.trainer".to_owned())
            .await;
        let prepared = xtts::started_with(&room, json!({"steps": 1})).await;
        let needs = Needs {
            half: 800 << 20,
            little: 350 << 20,
            batch: 8,
        };
        with_little_memory(&room, (worker, prepared), needs).await;
    });
}

/// Takes the slice of a run as a worker does. Gives the arguments by which functions know the attempt.
async fn claim(room: &Room) -> (Uuid, Claimed) {
    let worker = Uuid::now_v7();
    let ttl = Duration::from_mins(1);
    room.queue.register(worker, &json!({}), ttl).await.unwrap();
    let lanes = ["training:slice".to_owned()];
    let request = ClaimRequest {
        worker,
        batch_keys: &lanes,
        resident: &lanes,
        max_jobs: 1,
        max_cost: 1_000_000,
        load: ttl,
    };
    (worker, room.queue.claim(&request).await.unwrap().remove(0))
}

/// Ends an attempt.
async fn settle(room: &Room, (worker, claimed): (Uuid, Claimed), outcome: Outcome) {
    let settlement = Settlement {
        job: claimed.job_id,
        token: claimed.token,
        outcome,
    };
    room.queue.settle(worker, &[settlement]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_for_what_others_hold_has_an_end_and_costs_no_worker() {
    let room = Room::open(&CLIPS).await;
    let run = room.start(10).await;
    let (worker, claimed) = claim(&room).await;
    let attempt = format!("'{}', {}", claimed.job_id, claimed.token);
    room.value(format!("select training.begin_slice({attempt})"))
        .await;
    let may_wait = format!("select training.wait_for_memory({attempt}, 600)");
    assert_eq!(room.value(may_wait.clone()).await, true);
    for free in ["7.0", "7.2"] {
        room.value(format!(
            "select training.put_off({attempt}, 'a step needs 9.1 GB and {free} GB are free: waiting') is null"
        ))
        .await;
    }
    assert_eq!(warnings(&room, run).await.len(), 1, "said once");
    room.execute(format!(
        "update training.run set short_since = short_since - interval '10 minutes' where id = '{run}'"
    ))
    .await;
    assert_eq!(room.value(may_wait).await, false);
    let snoozed = Outcome::Snoozed {
        reason: "memory".to_owned(),
        delay: Duration::ZERO,
    };
    settle(&room, (worker, claimed), snoozed).await;
    room.execute("select queue.promote(100)".to_owned()).await;
    let (_, claimed) = claim(&room).await;
    room.value(format!(
        "select training.begin_slice('{}', {})",
        claimed.job_id, claimed.token
    ))
    .await;
    assert_eq!(room.run_of(run).await["resumed"], 0);
    assert_eq!(warnings(&room, run).await.len(), 1, "nobody was lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_divided_so_that_a_step_stays_the_same() {
    let room = Room::open(&CLIPS).await;
    for (before, after) in [([8, 3], [4, 6]), ([3, 84], [1, 252]), ([5, 4], [2, 10])] {
        let run = room.start(10).await;
        room.execute(format!(
            "update training.run set corpus_key = 'x', plan = '{{\"batch_size\": {}, \"gradient_accumulation\": {}}}' where id = '{run}'",
            before[0], before[1]
        ))
        .await;
        for expected in ["running", "failed"] {
            let (worker, claimed) = claim(&room).await;
            let attempt = format!("'{}', {}", claimed.job_id, claimed.token);
            room.value(format!("select training.begin_slice({attempt})"))
                .await;
            let said = json!({"out_of_memory": {"said": "CUDA_ERROR_OUT_OF_MEMORY"}});
            settle(&room, (worker, claimed), Outcome::Completed(said)).await;
            let told = room.run_of(run).await;
            assert_eq!(told["state"], expected, "{told}");
            assert_eq!(sizes(&told), after);
        }
        let told = room.run_of(run).await;
        let error = told["error"].as_str().unwrap();
        assert!(error.contains("CUDA_ERROR_OUT_OF_MEMORY"), "{error}");
    }
}
