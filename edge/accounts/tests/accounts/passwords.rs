//! New passwords, by the old one or by a link, and what ends with the old one.

use kiskadee_edge_testing::{Database, Who};
use serde_json::Value;

use crate::ACCOUNTS;

const ANN: &str = "'00000000-0000-7000-8000-000000000001'";

/// The code of an answer of a function that anybody may call, and its status.
async fn open(database: &Database, call: &str) -> (i16, Option<String>) {
    database.run("set role kiskadee_accounts").await;
    let row = database
        .row(&format!("select a.status, a.code from api.{call} a"))
        .await;
    database.run("reset role").await;
    (row.get(0), row.get(1))
}

async fn live_keys(database: &Database) -> i64 {
    database
        .count(&format!(
            "account.api_key where user_id = {ANN} and revoked_at is null"
        ))
        .await
}

async fn give_keys(database: &Database) {
    database
        .run(&format!(
            "insert into account.api_key (user_id, name, prefix, hash) values ({ANN}, 'a', 'kk_', sha256('a')), ({ANN}, 'b', 'kk_', sha256('b'))"
        ))
        .await;
}

fn ended() -> String {
    format!("account.\"user\" where id = {ANN} and tokens_valid_after > now()")
}

/// A link whose token is this word.
async fn offer(database: &Database, token: &str) {
    let arguments = format!("{ANN}, sha256('{token}'), null");
    let offer = database.ask(Who::Root, "offer_reset", &arguments).await;
    assert_eq!(offer.status, 201, "{offer:?}");
}

/// The status of the answer to a new password by a link.
async fn reset(database: &Database, token: &str, password: &str, keys: bool) -> i16 {
    let call = format!("reset_password(sha256('{token}'), '{password}', {keys}, '192.0.2.1')");
    open(database, &call).await.0
}

#[tokio::test]
async fn a_link_is_good_once_and_ends_every_session() {
    let database = Database::create(ACCOUNTS).await;
    give_keys(&database).await;
    offer(&database, "one").await;
    offer(&database, "two").await;
    let replaced = open(&database, "may_reset(sha256('one'), null, 0)").await;
    assert_eq!(replaced, (410, Some("gone".to_owned())));
    assert_eq!(reset(&database, "one", "new", false).await, 410);
    let may = open(&database, "may_reset(sha256('two'), null, 0)").await;
    assert_eq!(may.0, 200);
    assert_eq!(reset(&database, "two", "new", false).await, 200);
    assert_eq!(reset(&database, "two", "newer", false).await, 410);
    assert_eq!(database.count(&ended()).await, 1);
    assert_eq!(live_keys(&database).await, 2);
    let hash = format!("select password_hash from account.\"user\" where id = {ANN}");
    assert_eq!(database.text(&hash).await, "new");

    offer(&database, "three").await;
    assert_eq!(reset(&database, "three", "x", true).await, 200);
    assert_eq!(live_keys(&database).await, 0);
    let filter = "20, null, null, 'password.reset'";
    let log: Value = database.ask(Who::Root, "list_audit", filter).await.body();
    assert_eq!(log["items"].as_array().unwrap().len(), 2);
    database.drop().await;
}

#[tokio::test]
async fn a_link_expires_and_strangers_cannot_try_many() {
    let database = Database::create(ACCOUNTS).await;
    offer(&database, "one").await;
    database
        .run("update account.password_reset set expires_at = now() - interval '1 s'")
        .await;
    assert_eq!(
        open(&database, "may_reset(sha256('one'), null, 0)").await.0,
        410
    );
    database.run("select account.sweep(10)").await;
    assert_eq!(database.count("account.password_reset").await, 0);
    let mut refused = 0;
    for guess in 0..25 {
        let call = format!("may_reset(sha256('{guess}'), '10.0.0.1', 20)");
        refused += i32::from(open(&database, &call).await.0 == 429);
    }
    assert!(refused >= 4, "{refused}");
    database.drop().await;
}

#[tokio::test]
async fn a_changed_password_and_revoking_all_end_tokens_and_keys_when_asked() {
    let database = Database::create(ACCOUNTS).await;
    give_keys(&database).await;
    let changed = database
        .ask(
            Who::Ann,
            "change_profile",
            "null, null, 'new', '', false, null",
        )
        .await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(
        (database.count(&ended()).await, live_keys(&database).await),
        (1, 2)
    );
    let changed = database
        .ask(
            Who::Ann,
            "change_profile",
            "null, null, 'newer', 'new', true, null",
        )
        .await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(live_keys(&database).await, 0);

    database.run("update account.api_key set revoked_at = null; update account.\"user\" set tokens_valid_after = '-infinity'").await;
    let revoked: Value = database
        .ask(Who::Ann, "revoke_all", "false, null")
        .await
        .body();
    assert_eq!(revoked["revoked_keys"], 0);
    assert_eq!(
        (database.count(&ended()).await, live_keys(&database).await),
        (1, 2)
    );
    let revoked: Value = database
        .ask(Who::Ann, "revoke_all", "true, null")
        .await
        .body();
    assert_eq!(revoked["revoked_keys"], 2);
    database.drop().await;
}
