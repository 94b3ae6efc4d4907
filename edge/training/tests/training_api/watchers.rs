//! Many who watch a run: whether each of them still may, asked together.

use kiskadee_edge_testing::Database;

use crate::TRAINING;

const ANN: &str = "00000000-0000-7000-8000-000000000001";
const BOB: &str = "00000000-0000-7000-8000-000000000002";
const ROOT: &str = "00000000-0000-7000-8000-000000000003";
const RUN: &str = "00000000-0000-7000-8000-0000000000b1";
const GONE: &str = "00000000-0000-7000-8000-0000000000b2";
/// Long after the accounts were made.
const LATER: i64 = 4_102_444_800_000;

async fn run_of_ann(database: &Database) {
    let dataset = "00000000-0000-7000-8000-0000000000a1";
    database
        .run(&format!(
            "insert into training.dataset (id, owner, name, language) values ('{dataset}', '{ANN}', 'd', 'en');
             insert into training.version (id, dataset_id, number, hash, clips, seconds)
             values ('{dataset}', '{dataset}', 1, sha256('x'), '[]', 1);
             insert into training.run (id, owner, model_name, engine, dataset_id, version_id, language, base, recipe, steps, state)
             values ('{RUN}', '{ANN}', 'm', 'kiskadee', '{dataset}', '{dataset}', 'en', '{{}}', '{{}}', 100, 'running')"
        ))
        .await;
}

/// The hash of a new key of this user.
async fn key(database: &Database, user: &str) -> String {
    let made = format!(
        "insert into account.api_key (user_id, name, prefix, hash, scopes)
         values ('{user}', 'test', 'kk_', sha256(gen_random_uuid()::text::bytea), '{{*}}') returning encode(hash, 'hex')"
    );
    database.text(&made).await
}

fn by_token(run: &str, user: &str, issued_at_ms: i64) -> String {
    format!(r#"{{"run": "{run}", "user": "{user}", "issued_at_ms": {issued_at_ms}, "key": null}}"#)
}

fn by_key(run: &str, hash: &str) -> String {
    format!(r#"{{"run": "{run}", "user": null, "issued_at_ms": null, "key": "{hash}"}}"#)
}

/// As the component asks.
async fn may_still(database: &Database, asked: &[String]) -> String {
    let question = format!("select api.training_watchers('[{}]')", asked.join(","));
    database.run(&format!("set role {TRAINING}")).await;
    let answer = database.text(&question).await;
    database.run("reset role").await;
    answer
}

#[tokio::test]
async fn each_watcher_is_answered_in_its_place() {
    let database = Database::create(TRAINING).await;
    run_of_ann(&database).await;
    let (anns, bobs) = (key(&database, ANN).await, key(&database, BOB).await);
    let asked = [
        by_token(RUN, BOB, LATER),
        by_key(RUN, &anns),
        by_token(RUN, ANN, LATER),
        by_key(RUN, &bobs),
        by_token(RUN, ROOT, LATER),
        by_token(GONE, ANN, LATER),
        by_key(RUN, &"0".repeat(64)),
        by_key(RUN, &anns),
    ];
    let answer = may_still(&database, &asked).await;
    assert_eq!(
        answer,
        "[false, true, true, false, true, false, false, true]"
    );
    database.drop().await;
}

#[tokio::test]
async fn a_right_that_was_lost_is_seen() {
    let database = Database::create(TRAINING).await;
    run_of_ann(&database).await;
    let anns = key(&database, ANN).await;
    let asked = [by_key(RUN, &anns), by_token(RUN, ANN, LATER)];
    assert_eq!(may_still(&database, &asked).await, "[true, true]");
    let revoke = "update account.api_key set revoked_at = clock_timestamp()";
    database.run(revoke).await;
    assert_eq!(may_still(&database, &asked).await, "[false, true]");
    let end = "update account.\"user\" set tokens_valid_after = '2200-01-01'";
    database.run(end).await;
    assert_eq!(may_still(&database, &asked).await, "[false, false]");
    let alone = &asked[1..];
    assert_eq!(may_still(&database, alone).await, "[false]");
    database.drop().await;
}
