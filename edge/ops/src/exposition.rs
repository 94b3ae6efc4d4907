//! Prometheus' text format, version 0.0.4, from what the database counted.

use std::{borrow::Cow, collections::BTreeMap, fmt::Write as _};

use serde::Deserialize;

/// The media type of the format.
pub(crate) const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A metric and its samples, as `api.metrics()` gives them.
#[derive(Debug, Deserialize)]
pub(crate) struct Family<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    kind: Kind,
    #[serde(borrow)]
    help: Cow<'a, str>,
    /// Upper bounds of a histogram's buckets, without the infinite one.
    bounds: Option<Vec<f64>>,
    #[serde(borrow)]
    samples: Vec<Sample<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

#[derive(Debug, Deserialize)]
struct Sample<'a> {
    #[serde(borrow)]
    labels: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    /// Of a histogram the sum of what was observed.
    value: f64,
    /// How many values fell in each bucket alone, the infinite one last.
    counts: Option<Vec<u64>>,
}

/// Writes all families.
pub(crate) fn write(families: &[Family<'_>]) -> String {
    let mut text = String::with_capacity(16 * 1024);
    for family in families {
        family.write(&mut text);
    }
    text
}

impl Family<'_> {
    fn write(&self, text: &mut String) {
        let kind = match self.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        line(
            text,
            format_args!("# HELP {} {}", self.name, escaped(&self.help, false)),
        );
        line(text, format_args!("# TYPE {} {kind}", self.name));
        for sample in &self.samples {
            match (&self.bounds, &sample.counts) {
                (Some(bounds), Some(counts)) => self.write_histogram(text, sample, bounds, counts),
                _ => line(
                    text,
                    format_args!("{}{} {}", self.name, sample.labels(None), sample.value),
                ),
            }
        }
    }

    fn write_histogram(
        &self,
        text: &mut String,
        sample: &Sample<'_>,
        bounds: &[f64],
        counts: &[u64],
    ) {
        let name = &self.name;
        let mut cumulative = 0;
        for (index, count) in counts.iter().enumerate() {
            cumulative += count;
            let bound = bounds
                .get(index)
                .map_or_else(|| "+Inf".to_owned(), f64::to_string);
            line(
                text,
                format_args!("{name}_bucket{} {cumulative}", sample.labels(Some(&bound))),
            );
        }
        line(
            text,
            format_args!("{name}_sum{} {}", sample.labels(None), sample.value),
        );
        line(
            text,
            format_args!("{name}_count{} {cumulative}", sample.labels(None)),
        );
    }
}

impl Sample<'_> {
    /// `{engine="xtts",le="0.5"}`, or nothing.
    fn labels(&self, bound: Option<&str>) -> String {
        let own = self.labels.iter().map(|(name, value)| (&**name, &**value));
        let pairs: Vec<String> = own
            .chain(bound.map(|bound| ("le", bound)))
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(value, true)))
            .collect();
        if pairs.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", pairs.join(","))
        }
    }
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{content}");
}

/// Backslashes and line ends are escaped everywhere, quotes only where they enclose the text.
fn escaped(text: &str, quoted: bool) -> Cow<'_, str> {
    if !text.contains(['\\', '\n', '"']) {
        return Cow::Borrowed(text);
    }
    let text = text.replace('\\', "\\\\").replace('\n', "\\n");
    Cow::Owned(if quoted {
        text.replace('"', "\\\"")
    } else {
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(json: &str) -> String {
        write(&serde_json::from_str::<Vec<Family<'_>>>(json).unwrap())
    }

    #[test]
    fn a_counter_has_its_labels_in_order() {
        let json = r#"[{"name": "http_requests_total", "kind": "counter", "help": "Requests.", "bounds": null, "samples": [
            {"labels": {"status": "200", "method": "GET"}, "value": 12, "counts": null},
            {"labels": {}, "value": 0.5, "counts": null}]}]"#;
        assert_eq!(
            written(json),
            "# HELP http_requests_total Requests.\n# TYPE http_requests_total counter\n\
             http_requests_total{method=\"GET\",status=\"200\"} 12\nhttp_requests_total 0.5\n"
        );
    }

    #[test]
    fn the_buckets_of_a_histogram_are_cumulative() {
        let json = r#"[{"name": "t", "kind": "histogram", "help": "T", "bounds": [0.005, 1], "samples": [
            {"labels": {"engine": "x"}, "value": 7.25, "counts": [2, 0, 3]}]}]"#;
        assert_eq!(
            written(json),
            "# HELP t T\n# TYPE t histogram\n\
             t_bucket{engine=\"x\",le=\"0.005\"} 2\nt_bucket{engine=\"x\",le=\"1\"} 2\nt_bucket{engine=\"x\",le=\"+Inf\"} 5\n\
             t_sum{engine=\"x\"} 7.25\nt_count{engine=\"x\"} 5\n"
        );
    }

    #[test]
    fn a_metric_without_samples_is_announced() {
        let json = r#"[{"name": "cache_hits_total", "kind": "counter", "help": "H", "bounds": null, "samples": []}]"#;
        assert_eq!(
            written(json),
            "# HELP cache_hits_total H\n# TYPE cache_hits_total counter\n"
        );
    }

    #[test]
    fn what_would_break_a_line_is_escaped() {
        let json = r#"[{"name": "g", "kind": "gauge", "help": "a \"b\"\nc\\d", "bounds": null, "samples": [
            {"labels": {"queue": "a\"b\\c\nd"}, "value": 1, "counts": null}]}]"#;
        assert_eq!(
            written(json),
            "# HELP g a \"b\"\\nc\\\\d\n# TYPE g gauge\ng{queue=\"a\\\"b\\\\c\\nd\"} 1\n"
        );
    }
}
