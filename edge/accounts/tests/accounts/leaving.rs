//! Leaving with everything, and what one may take along.

use kiskadee_edge_testing::{Database, SPEECH, Who};
use serde_json::Value;

use crate::ACCOUNTS;

const ANN: &str = "'00000000-0000-7000-8000-000000000001'";
const BOB: &str = "'00000000-0000-7000-8000-000000000002'";

/// Work in every state, a voice with its recording, words, an upload, a webhook.
async fn use_it(database: &Database, who: Who, id: &str) {
    database.batch(who, 3).await;
    database
        .run("select test.work('speech:kiskadee', 2, 'completed')")
        .await;
    database.speech(who).await;
    database
        .run("select test.work('speech:kiskadee', 10, 'failed')")
        .await;
    database.batch(who, 2).await;
    database
        .ask_by(
            SPEECH,
            who,
            "put_pronunciations",
            r#"'en', '[{"word": "Kiskadee", "alias": "kis ka dee"}]'"#,
        )
        .await;
    let id = id.trim_matches('\'');
    database
        .run(&format!(
            "insert into speech.recording (id, owner, key, filename, bytes)
               values (queue.uuid7(), '{id}', 'recordings/{id}', 'a.wav', 9);
             select storage.keep('recordings/{id}', 'speech', '{id}', 9);
             insert into storage.upload (id, owner, family, filename, bytes, part_bytes)
               values (queue.uuid7(), '{id}', 'speech', 'b.wav', 9, 9);
             select webhook.emit('{id}', 'job.completed', 'https://example.com/', '{{}}');"
        ))
        .await;
}

/// Every row that names somebody, by table, but for the log, which names nobody else.
async fn rows_of(database: &Database, id: &str) -> Vec<String> {
    let find = format!(
        "do $$
         declare place record; n bigint;
         begin
           create temporary table if not exists found_rows (place text, n bigint);
           truncate found_rows;
           for place in
             select c.table_schema, c.table_name, c.column_name from information_schema.columns c
             join information_schema.tables t using (table_schema, table_name)
             where t.table_type = 'BASE TABLE' and c.data_type = 'uuid' and c.column_name in ('owner', 'user_id')
           loop
             execute format('select count(*) from %I.%I where %I = {quoted}', place.table_schema, place.table_name, place.column_name) into n;
             if n > 0 then insert into found_rows values (place.table_schema || '.' || place.table_name, n); end if;
           end loop;
         end $$",
        quoted = id.replace('\'', "''")
    );
    database.run(&find).await;
    let rows = database
        .client
        .query("select distinct place from found_rows order by 1", &[])
        .await
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Deletes Ann's account twice, which is the same as once.
async fn close(database: &Database) {
    for _ in 0..2 {
        let answer = database
            .ask(Who::Root, "delete_user", &format!("{ANN}, '192.0.2.1'"))
            .await;
        assert_eq!(answer.status, 202, "again is the same: {answer:?}");
    }
    assert_eq!(database.ask(Who::Ann, "me", "").await.status, 401);
    let gone: Value = database.ask(Who::Root, "get_user", ANN).await.body();
    assert_eq!(gone["status"], "deleting");
    assert!(
        gone["full_name"].is_null() && !gone.to_string().contains("ann"),
        "{gone}"
    );
}

/// Erases what there is by the worker's role, in steps of one row. How many steps.
async fn erase(database: &Database) -> u32 {
    database.run("set role kiskadee_worker").await;
    let mut steps = 0;
    let step = "select account.erase_some(1)";
    while database.row(step).await.get::<_, i32>(0) > 0 {
        steps += 1;
        assert!(steps < 200, "it comes to no end");
    }
    database.run("reset role").await;
    steps
}

#[tokio::test]
async fn whoever_leaves_leaves_nothing() {
    let database = Database::create(ACCOUNTS).await;
    use_it(&database, Who::Ann, ANN).await;
    use_it(&database, Who::Bob, BOB).await;
    let had = rows_of(&database, ANN).await;
    for table in [
        "queue.job",
        "queue.batch",
        "speech.voice",
        "speech.recording",
        "speech.pronunciation",
        "storage.upload",
        "webhook.message",
    ] {
        assert!(had.iter().any(|found| found == table), "{table}: {had:?}");
    }
    let made = database
        .count(&format!(
            "queue.done where owner = {ANN} and result ? 'key'"
        ))
        .await;
    assert!(made >= 2, "{made}");
    let of_bob = rows_of(&database, BOB).await;

    close(&database).await;
    let steps = erase(&database).await;
    assert!(steps > 8, "{steps} steps");
    assert_eq!(rows_of(&database, ANN).await, Vec::<String>::new());
    assert_eq!(
        database
            .count(&format!("account.\"user\" where id = {ANN}"))
            .await,
        0
    );
    for key in [
        "voices/mine",
        "recordings/00000000-0000-7000-8000-000000000001",
    ] {
        let discarded = format!("storage.object where key = '{key}' and state = 'discarded'");
        assert_eq!(database.count(&discarded).await, 1, "{key}");
    }
    let results = "storage.object where key like 'results/%' and state = 'discarded'";
    assert_eq!(database.count(results).await, made, "the audio goes, too");
    assert_eq!(rows_of(&database, BOB).await, of_bob);
    assert_eq!(
        database
            .ask(Who::Root, "delete_user", &format!("{ANN}, null"))
            .await
            .status,
        404
    );
    database.drop().await;
}

#[tokio::test]
async fn what_runs_ends_before_its_owner_goes() {
    let database = Database::create(ACCOUNTS).await;
    database.speech(Who::Ann).await;
    let worker = "'00000000-0000-7000-8000-00000000000a'";
    database
        .run(&format!(
            "select queue.claim({worker}, array['speech:kiskadee'], '{{}}', 1, 1000000, 1000)"
        ))
        .await;
    database
        .ask(Who::Root, "delete_user", &format!("{ANN}, null"))
        .await;
    for _ in 0..3 {
        database.run("select account.erase_some(100)").await;
    }
    assert_eq!(
        database.count("queue.lease where cancel_requested").await,
        1
    );
    assert_eq!(
        database
            .count(&format!("account.\"user\" where id = {ANN}"))
            .await,
        1
    );
    database
        .run(&format!(
            "select queue.settle({worker}, array[l.job_id], array[l.token], array['cancelled'], array[null::jsonb],
               array[null::text], array[null::int]) from queue.lease l"
        ))
        .await;
    for _ in 0..5 {
        database.run("select account.erase_some(100)").await;
    }
    assert_eq!(
        database
            .count(&format!("account.\"user\" where id = {ANN}"))
            .await,
        0
    );
    database.drop().await;
}

