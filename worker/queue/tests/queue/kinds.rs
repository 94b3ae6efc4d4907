//! What the rows of `queue.kind` say holds, and a kind without a row is a job like any other.

use std::time::Duration;

use kiskadee_queue::{
    ClaimRequest, Outcome, Queue, Settlement,
    testing::{NewJob, TestDatabase, enqueue},
};
use serde_json::{Value, json};
use uuid::Uuid;

const LANE: &str = "kites:fly";
const TTL: Duration = Duration::from_mins(10);

/// A family of the test's own: two kinds with one hook, of which one shows its results in its own way.
const KITES: &str = "
    create table queue.kite_flown (call int, job_id uuid, kind text);
    create sequence queue.kite_call;
    create function queue.keep_kites(p_concluded queue.concluded[]) returns void language sql as $$
      with call as materialized (select nextval('queue.kite_call') as number)
      insert into queue.kite_flown select call.number, c.job_id, c.kind from call, unnest(p_concluded) c $$;
    create function queue.show_kites(p_states queue.job_state[]) returns table (job_id uuid, result jsonb) language sql as $$
      select s.job_id, jsonb_build_object('colour', s.result -> 'colour') from unnest(p_states) s $$;
    insert into queue.kind (kind, family, on_concluded, present, links, event_fields, max_attempts, timeout_s,
      completed_metric, failed_metric)
    values
      ('kite', 'kites', 'queue.keep_kites', 'queue.show_kites', '{\"kite_url\": \"/kites/{job}\"}', '{colour}', 2, 77,
        'tts_jobs_completed_total', 'tts_jobs_failed_total'),
      ('dragon', 'kites', 'queue.keep_kites', null, '{}', '{}', null, null, null, null);
    insert into queue.kind (kind, family, hidden) values ('string', 'kites', true);";

fn job(kind: &str) -> NewJob {
    NewJob {
        kind: kind.to_owned(),
        ..NewJob::speech(LANE, 10)
    }
}

async fn run(queue: &Queue, statements: &'static str) {
    sqlx::raw_sql(statements)
        .execute(queue.pool())
        .await
        .unwrap();
}

async fn texts(queue: &Queue, statement: &'static str) -> Vec<String> {
    sqlx::query_scalar(statement)
        .fetch_all(queue.pool())
        .await
        .unwrap()
}

/// Claims everything and settles it in one statement.
async fn end_all(queue: &Queue, outcome: impl Fn(&str) -> Outcome) {
    let worker = Uuid::now_v7();
    queue.register(worker, &json!({}), TTL).await.unwrap();
    let lanes = [LANE.to_owned()];
    let request = ClaimRequest {
        worker,
        batch_keys: &lanes,
        resident: &lanes,
        max_jobs: 100,
        max_cost: 100_000,
        load: TTL,
    };
    let claimed = queue.claim(&request).await.unwrap();
    let settlements: Vec<Settlement> = claimed
        .iter()
        .map(|job| Settlement {
            job: job.job_id,
            token: job.token,
            outcome: outcome(&job.kind),
        })
        .collect();
    let accepted = queue.settle(worker, &settlements).await.unwrap();
    assert_eq!(accepted.len(), claimed.len());
}

fn flown(_: &str) -> Outcome {
    Outcome::Completed(json!({"key": "results/x", "wind_key": "results/y", "colour": "red"}))
}

async fn shown(queue: &Queue, job: Uuid) -> Option<Value> {
    let caller = "select queue.job_body(s) from queue.visible_job(
        (select jsonb_populate_record(null::api.caller, jsonb_build_object('user_id', j.owner, 'role', 'user'))
         from (select owner from queue.job where id = $1 union all select owner from queue.done where job_id = $1) j), $1) s
        where s.job_id is not null";
    sqlx::query_scalar(caller)
        .bind(job)
        .fetch_optional(queue.pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn every_function_that_a_row_names_is_there_and_may_be_called() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let named = texts(
        &queue,
        "select name from queue.kind, lateral (values (on_concluded), (present)) n(name) where name is not null",
    )
    .await;
    assert!(named.len() > 2, "{named:?}");
    // What shows a result is called by the functions of `api`, with the rights of their owner.
    let wrong = texts(
        &queue,
        "select k.kind || ': ' || k.on_concluded from queue.kind k
         left join pg_proc p on p.oid = to_regprocedure(k.on_concluded || '(queue.concluded[])')
         where k.on_concluded is not null and (p.prorettype is distinct from 'void'::regtype
           or not has_function_privilege('kiskadee_worker', p.oid, 'execute'))
         union all
         select k.kind || ': ' || k.present from queue.kind k
         left join pg_proc p on p.oid = to_regprocedure(k.present || '(queue.job_state[])')
         where k.present is not null and (pg_get_function_result(p.oid) is distinct from 'TABLE(job_id uuid, result jsonb)'
           or p.proowner <> (select a.proowner from pg_proc a where a.oid = 'api.get_job'::regproc))
         union all
         select k.kind || ': ' || f.name from queue.kind k, unnest(k.event_fields) f(name)
         where f.name = 'key' or f.name like '%\\_key'",
    )
    .await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn each_hook_is_called_once_with_all_that_ended() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    run(&queue, KITES).await;
    let jobs = ["kite", "dragon", "kite", "string", "unheard"].map(job);
    enqueue(&queue, Uuid::now_v7(), 1000, &jobs).await.unwrap();
    end_all(&queue, |kind| match kind {
        "dragon" => Outcome::Failed("no wind".to_owned()),
        kind => flown(kind),
    })
    .await;
    let calls = "select format('%s of %s', call, kind) from queue.kite_flown order by kind";
    assert_eq!(
        texts(&queue, calls).await,
        ["1 of dragon", "1 of kite", "1 of kite"]
    );
    let counted = "select format('%s %s', name, value) from telemetry.current where name like 'tts%' order by name";
    assert_eq!(texts(&queue, counted).await, ["tts_jobs_completed_total 2"]);

    enqueue(&queue, Uuid::now_v7(), 1000, &[job("kite")])
        .await
        .unwrap();
    end_all(&queue, |_| Outcome::Error("a gust".to_owned())).await;
    assert_eq!(
        texts(&queue, calls).await.len(),
        3,
        "it has not ended, it comes again"
    );
}

