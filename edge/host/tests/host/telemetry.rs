//! Counts, metrics and health of the host itself.

use std::time::{Duration, Instant};

use crate::support::{Probe, database_url, send};
use bytes::Bytes;
use http::Request;
use kiskadee_edge_host::SecretSource;
use tokio_postgres::{Client, NoTls};

/// A database with a `telemetry.record` that keeps what it gets.
async fn database(name: &str) -> (String, Client) {
    let server = connect(&database_url()).await;
    let name = format!("{name}_{}", std::process::id());
    server
        .batch_execute(&format!("drop database if exists {name}"))
        .await
        .unwrap();
    server
        .batch_execute(&format!("create database {name}"))
        .await
        .unwrap();
    let mut url = url::Url::parse(&database_url()).unwrap();
    url.set_path(&name);
    (url.to_string(), connect(url.as_str()).await)
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn define(client: &Client) {
    let sql = "create schema telemetry; create table telemetry.got (sample jsonb);
        create function telemetry.record(p jsonb) returns int language sql as $$
          insert into telemetry.got select jsonb_array_elements(p); select 1 $$";
    client.batch_execute(sql).await.unwrap();
}

async fn counted(client: &Client, endpoint: &str) -> f64 {
    let sql = "select coalesce(sum((sample ->> 'value')::float8), 0)::float8 from telemetry.got
        where sample ->> 'name' = 'http_requests_total' and sample -> 'labels' ->> 'endpoint' = $1
        and sample -> 'labels' ->> 'status' = '200' and sample -> 'labels' ->> 'method' = 'GET'";
    client.query_one(sql, &[&endpoint]).await.unwrap().get(0)
}

#[tokio::test]
async fn counts_reach_the_database_and_none_is_lost_while_it_is_away() {
    let (url, client) = database("edge_telemetry").await;
    let probe = Probe::with(|config| {
        config.telemetry_database_url = Some(SecretSource::value("TELEMETRY", url));
    })
    .await;
    for _ in 0..3 {
        probe.get("/hello").await;
    }
    // The function does not exist yet: the first delivery fails, and what it held comes later.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    define(&client).await;
    let begun = Instant::now();
    while counted(&client, "/hello").await < 3.0 && begun.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    probe.get("/hello").await;
    assert!(probe.stop(Duration::from_secs(5)).await);
    assert!(
        (counted(&client, "/hello").await - 4.0).abs() < f64::EPSILON,
        "the last request was not counted"
    );
    let histograms: i64 = client
        .query_one(
            "select sum((sample ->> 'count')::int8)::int8 from telemetry.got where sample ->> 'name' = 'api_latency_seconds'",
            &[],
        )
        .await
        .unwrap()
        .get(0);
    assert_eq!(histograms, 4);
}

#[tokio::test]
async fn an_edge_is_in_the_database_for_as_long_as_it_runs() {
    let (url, client) = database("edge_presence").await;
    let sql = "create schema kiskadee; create table kiskadee.edge (id uuid primary key, host text, version text);
        create function kiskadee.note_edge(uuid, text, text) returns void language sql as
          'insert into kiskadee.edge values ($1, $2, $3) on conflict do nothing';
        create function kiskadee.forget_edge(uuid) returns void language sql as
          'delete from kiskadee.edge where id = $1'";
    client.batch_execute(sql).await.unwrap();
    let there = async || -> i64 {
        let sql = "select count(*) from kiskadee.edge where host <> '' and version like '_%._%'";
        client.query_one(sql, &[]).await.unwrap().get(0)
    };
    let probe = Probe::with(|config| {
        config.telemetry_database_url = Some(SecretSource::value("TELEMETRY", url));
    })
    .await;
    let begun = Instant::now();
    while there().await != 1 && begun.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(there().await, 1);
    assert!(probe.stop(Duration::from_secs(5)).await);
    assert_eq!(there().await, 0);
}

#[tokio::test]
async fn the_metrics_of_the_process_are_served_apart() {
    let probe =
        Probe::with(|config| config.metrics_listen = Some("127.0.0.1:0".parse().unwrap())).await;
    probe.get("/pg/status").await;
    let address = probe
        .host
        .as_ref()
        .unwrap()
        .metrics_addr()
        .unwrap()
        .to_string();
    let page = send(&address, Request::get("/metrics"), Bytes::new()).await;
    for line in [
        "kiskadee_edge_requests_in_flight 0",
        "kiskadee_edge_instances{component=\"probe\"} 1",
        "kiskadee_edge_instance_breaks_total{component=\"probe\"} 0",
        concat!(
            "kiskadee_edge_build_info{version=\"",
            env!("CARGO_PKG_VERSION"),
            "\"} 1"
        ),
        "# TYPE process_cpu_seconds_total counter",
        "# TYPE process_resident_memory_bytes gauge",
        "# TYPE process_open_fds gauge",
        "kiskadee_edge_postgres_sessions{component=\"probe\",state=\"idle\"} 1",
        "kiskadee_edge_http_requests_total{method=\"GET\",endpoint=\"/pg/status\",status=\"200\"} 1",
        "kiskadee_edge_latency_seconds_bucket{method=\"GET\",endpoint=\"/pg/status\",le=\"+Inf\"} 1",
    ] {
        assert!(
            page.text().lines().any(|seen| seen == line),
            "{line} is not in\n{}",
            page.text()
        );
    }
    assert_eq!(
        send(&address, Request::get("/"), Bytes::new()).await.status,
        404
    );
}