#[tokio::test]
async fn everything_is_exported_page_by_page_once() {
    let database = Database::create(ACCOUNTS).await;
    use_it(&database, Who::Ann, ANN).await;
    use_it(&database, Who::Bob, BOB).await;
    let mut kinds = Vec::new();
    let mut cursor = "null".to_owned();
    loop {
        let page: Value = database
            .ask(Who::Ann, "export_me", &format!("2, {cursor}"))
            .await
            .body();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        assert!(
            !page.to_string().contains("_key\""),
            "no address of storage: {page}"
        );
        kinds.extend(
            items
                .iter()
                .map(|item| item["kind"].as_str().unwrap().to_owned()),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("'{next}'"),
            None => break,
        }
        assert!(kinds.len() < 100, "it comes to no end: {kinds:?}");
    }
    let count = |kind: &str| kinds.iter().filter(|found| *found == kind).count();
    assert_eq!(
        (
            count("account"),
            count("batch"),
            count("pronunciation"),
            count("recording")
        ),
        (1, 2, 1, 1),
        "{kinds:?}"
    );
    assert_eq!((count("voice"), count("upload")), (1, 1), "{kinds:?}");
    assert_eq!(count("job"), 6, "{kinds:?}");
    assert!(count("webhook") >= 1, "{kinds:?}");
    for cursor in ["'queue:job/x'", "'nonsense'", "'a:b:c'"] {
        assert_eq!(
            database
                .ask(Who::Ann, "export_me", &format!("2, {cursor}"))
                .await
                .status,
            422,
            "{cursor}"
        );
    }
    database.drop().await;
}
