//! The files of `infra/prometheus` and `infra/grafana` parse, and name only metrics that the schema declares.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

const SCRAPE: &str = include_str!("../../../../infra/prometheus/prometheus.yml");
const ALERTS: &str = include_str!("../../../../infra/prometheus/alerts.yml");
const DASHBOARD: &str = include_str!("../../../../infra/grafana/kiskadee.json");
/// Where SQL lies.
const SCHEMA: [&str; 2] = ["migrations", "functions"];
const DECLARATION: &str = "insert into telemetry.metric";

/// What Prometheus itself adds.
const OF_PROMETHEUS: [&str; 1] = ["up"];
const OF_HISTOGRAMS: [&str; 3] = ["_bucket", "_sum", "_count"];

fn declared() -> BTreeSet<String> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let files = SCHEMA
        .iter()
        .flat_map(|folder| sql_files(&shared.join(folder)));
    files
        .flat_map(|file| declared_in(&fs::read_to_string(file).unwrap()))
        .collect()
}

fn sql_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sql_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            files.push(path);
        }
    }
    files
}

/// The names in each `insert into telemetry.metric`: `('name', 'kind', …`.
fn declared_in(text: &str) -> Vec<String> {
    let declarations = text.split(DECLARATION).skip(1);
    declarations
        .flat_map(|rest| rest.split_once(';').unwrap().0.lines())
        .filter_map(|line| line.trim().strip_prefix("('"))
        .map(|row| row.split_once('\'').unwrap().0.to_owned())
        .collect()
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
        assert!(DASHBOARD.contains(&metric), "`{metric}` is on no panel");
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
