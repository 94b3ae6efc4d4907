//! The log of who did what.

use kiskadee_edge_testing::{Database, Who};
use serde_json::Value;

use crate::ACCOUNTS;

#[tokio::test]
async fn the_log_is_only_ever_added_to() {
    let database = Database::create(ACCOUNTS).await;
    database.ask(Who::Ann, "revoke_all", "false, null").await;
    for change in [
        "update account.audit set action = 'x'",
        "delete from account.audit",
        "truncate account.audit",
    ] {
        let refused = database.client.batch_execute(change).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "42501", "{change}");
    }
    for role in ["kiskadee_accounts", "kiskadee_worker"] {
        let read = format!("set role {role}; select from account.audit");
        assert!(
            database.client.batch_execute(&read).await.is_err(),
            "{role}"
        );
        database.run("reset role").await;
    }
    database.drop().await;
}

#[tokio::test]
async fn keys_and_secrets_leave_their_trace() {
    let database = Database::create(ACCOUNTS).await;
    let key = "'k', 'kk_', sha256('k'), null, null, '192.0.2.9'";
    let made: Value = database.ask(Who::Ann, "make_api_key", key).await.body();
    let id = made["id"].as_str().unwrap().replace("key_", "");
    for _ in 0..2 {
        database
            .ask(Who::Ann, "revoke_key", &format!("'{id}', null"))
            .await;
    }
    database
        .ask(Who::Ann, "renew_webhook_secret", "'whsec_x', null")
        .await;
    let log: Value = database
        .ask(
            Who::Root,
            "list_audit",
            "20, null, '00000000-0000-7000-8000-000000000001', null",
        )
        .await
        .body();
    let actions: Vec<_> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        actions,
        ["webhook_secret.rotated", "key.revoked", "key.made"]
    );
    assert_eq!(log["items"][2]["client"], "192.0.2.9");
    assert_eq!(log["items"][2]["detail"]["key_id"], made["id"]);
    assert!(!log.to_string().contains("whsec_x"));
    let page: Value = database
        .ask(Who::Root, "list_audit", "2, null, null, null")
        .await
        .body();
    let cursor = page["next_cursor"].as_str().unwrap().replace("audit_", "");
    let rest: Value = database
        .ask(
            Who::Root,
            "list_audit",
            &format!("2, '{cursor}', null, null"),
        )
        .await
        .body();
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    assert!(rest["next_cursor"].is_null());
    database.drop().await;
}

#[tokio::test]
async fn whole_months_go_when_they_are_old() {
    let database = Database::create(ACCOUNTS).await;
    database
        .run("create table account.audit_202401 partition of account.audit
                for values from (queue.uuid7_floor('2024-01-01Z')) to (queue.uuid7_floor('2024-02-01Z'));
              insert into account.audit (id, via, action) values (queue.uuid7('2024-01-15Z'), 'operator', 'user.changed');
              insert into account.audit (via, action) values ('operator', 'user.changed');
              set role kiskadee_worker; select account.rotate_audit(); reset role")
        .await;
    assert_eq!(database.count("account.audit").await, 1);
    database.drop().await;
}
