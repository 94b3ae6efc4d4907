//! Users as administrators see and change them.

use kiskadee_edge_testing::{Database, Who};
use serde_json::{Value, json};

use crate::ACCOUNTS;

const ANN: &str = "'00000000-0000-7000-8000-000000000001'";
const ROOT: &str = "'00000000-0000-7000-8000-000000000003'";

async fn names(database: &Database, arguments: &str) -> Vec<String> {
    let page: Value = database
        .ask(Who::Root, "list_users", arguments)
        .await
        .body();
    let items = page["items"].as_array().unwrap();
    items
        .iter()
        .map(|user| user["username"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn users_are_listed_by_filters_and_pages() {
    let database = Database::create(ACCOUNTS).await;
    assert_eq!(
        names(&database, "20, null, null, null, null").await,
        ["root", "bob", "ann"]
    );
    assert_eq!(
        names(&database, "20, null, 'AN', null, null").await,
        ["ann"]
    );
    assert_eq!(
        names(&database, "20, null, null, 'admin', 'active'").await,
        ["root"]
    );
    assert!(
        names(&database, "20, null, '%', null, null")
            .await
            .is_empty()
    );
    let page: Value = database
        .ask(Who::Root, "list_users", "2, null, null, null, null")
        .await
        .body();
    let cursor = page["next_cursor"].as_str().unwrap().replace("user_", "");
    assert_eq!(
        names(&database, &format!("2, '{cursor}', null, null, null")).await,
        ["ann"]
    );
    for (function, arguments) in [
        ("list_users", "20, null, null, null, null".to_owned()),
        ("get_user", ANN.to_owned()),
        ("change_user", format!("{ANN}, '{{\"weight\": 9}}', null")),
        ("delete_user", format!("{ANN}, null")),
        ("offer_reset", format!("{ANN}, sha256('x'), null")),
        ("list_audit", "20, null, null, null".to_owned()),
    ] {
        let answer = database.ask(Who::Bob, function, &arguments).await;
        assert_eq!(answer.status, 403, "{function}: {answer:?}");
        let by = (ACCOUNTS, Who::Root, "{work:*,account:*}");
        let answer = database.ask_with_key(by, function, &arguments).await;
        assert_eq!(
            answer.code.as_deref(),
            Some("insufficient_scope"),
            "{function}: {answer:?}"
        );
    }
    database.drop().await;
}

#[tokio::test]
async fn what_is_changed_counts_at_once_and_is_written_down() {
    let database = Database::create(ACCOUNTS).await;
    let changes = r#"{"weight": 2.5, "queue_cap": 1000, "in_flight_cap": 50, "storage_quota": 9, "retention_days": 7, "disabled": true}"#;
    let change = format!("{ANN}, '{changes}', '192.0.2.1'");
    let user: Value = database.ask(Who::Root, "change_user", &change).await.body();
    assert_eq!(
        (
            &user["weight"],
            &user["queue_cap"],
            &user["in_flight_cap"],
            &user["status"]
        ),
        (&json!(2.5), &json!(1000), &json!(50), &json!("disabled"))
    );
    assert_eq!(database.ask(Who::Ann, "me", "").await.status, 401);
    assert_eq!(user["storage_quota"], 9);
    assert_eq!(user["retention_days"], 7);
    let back = format!("{ANN}, '{{\"disabled\": false, \"in_flight_cap\": null}}', null");
    let user: Value = database.ask(Who::Root, "change_user", &back).await.body();
    assert_eq!(
        (&user["status"], &user["in_flight_cap"]),
        (&json!("active"), &Value::Null)
    );
    assert_eq!(database.ask(Who::Ann, "me", "").await.status, 200);

    let log: Value = database
        .ask(Who::Root, "list_audit", "20, null, null, 'user.changed'")
        .await
        .body();
    let first = &log["items"][1];
    assert_eq!(first["client"], "192.0.2.1");
    assert_eq!(first["detail"]["weight"], 2.5);
    assert!(
        first["actor"].as_str().unwrap().ends_with('3')
            && first["subject"].as_str().unwrap().ends_with('1')
    );
    database.drop().await;
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let database = Database::create(ACCOUNTS).await;
    for changes in [r#"{"role": "user"}"#, r#"{"disabled": true}"#] {
        let answer = database
            .ask(
                Who::Root,
                "change_user",
                &format!("{ROOT}, '{changes}', null"),
            )
            .await;
        assert_eq!(answer.status, 422, "{answer:?}");
        assert!(
            answer.errors()[0]["message"]
                .as_str()
                .unwrap()
                .contains("last administrator")
        );
    }
    assert_eq!(
        database
            .ask(Who::Root, "delete_user", &format!("{ROOT}, null"))
            .await
            .status,
        409
    );
    let promoted = database
        .ask(
            Who::Root,
            "change_user",
            &format!("{ANN}, '{{\"role\": \"admin\"}}', null"),
        )
        .await;
    assert_eq!(promoted.status, 200);
    assert_eq!(
        database
            .ask(Who::Ann, "delete_user", &format!("{ROOT}, null"))
            .await
            .status,
        202
    );
    database.drop().await;
}

#[tokio::test]
async fn values_that_cannot_be_are_named() {
    let database = Database::create(ACCOUNTS).await;
    let changes = r#"{"role": "king", "weight": 0, "queue_cap": 0, "in_flight_cap": -1, "storage_quota": 0, "retention_days": 0}"#;
    let answer = database
        .ask(
            Who::Root,
            "change_user",
            &format!("{ANN}, '{changes}', null"),
        )
        .await;
    assert_eq!(answer.errors().as_array().unwrap().len(), 6, "{answer:?}");
    let nobody = database
        .ask(
            Who::Root,
            "change_user",
            "gen_random_uuid(), '{\"weight\": 1}', null",
        )
        .await;
    assert_eq!(nobody.status, 404);
    database.drop().await;
}
