//! The files of `infra/prometheus` and `infra/grafana` parse, and name only metrics that the migrations declare.

use std::collections::BTreeSet;

use serde_json::Value;

const SCRAPE: &str = include_str!("../../../../infra/prometheus/prometheus.yml");
const ALERTS: &str = include_str!("../../../../infra/prometheus/alerts.yml");
const DASHBOARD: &str = include_str!("../../../../infra/grafana/kiskadee.json");
const MIGRATIONS: [&str; 2] = [
    include_str!("../../../../shared/migrations/0050_telemetry.sql"),
    include_str!("../../../../shared/migrations/0079_speech_engine_metrics.sql"),
];

/// What Prometheus itself adds.
const OF_PROMETHEUS: [&str; 1] = ["up"];
const OF_HISTOGRAMS: [&str; 3] = ["_bucket", "_sum", "_count"];

fn declared() -> BTreeSet<&'static str> {
    MIGRATIONS.into_iter().flat_map(declared_in).collect()
}

/// The names in the `insert into telemetry.metric`: `('name', 'kind', …`.
fn declared_in(migration: &'static str) -> Vec<&'static str> {
    let values = migration
        .split_once("insert into telemetry.metric")
        .unwrap()
        .1
        .split_once(';')
        .unwrap()
        .0;
    let rows = values
        .lines()
        .filter_map(|line| line.trim().strip_prefix("('"));
    rows.map(|row| row.split_once('\'').unwrap().0).collect()
}

/// The words of an expression that can only be metrics: what stands before `{`, `[`, a comparison or the end, and has no `(`.
fn metrics_of(expression: &str) -> BTreeSet<String> {
    let mut outside_labels = String::new();
    let mut depth = 0_i32;
    for character in expression.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ if depth == 0 => outside_labels.push(character),
            _ => {}
        }
    }
    outside_labels
        .split(|character: char| !character.is_ascii_alphanumeric() && !"_$:".contains(character))
        .filter(|word| {
            word.contains('_') && !word.starts_with('$') && *word != "histogram_quantile"
        })
        .chain(
            outside_labels
                .split_whitespace()
                .filter(|word| OF_PROMETHEUS.contains(word)),
        )
        .map(str::to_owned)
        .collect()
}

fn is_declared(metric: &str) -> bool {
    let declared = declared();
    let base = OF_HISTOGRAMS
        .iter()
        .find_map(|suffix| metric.strip_suffix(suffix))
        .unwrap_or(metric);
    declared.contains(metric) || declared.contains(base) || OF_PROMETHEUS.contains(&metric)
}

fn expressions(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => {
            let own = members
                .get("expr")
                .and_then(Value::as_str)
                .map(str::to_owned);
            own.into_iter()
                .chain(members.values().flat_map(expressions))
                .collect()
        }
        Value::Array(items) => items.iter().flat_map(expressions).collect(),
        _ => Vec::new(),
    }
}

fn assert_names_only_declared(document: &Value, least: usize) {
    let found = expressions(document);
    assert!(found.len() >= least, "only {} expressions", found.len());
    for expression in found {
        let metrics = metrics_of(&expression);
        assert!(!metrics.is_empty(), "no metric in `{expression}`");
        for metric in metrics {
            assert!(
                is_declared(&metric),
                "`{metric}` is not declared: `{expression}`"
            );
        }
    }
}

#[test]
fn the_rules_name_declared_metrics_and_say_what_to_do() {
    let alerts: Value = serde_yaml_ng::from_str(ALERTS).unwrap();
    assert_names_only_declared(&alerts, 7);
    for rule in alerts["groups"][0]["rules"].as_array().unwrap() {
        for text in [
            &rule["alert"],
            &rule["labels"]["severity"],
            &rule["annotations"]["summary"],
            &rule["annotations"]["description"],
        ] {
            assert!(text.is_string(), "{rule}");
        }
    }
}

#[test]
fn the_scrape_configuration_loads_the_rules() {
    let scrape: Value = serde_yaml_ng::from_str(SCRAPE).unwrap();
    assert_eq!(scrape["rule_files"][0], "alerts.yml");
    assert_eq!(scrape["scrape_configs"][0]["job_name"], "kiskadee");
}

#[test]
fn the_dashboard_shows_every_declared_metric() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    assert_names_only_declared(&dashboard, 20);
    for metric in declared() {
        assert!(DASHBOARD.contains(metric), "`{metric}` is on no panel");
    }
}

#[test]
fn panels_have_their_own_ids_and_places() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let mut seen = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(seen.insert(panel["id"].as_u64().unwrap()), "{panel}");
        let place = &panel["gridPos"];
        assert!(
            place["x"].as_u64().unwrap() + place["w"].as_u64().unwrap() <= 24,
            "{panel}"
        );
    }
}
