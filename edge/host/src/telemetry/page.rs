//! This process' own metrics, as Prometheus text. The fleet's figures are at `/metrics` of the API.

use std::fmt::Write as _;

use kiskadee_shared::process;

use super::counts::{BOUNDS, Series};
use crate::serve::Service;

pub(super) fn text(service: &Service) -> String {
    let mut page = Page(String::new());
    page.head(
        "kiskadee_edge_requests_in_flight",
        "gauge",
        "Requests that run now.",
    );
    let (requests, streams) = service.in_flight();
    page.line("kiskadee_edge_requests_in_flight", "", requests as f64);
    page.head(
        "kiskadee_edge_streams",
        "gauge",
        "Answers under way that take long.",
    );
    page.line("kiskadee_edge_streams", "", streams as f64);
    components(&mut page, service);
    answered(&mut page, service);
    refused(&mut page, service);
    page.head(
        "kiskadee_edge_build_info",
        "gauge",
        "The version of this program.",
    );
    let version = concat!("version=\"", env!("CARGO_PKG_VERSION"), "\"");
    page.line("kiskadee_edge_build_info", version, 1.0);
    page.0 + &process::own_page()
}

fn refused(page: &mut Page, service: &Service) {
    page.head(
        "kiskadee_edge_admission_refused_total",
        "counter",
        "Requests that were refused for a bound of this process.",
    );
    for (limit, count) in service.counts().refusals() {
        let labels = format!("limit=\"{limit}\"");
        page.line(
            "kiskadee_edge_admission_refused_total",
            &labels,
            count as f64,
        );
    }
    page.head(
        "kiskadee_edge_instance_breaks_total",
        "counter",
        "Instances that broke, computed for too long or could not be made, and were discarded.",
    );
    for component in service.components() {
        let labels = format!("component=\"{}\"", component.name());
        page.line(
            "kiskadee_edge_instance_breaks_total",
            &labels,
            component.breaks() as f64,
        );
    }
}

fn components(page: &mut Page, service: &Service) {
    page.head(
        "kiskadee_edge_instances",
        "gauge",
        "Instances of a component.",
    );
    for component in service.components() {
        let labels = format!("component=\"{}\"", component.name());
        page.line(
            "kiskadee_edge_instances",
            &labels,
            component.live_instances() as f64,
        );
    }
    page.head(
        "kiskadee_edge_postgres_sessions",
        "gauge",
        "Sessions with Postgres, by what they do, and requests that wait for one.",
    );
    for component in service.components() {
        let status = component.pools().status();
        let in_use = status.sessions.saturating_sub(status.idle);
        for (state, count) in [
            ("idle", status.idle),
            ("used", in_use),
            ("awaited", status.waiting),
        ] {
            let labels = format!("component=\"{}\",state=\"{state}\"", component.name());
            page.line("kiskadee_edge_postgres_sessions", &labels, count as f64);
        }
    }
}

fn answered(page: &mut Page, service: &Service) {
    let mut times = Page(String::new());
    page.head(
        "kiskadee_edge_http_requests_total",
        "counter",
        "Requests answered.",
    );
    times.head(
        "kiskadee_edge_latency_seconds",
        "histogram",
        "Time from a request to the head of its answer.",
    );
    service.counts().each(|endpoint, method, series| {
        let labels = format!("method=\"{method}\",endpoint=\"{}\"", escaped(endpoint));
        for (status, count) in &series.by_status {
            let labels = format!("{labels},status=\"{status}\"");
            page.line("kiskadee_edge_http_requests_total", &labels, *count as f64);
        }
        histogram(&mut times, &labels, series);
    });
    page.0.push_str(&times.0);
}

fn histogram(page: &mut Page, labels: &str, series: &Series) {
    let mut sum = 0;
    let bounds = BOUNDS
        .iter()
        .map(ToString::to_string)
        .chain(["+Inf".to_owned()]);
    for (bound, count) in bounds.zip(series.times.buckets) {
        sum += count;
        page.line(
            "kiskadee_edge_latency_seconds_bucket",
            &format!("{labels},le=\"{bound}\""),
            sum as f64,
        );
    }
    page.line(
        "kiskadee_edge_latency_seconds_sum",
        labels,
        series.times.sum,
    );
    page.line(
        "kiskadee_edge_latency_seconds_count",
        labels,
        series.times.count as f64,
    );
}

fn escaped(label: &str) -> String {
    label
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &str, value: f64) {
        let _ = match labels {
            "" => writeln!(self.0, "{name} {value}"),
            _ => writeln!(self.0, "{name}{{{labels}}} {value}"),
        };
    }
}
