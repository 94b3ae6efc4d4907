//! `spin:postgres` through the host, against a real server.

use std::time::{Duration, Instant};

use crate::support::{Probe, database_url};
use tokio_postgres::NoTls;

async fn query(probe: &Probe, sql: &str) -> Vec<String> {
    let answer = probe.post("/pg/query", sql.to_owned()).await;
    answer.text().lines().map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn parameters_of_every_kind_come_back_the_same() {
    let probe = Probe::start().await;
    let answer = probe.get("/pg/parameters").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    for line in [
        "bool: DbValue::Boolean(true)",
        "int2: DbValue::Int16(-2)",
        "int4: DbValue::Int32(-4)",
        "int8: DbValue::Int64(1099511627776)",
        "float4: DbValue::Floating32(1.5)",
        "float8: DbValue::Floating64(-2.25)",
        "text: DbValue::Str(\"Kiskadee ✓\")",
        "bytea: DbValue::Binary([0, 255])",
        "date: DbValue::Date((2026, 11, 20))",
        "time: DbValue::Time((23, 59, 58, 123456000))",
        "timestamp: DbValue::Datetime((2026, 11, 20, 1, 2, 3, 4000))",
        "timestamptz: DbValue::Datetime((1999, 12, 31, 23, 59, 59, 0))",
        "timestamptz: DbValue::Datetime((2023, 11, 14, 22, 13, 20, 0))",
        "uuid: DbValue::Uuid(\"0190a6c2-f7d4-7c3e-8f1a-2b3c4d5e6f70\")",
        "numeric: DbValue::Decimal(\"-12345678901234567890.0123\")",
        "int4range: DbValue::RangeInt32((Some((1, RangeBoundKind::Inclusive)), Some((5, RangeBoundKind::Exclusive))))",
        "int8range: DbValue::RangeInt64((Some((1, RangeBoundKind::Inclusive)), None))",
        "numrange: DbValue::RangeDecimal((Some((\"1.5\", RangeBoundKind::Exclusive)), None))",
        "int4[]: DbValue::ArrayInt32([Some(1), None])",
        "int8[]: DbValue::ArrayInt64([Some(1099511627776), None])",
        "numeric[]: DbValue::ArrayDecimal([Some(\"0.10\"), None])",
        "text[]: DbValue::ArrayStr([Some(\"a\"), None])",
        "interval: DbValue::Interval(Interval { micros: 1, days: 2, months: 3 })",
        "text: DbValue::DbNull",
    ] {
        assert!(
            answer.text().lines().any(|seen| seen == line),
            "{line} is not in\n{}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn what_the_interface_lacks_is_named_and_handed_over_as_bytes() {
    let probe = Probe::start().await;
    let seen = query(&probe, "select '1.2.3.4'::inet as a, null::inet as b").await;
    assert_eq!(
        seen[..2],
        [
            "a: DbDataType::Other(\"inet\")",
            "b: DbDataType::Other(\"inet\")"
        ]
    );
    assert_eq!(
        seen[2..],
        [
            "DbValue::Unsupported([2, 32, 0, 4, 1, 2, 3, 4])",
            "DbValue::DbNull"
        ]
    );
}

#[tokio::test]
async fn errors_tell_what_postgres_said() {
    let probe = Probe::start().await;
    let text = query(&probe, "select 1/0").await.join("");
    assert!(
        text.contains("QueryFailed") && text.contains("22012") && text.contains("division by zero"),
        "{text}"
    );
    let text = query(&probe, "select nothing").await.join("");
    assert!(text.contains("42703"), "{text}");
    let text = query(&probe, "select 'infinity'::timestamptz")
        .await
        .join("");
    assert!(text.contains("ValueConversionFailed"), "{text}");
}

#[tokio::test]
async fn an_effect_is_counted() {
    let probe = Probe::start().await;
    let sql = "with gone as (select generate_series(1, 3)) select * from gone";
    assert_eq!(probe.post("/pg/execute", sql).await.text(), "3");
}

#[tokio::test]
async fn long_answers_are_streamed_and_may_be_left() {
    let probe = Probe::with(|config| config.limits.postgres_sessions = 2).await;
    assert_eq!(probe.get("/pg/rows?count=20000").await.text(), "200010000");
    for _ in 0..5 {
        assert_eq!(
            probe.get("/pg/first?count=1000000").await.text(),
            "Some(DbValue::Int32(1))"
        );
    }
    assert_eq!(probe.get("/pg/rows?count=10").await.text(), "55");
}

#[tokio::test]
async fn a_session_keeps_its_settings_for_its_connection_and_loses_them_after() {
    let probe = Probe::with(|config| config.limits.postgres_sessions = 1).await;
    assert!(
        probe
            .get("/pg/same")
            .await
            .text()
            .contains("probe-was-here")
    );
    let seen = query(&probe, "select current_setting('application_name')").await;
    assert_eq!(seen[1], "DbValue::Str(\"kiskadee-edge\")");
    assert_eq!(probe.post("/pg/execute", "begin").await.status, 200);
    let savepoint = probe.post("/pg/execute", "savepoint x").await;
    assert!(
        savepoint.text().contains("25P01"),
        "a transaction of another request went on: {}",
        savepoint.text()
    );
}

#[tokio::test]
async fn a_statement_survives_a_change_of_its_table() {
    let probe = Probe::with(|config| config.limits.postgres_sessions = 1).await;
    let table = format!("edge_probe_{}", std::process::id());
    let select = format!("select * from {table}");
    probe
        .post("/pg/execute", format!("create table {table} (a int)"))
        .await;
    assert_eq!(query(&probe, &select).await, ["a: DbDataType::Int32"]);
    probe
        .post("/pg/execute", format!("alter table {table} add b text"))
        .await;
    assert_eq!(
        query(&probe, &select).await,
        ["a: DbDataType::Int32", "b: DbDataType::Str"]
    );
    probe
        .post("/pg/execute", format!("drop table {table}"))
        .await;
}

#[tokio::test]
async fn only_the_hosts_of_the_manifest_are_reached() {
    let probe = Probe::start().await;
    let answer = probe
        .get("/pg/open?address=postgres://u:secret@127.0.0.1:1/x")
        .await;
    assert_eq!(answer.status, 503);
    assert!(
        answer.text().contains("not permitted") && !answer.text().contains("secret"),
        "{}",
        answer.text()
    );
    assert!(
        probe
            .get("/pg/open?address=host=/tmp%20user=u")
            .await
            .text()
            .contains("Unix")
    );
}

#[tokio::test]
async fn a_full_pool_answers_and_does_not_wait_for_ever() {
    let probe = Probe::with(|config| {
        config.limits.postgres_sessions = 1;
        config.limits.postgres_wait = Duration::from_millis(100);
    })
    .await;
    let (long, refused) =
        futures::future::join(probe.post("/pg/query", "select pg_sleep(1)"), async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            probe.get("/pg/status").await
        })
        .await;
    assert_eq!(long.status, 200);
    assert_eq!(refused.status, 503);
    assert!(refused.text().contains("in use"), "{}", refused.text());
}

#[tokio::test]
async fn an_abandoned_statement_is_cancelled_and_its_session_not_used_again() {
    let probe = Probe::with(|config| {
        config.limits.postgres_sessions = 1;
        config.limits.request = Duration::from_millis(300);
        config.limits.after_answer = Duration::from_millis(100);
    })
    .await;
    let begun = Instant::now();
    assert_eq!(
        probe.post("/pg/query", "select pg_sleep(60)").await.status,
        504
    );
    let mut status = probe.get("/pg/status").await;
    while status.status != 200 && begun.elapsed() < Duration::from_secs(10) {
        status = probe.get("/pg/status").await;
    }
    assert_eq!(status.status, 200, "{}", status.text());
}

#[tokio::test]
async fn cut_sessions_are_replaced() {
    let url = database_url();
    let named = format!(
        "{url}{}application_name=edge-cut",
        if url.contains('?') { '&' } else { '?' }
    );
    let probe =
        Probe::with(|config| drop(config.variables.insert("database_url".into(), named))).await;
    assert_eq!(probe.get("/pg/status").await.status, 200);
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'edge-cut'";
    client.execute(cut, &[]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(probe.get("/pg/status").await.status, 200);
}

#[tokio::test]
async fn a_server_that_is_away_is_told_at_once() {
    let probe = Probe::with(|config| {
        config
            .variables
            .insert("database_url".into(), "postgres://u@127.0.0.1:1/x".into());
        config
            .variables
            .insert("database_host".into(), "postgres://127.0.0.1:1".into());
    })
    .await;
    let begun = Instant::now();
    for _ in 0..20 {
        let answer = probe.get("/pg/status").await;
        assert_eq!(answer.status, 503, "{}", answer.text());
    }
    assert!(begun.elapsed() < Duration::from_secs(2));
}
