//! What is accepted, what is refused, and what follows for the jobs.

use kiskadee_speech_api::bodies::{BatchAnswer, SpeechAnswer};
use serde_json::{Value, json};

use kiskadee_edge_testing::{Database, SPEECH, Who};

#[tokio::test]
async fn the_same_key_is_the_same_batch() {
    let database = Database::create(SPEECH).await;
    let submit = async |hash: &str| {
        let arguments = format!("test.items(2), null, 'key', '{hash}', null");
        database.ask(Who::Ann, "create_batch", &arguments).await
    };
    let first: BatchAnswer = submit("a").await.body();
    let again: BatchAnswer = submit("a").await.body();
    assert_eq!(first.batch_id, again.batch_id);
    assert_eq!(
        submit("b").await.code.as_deref(),
        Some("idempotency_mismatch")
    );
    assert_eq!(database.count("queue.job where kind = 'speech'").await, 2);
    let bobs = database
        .ask(
            Who::Bob,
            "create_batch",
            "test.items(2), null, 'key', 'b', null",
        )
        .await;
    assert_eq!(bobs.status, 202, "a key is its owner's");
    database.drop().await;
}

#[tokio::test]
async fn a_refused_request_frees_its_key_and_enqueues_nothing() {
    let database = Database::create(SPEECH).await;
    let bad = database
        .ask(
            Who::Ann,
            "create_batch",
            "test.items(2, 'xtts'), null, 'key', 'a', null",
        )
        .await;
    assert_eq!(bad.status, 422);
    assert_eq!(database.count("queue.job").await, 0);
    let good = database
        .ask(
            Who::Ann,
            "create_batch",
            "test.items(2), null, 'key', 'b', null",
        )
        .await;
    assert_eq!(good.status, 202);
    database.drop().await;
}

#[tokio::test]
async fn what_is_not_here_is_named_with_what_is() {
    let database = Database::create(SPEECH).await;
    for (items, field, message) in [
        (
            "test.items(1, 'xtts')",
            "tts_engine",
            "the engine \"xtts\" is not available here; available: kiskadee, espeak",
        ),
        (
            "test.items(1, null, 'no')",
            "voice_id",
            "there is no voice \"no\"; there are kiskadee-en, voice_00000000000070008000000000000001 and what `GET /api/v1/voices` lists",
        ),
        (
            "test.items(1, 'kiskadee', 'espeak-de', 'en')",
            "voice_id",
            "the voice espeak-de speaks with the engine espeak, not with kiskadee",
        ),
        (
            "test.items(1, 'kiskadee', 'default', 'de')",
            "language",
            "the engine kiskadee does not speak \"de\"; it speaks en",
        ),
        (
            "test.items(1, null, 'espeak-de', 'pt-BR')",
            "language",
            "the voice espeak-de does not speak \"pt-BR\"; it speaks de",
        ),
        (
            "test.items(1, null, 'default', 'xx')",
            "language",
            "no engine here speaks \"xx\"; available: kiskadee, espeak",
        ),
    ] {
        let answer = database
            .ask(
                Who::Ann,
                "create_batch",
                &format!("{items}, null, null, null, null"),
            )
            .await;
        assert_eq!(
            (answer.status, answer.code.as_deref()),
            (422, Some("validation")),
            "{items}"
        );
        assert_eq!(
            answer.errors(),
            json!([{"index": 0, "field": field, "message": message}]),
            "{items}"
        );
    }
    database.drop().await;
}

#[tokio::test]
async fn errors_of_form_and_of_substance_are_told_together() {
    let database = Database::create(SPEECH).await;
    let malformed = r#"'[{"field": "speed", "message": "is not a field of this request"}]'"#;
    let arguments =
        format!("test.items(1, 'xtts', null, null), null, null, null, null, {malformed}");
    let answer = database.ask(Who::Ann, "create_batch", &arguments).await;
    let fields: Vec<Value> = answer
        .errors()
        .as_array()
        .into_iter()
        .flatten()
        .map(|error| error["field"].clone())
        .collect();
    assert_eq!(fields, ["speed", "tts_engine"]);
    database.drop().await;
}

#[tokio::test]
async fn the_engine_follows_from_the_voice_or_the_language() {
    let database = Database::create(SPEECH).await;
    for (items, engine, language) in [
        ("test.items(1)", "kiskadee", "en"),
        ("test.items(1, null, 'default', 'en-AU')", "kiskadee", "en"),
        ("test.items(1, null, 'default', 'PT')", "espeak", "pt-br"),
        ("test.items(1, null, 'espeak-de', 'de-AT')", "espeak", "de"),
        (
            "test.items(1, 'espeak', 'default', 'en_US')",
            "espeak",
            "en-us",
        ),
        (
            "test.items(1, null, 'voice_00000000000070008000000000000001')",
            "kiskadee",
            "en",
        ),
    ] {
        let answer = database
            .ask(
                Who::Ann,
                "create_speech",
                &format!("{items} -> 0, null, null, null, null"),
            )
            .await;
        let job: SpeechAnswer = answer.body();
        let id = job.job_id.trim_start_matches("job_");
        let row = database.row(&format!("select args ->> 'engine', args ->> 'language', batch_key from queue.job where id = '{id}'")).await;
        let (found_engine, found_language, key): (String, String, String) =
            (row.get(0), row.get(1), row.get(2));
        assert_eq!(
            (found_engine.as_str(), found_language.as_str()),
            (engine, language),
            "{items}"
        );
        assert_eq!(key, format!("speech:{engine}"));
    }
    database.drop().await;
}

