//! What an API key may be used for.

use kiskadee_edge_testing::{Answer, Database, SPEECH, Who};
use serde_json::{Value, json};

use crate::ACCOUNTS;

const JOBS: &str = "kiskadee_jobs";
const OPS: &str = "kiskadee_ops";
const UPLOADS: &str = "kiskadee_uploads";

fn lacks(answer: &Answer, scope: &str) -> bool {
    answer.status == 403
        && answer.code.as_deref() == Some("insufficient_scope")
        && answer
            .detail
            .as_deref()
            .unwrap_or_default()
            .contains(&format!("`{scope}`"))
}

async fn make_key(database: &Database, who: Who, scopes: &str) -> Answer {
    let arguments =
        format!("'k', 'kk_', sha256(gen_random_uuid()::text::bytea), null, {scopes}, null");
    database.ask(who, "make_api_key", &arguments).await
}

#[tokio::test]
async fn a_key_without_named_scopes_does_work_and_nothing_else() {
    let database = Database::create(ACCOUNTS).await;
    let made: Value = make_key(&database, Who::Ann, "null").await.body();
    assert_eq!(made["scopes"], json!(["work:*"]));

    let work = |role| (role, Who::Ann, "{work:*}");
    let speech = "test.items(1) -> 0, null, null, null, null";
    let said = database
        .ask_with_key(work(SPEECH), "create_speech", speech)
        .await;
    assert_eq!(said.status, 202, "{said:?}");
    for (role, function, arguments) in [
        (SPEECH, "list_voices", "20"),
        (JOBS, "list_jobs", "20"),
        (UPLOADS, "list_uploads", "20"),
        (ACCOUNTS, "list_deliveries", "null, null, null"),
        (ACCOUNTS, "me", ""),
    ] {
        let answer = database.ask_with_key(work(role), function, arguments).await;
        assert_eq!(answer.status, 200, "{function}: {answer:?}");
    }
    for (function, arguments, scope) in [
        ("webhook_secret", "'whsec_x'", "account:read"),
        ("rotate_webhook_secret", "'whsec_x'", "account:write"),
        ("list_api_keys", "null, null", "account:read"),
        ("revoke_api_key", "gen_random_uuid()", "account:write"),
        ("update_profile", "'A', null, null, null", "account:write"),
        ("password_hash", "", "account:write"),
    ] {
        let answer = database
            .ask_with_key(work(ACCOUNTS), function, arguments)
            .await;
        assert!(lacks(&answer, scope), "{function}: {answer:?}");
    }
    let answer = database
        .ask_with_key(work(OPS), "monitoring_queue", "")
        .await;
    assert!(lacks(&answer, "admin:read"), "{answer:?}");
    database.drop().await;
}

#[tokio::test]
async fn a_scope_is_held_to_its_family_and_to_reading_or_writing() {
    let database = Database::create(ACCOUNTS).await;
    let speech = "test.items(1) -> 0, null, null, null, null";
    for (scopes, reads, writes, reads_jobs) in [
        ("{speech:read}", true, false, false),
        ("{speech:write}", false, true, false),
        ("{speech:*}", true, true, false),
        ("{work:read}", true, false, true),
        ("{jobs:read,account:*}", false, false, true),
        ("{*}", true, true, true),
    ] {
        let by = |role| (role, Who::Ann, scopes);
        let read = database.ask_with_key(by(SPEECH), "list_voices", "20").await;
        let write = database
            .ask_with_key(by(SPEECH), "create_speech", speech)
            .await;
        let jobs = database.ask_with_key(by(JOBS), "list_jobs", "20").await;
        assert!(
            if reads {
                read.status == 200
            } else {
                lacks(&read, "speech:read")
            },
            "{scopes}: {read:?}"
        );
        assert!(
            if writes {
                write.status == 202
            } else {
                lacks(&write, "speech:write")
            },
            "{scopes}: {write:?}"
        );
        assert!(
            if reads_jobs {
                jobs.status == 200
            } else {
                lacks(&jobs, "jobs:read")
            },
            "{scopes}: {jobs:?}"
        );
    }
    database.drop().await;
}

/// Parts of uploads are counted as reading, for there are hundreds of them; they are writing.
#[tokio::test]
async fn bringing_parts_is_writing() {
    let database = Database::create(ACCOUNTS).await;
    let by = (UPLOADS, Who::Ann, "{uploads:read}");
    let answer = database
        .ask_with_key(by, "admit_part", "gen_random_uuid(), 1, 1")
        .await;
    assert!(lacks(&answer, "uploads:write"), "{answer:?}");
    database.drop().await;
}

#[tokio::test]
async fn an_administrators_key_for_work_sees_no_more_than_anybodys() {
    let database = Database::create(ACCOUNTS).await;
    let job = database.speech(Who::Ann).await;
    let arguments = format!("'{job}'");
    let see = |scopes| database.ask_with_key((JOBS, Who::Root, scopes), "get_job", &arguments);
    assert_eq!(see("{work:*}").await.status, 404);
    assert_eq!(see("{work:*,admin:write}").await.status, 404);
    assert_eq!(see("{work:*,admin:read}").await.status, 200);
    assert_eq!(see("{*}").await.status, 200);
    let cancel =
        |scopes| database.ask_with_key((JOBS, Who::Root, scopes), "cancel_job", &arguments);
    assert_eq!(cancel("{work:*,admin:read}").await.status, 404);
    assert_eq!(cancel("{work:*,admin:*}").await.status, 200);

    let monitoring =
        |who, scopes| database.ask_with_key((OPS, who, scopes), "monitoring_queue", "");
    assert_eq!(monitoring(Who::Root, "{admin:read}").await.status, 200);
    let answer = monitoring(Who::Ann, "{*}").await;
    assert_eq!(
        (answer.status, answer.code.as_deref()),
        (403, Some("forbidden"))
    );
    database.drop().await;
}

#[tokio::test]
async fn scopes_that_cannot_be_are_refused_one_by_one() {
    let database = Database::create(ACCOUNTS).await;
    let wrong = make_key(
        &database,
        Who::Ann,
        "'{speech:read,speach:read,speech,jobs:*,admin:read}'",
    )
    .await;
    assert_eq!(wrong.status, 422, "{wrong:?}");
    let errors = wrong.errors();
    let places: Vec<_> = errors
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["index"].clone())
        .collect();
    assert_eq!(places, [json!(1), json!(2), json!(4)], "{errors}");
    assert!(
        errors[0]["message"]
            .as_str()
            .unwrap()
            .contains("jobs, speech"),
        "{errors}"
    );
    let good = make_key(&database, Who::Root, "'{admin:read,*,admin:read}'").await;
    assert_eq!(good.body::<Value>()["scopes"], json!(["*", "admin:read"]));
    database.drop().await;
}

/// A login that is in the groups of two components, or of none, is taken for neither.
#[tokio::test]
async fn nothing_but_everything_is_enough_where_the_component_is_unknown() {
    let database = Database::create(ACCOUNTS).await;
    let by = |scopes| ("postgres", Who::Ann, scopes);
    let answer = database
        .ask_with_key(
            by("{work:*,account:*,admin:*}"),
            "list_api_keys",
            "null, null",
        )
        .await;
    assert!(lacks(&answer, "*"), "{answer:?}");
    assert_eq!(
        database
            .ask_with_key(by("{*}"), "list_api_keys", "null, null")
            .await
            .status,
        200
    );
    database.drop().await;
}