#[tokio::test]
async fn a_result_is_shown_as_its_kind_says_and_never_where_it_lies() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    run(&queue, KITES).await;
    let jobs = ["kite", "dragon", "string", "unheard"].map(job);
    let ids = enqueue(&queue, Uuid::now_v7(), 1000, &jobs).await.unwrap();
    run(
        &queue,
        "update queue.job set webhook_url = 'https://example.com/'",
    )
    .await;
    end_all(&queue, flown).await;
    let mut results = Vec::new();
    for id in &ids {
        results.push(shown(&queue, *id).await.map(|body| body["result"].clone()));
    }
    let kite = format!("/kites/job_{}", ids[0].simple());
    let plain = json!({"colour": "red"});
    assert_eq!(
        results,
        [
            Some(json!({"colour": "red", "kite_url": kite})),
            Some(plain.clone()),
            None,
            Some(plain)
        ]
    );
    let events: Vec<Value> =
        sqlx::query_scalar("select payload::jsonb -> 'data' from webhook.message order by id")
            .fetch_all(queue.pool())
            .await
            .unwrap();
    assert_eq!(events.len(), 4);
    let (told, untold) = (&events[0], &events[3]);
    assert_eq!(
        (&told["kite_url"], &told["colour"]),
        (&json!(kite), &json!("red"))
    );
    assert_eq!(untold["status"], "completed");
    assert!(untold.get("colour").is_none() && untold.get("key").is_none());
}

#[tokio::test]
async fn a_job_has_what_its_kind_gives_unless_it_brings_its_own() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    run(&queue, KITES).await;
    let own = NewJob {
        max_attempts: Some(9),
        timeout_s: Some(8),
        ..job("kite")
    };
    enqueue(
        &queue,
        Uuid::now_v7(),
        1000,
        &[own, job("kite"), job("unheard")],
    )
    .await
    .unwrap();
    let limits = "select format('%s in %s s', max_attempts, timeout_s) from queue.job order by id";
    assert_eq!(
        texts(&queue, limits).await,
        ["9 in 8 s", "2 in 77 s", "5 in 600 s"]
    );
}

#[tokio::test]
async fn the_queues_own_kinds_are_in_no_list() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    run(&queue, KITES).await;
    let jobs = ["string", "kite", "archive", "unheard"].map(job);
    for _ in 0..2 {
        enqueue(&queue, Uuid::now_v7(), 1000, &jobs).await.unwrap();
        end_all(&queue, flown).await;
    }
    enqueue(&queue, Uuid::now_v7(), 1000, &jobs).await.unwrap();
    for page in [
        "select s.kind from queue.job_states(queue.page_of_jobs(null, null, 100, null)) s order by 1",
        "select s.kind from (select distinct owner from queue.done union select owner from queue.job) o,
           queue.job_states(queue.page_of_jobs(o.owner, null, 100, null)) s order by 1",
    ] {
        assert_eq!(
            texts(&queue, page).await,
            ["kite", "kite", "kite", "unheard", "unheard", "unheard"]
        );
    }
}

#[tokio::test]
async fn lanes_have_gauges_before_anything_waits_in_them() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let engines = json!([{"name": "heron", "languages": ["en"]}]);
    let announce = sqlx::query("select speech.announce($1, '[]')").bind(&engines);
    queue.run(announce).await.unwrap();
    let lanes = "select queue || ' ' || jobs from telemetry.lanes() order by 1";
    assert_eq!(
        texts(&queue, lanes).await,
        [
            "archive:zip 0",
            "speech:heron 0",
            "training:dataset 0",
            "training:download 0",
            "training:slice 0",
            "training:speech 0",
            "training:speech:xtts 0",
            "upload:check 0"
        ]
    );
}