#[tokio::test]
async fn another_owners_voice_does_not_exist() {
    let database = Database::create(SPEECH).await;
    let items = "test.items(1, null, 'voice_00000000000070008000000000000001') -> 0, null, null, null, null";
    assert_eq!(
        database.ask(Who::Bob, "create_speech", items).await.status,
        422
    );
    assert_eq!(
        database.ask(Who::Root, "create_speech", items).await.status,
        202
    );
    database.drop().await;
}

#[tokio::test]
async fn work_is_accepted_while_no_worker_lives() {
    let database = Database::create(SPEECH).await;
    database.run("delete from queue.worker; update speech.engine set seen_at = now() - interval '1 year'").await;
    assert_eq!(
        database
            .ask(
                Who::Ann,
                "create_batch",
                "test.items(1), null, null, null, null"
            )
            .await
            .status,
        202
    );
    database
        .run("select queue.register_worker(queue.uuid7(), '{\"engines\": [\"espeak\"]}', 60000)")
        .await;
    let gone = database
        .ask(
            Who::Ann,
            "create_batch",
            "test.items(1, 'kiskadee'), null, null, null, null",
        )
        .await;
    assert_eq!(gone.status, 422, "the fleet is alive and has it no more");
    database.drop().await;
}

#[tokio::test]
async fn the_estimate_comes_from_measurements() {
    let database = Database::create(SPEECH).await;
    let estimate = async || -> Option<u32> {
        database
            .ask(
                Who::Ann,
                "create_batch",
                "test.items(10), null, null, null, null",
            )
            .await
            .body::<BatchAnswer>()
            .estimated_time
    };
    assert_eq!(estimate().await, None, "nothing was measured");
    database.run("insert into queue.throughput (batch_key, cost_per_second) values ('speech:kiskadee', 13)").await;
    // Ten texts of 6 characters but one of 7: a cost of 261.
    assert_eq!(
        estimate().await,
        Some(21),
        "the rate that the fleet had last"
    );
    database
        .run("update queue.worker set rates = '{\"speech:kiskadee\": 130.5}'")
        .await;
    assert_eq!(estimate().await, Some(2), "the rate that it has now");
    database.run("insert into queue.depth (batch_key, priority, jobs, cost) values ('speech:kiskadee', 0, 10, 1305), ('speech:kiskadee', 2, 9, 99999)").await;
    assert_eq!(
        estimate().await,
        Some(12),
        "what is as urgent or more waits before it"
    );
    database.drop().await;
}

#[tokio::test]
async fn too_much_queued_work_is_refused() {
    let database = Database::create(SPEECH).await;
    database
        .run("update account.\"user\" set queue_cap = 100")
        .await;
    let owners = database
        .ask(
            Who::Ann,
            "create_batch",
            "test.items(10), null, 'key', 'a', null",
        )
        .await;
    assert_eq!(
        (owners.status, owners.code.as_deref()),
        (429, Some("queue_full"))
    );
    assert!(owners.retry_after.is_some());
    database
        .run(
            "update account.\"user\" set queue_cap = 100000; update queue.setting set cap_jobs = 5",
        )
        .await;
    let everybodys = database
        .ask(
            Who::Ann,
            "create_batch",
            "test.items(10), null, 'key', 'a', null",
        )
        .await;
    assert_eq!(
        (everybodys.status, everybodys.code.as_deref()),
        (503, Some("queue_full"))
    );
    assert_eq!(database.count("queue.job").await, 0);
    database.drop().await;
}

#[tokio::test]
async fn a_latest_start_lies_ahead_and_within_the_retention() {
    let database = Database::create(SPEECH).await;
    for (ahead, status) in [("-1 s", 422), ("31 days", 422), ("1 hour", 202)] {
        let item = format!(
            "test.items(1) -> 0 || jsonb_build_object('start_before', now() + interval '{ahead}')"
        );
        let arguments = format!("{item}, null, null, null, null");
        let answer = database.ask(Who::Ann, "create_speech", &arguments).await;
        assert_eq!(answer.status, status, "{ahead}: {answer:?}");
        if status == 422 {
            assert_eq!(
                answer.errors(),
                json!([{"field": "start_before", "message": "must be in the future, and at most 30 days ahead"}])
            );
        }
    }
    assert_eq!(database.count("queue.start_limit").await, 1);
    let batch = "(select jsonb_agg(i || '{\"start_before\": \"2020-01-01T00:00:00Z\"}') from jsonb_array_elements(test.items(3)) i), \
        null, null, null, null";
    let answer = database.ask(Who::Ann, "create_batch", batch).await;
    assert_eq!(answer.errors().as_array().map(Vec::len), Some(1));
    database.drop().await;
}

#[tokio::test]
async fn the_role_of_the_component_touches_no_table() {
    let database = Database::create(SPEECH).await;
    database.assert_no_table_is_open().await;
    database.drop().await;
}

/// Else whoever posts long texts one by one is always before everybody's batches.
#[tokio::test]
async fn a_long_text_is_not_urgent_for_coming_alone() {
    let database = Database::create(SPEECH).await;
    for (characters, priority) in [(1000, 0), (1001, 1)] {
        let item = format!(
            "jsonb_set(test.items(1) -> 0, '{{text}}', to_jsonb(repeat('a', {characters}))), null, null, null, null"
        );
        let answer = database.ask(Who::Ann, "create_speech", &item).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        let stored: i16 = database
            .row("select priority from queue.job order by id desc limit 1")
            .await
            .get(0);
        assert_eq!(stored, priority, "{characters} characters");
    }
    database.drop().await;
}
