//! Requests and their times, added up between two flushes.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{endpoint::OTHER, sizes::Sizes};

/// Upper bounds of `api_latency_seconds`, in seconds.
pub(crate) const BOUNDS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// Samples in one flush; the database takes no more in one call.
const MAX_SAMPLES: usize = 1500;

/// Observed times of one method and endpoint.
#[derive(Debug, Clone, Default)]
pub(crate) struct Times {
    /// Values in each bucket alone, the last one without a bound.
    pub(crate) buckets: [u64; BOUNDS.len() + 1],
    pub(crate) sum: f64,
    pub(crate) count: u64,
}

/// What one method of an endpoint has seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Series {
    pub(crate) by_status: HashMap<u16, u64>,
    pub(crate) times: Times,
}

type ByEndpoint = HashMap<String, HashMap<&'static str, Series>>;

/// What was counted in some time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    endpoints: ByEndpoint,
    /// Requests that the host refused for one of its bounds, by the bound.
    refused: HashMap<String, u64>,
    pub(crate) request_sizes: Sizes,
    pub(crate) response_sizes: Sizes,
}

/// Counts since the start, and those not yet flushed.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    total: Mutex<Seen>,
    fresh: Mutex<Seen>,
}

/// Counts on their way to the database.
#[derive(Debug, Default)]
pub(crate) struct Delta(Seen);

/// The bytes of two bodies, where they are known before they have been sent.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bytes {
    pub(crate) request: Option<u64>,
    pub(crate) response: Option<u64>,
}

impl Counts {
    /// Counts an answered request by the label of its endpoint.
    pub(crate) fn record(&self, method: &Method, label: &str, status: StatusCode, took: Duration) {
        let method = method_name(method);
        self.both(|seen| series(&mut seen.endpoints, label, method).add(status, took));
    }

    /// Counts the sizes of a request's bodies.
    pub(crate) fn record_sizes(&self, bytes: Bytes) {
        self.both(|seen| {
            if let Some(bytes) = bytes.request {
                seen.request_sizes.add(bytes);
            }
            if let Some(bytes) = bytes.response {
                seen.response_sizes.add(bytes);
            }
        });
    }

    /// Counts a request that was refused for a bound of the host.
    pub(crate) fn record_refusal(&self, limit: &str) {
        self.both(|seen| *seen.refused.entry(limit.to_owned()).or_default() += 1);
    }

    fn both(&self, mut count: impl FnMut(&mut Seen)) {
        for seen in [&self.total, &self.fresh] {
            count(&mut seen.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// What has come together since the last time.
    pub(crate) fn take(&self) -> Delta {
        Delta(std::mem::take(
            &mut *self.fresh.lock().unwrap_or_else(PoisonError::into_inner),
        ))
    }

    /// Puts back what could not be delivered; it goes with the next delivery.
    pub(crate) fn give_back(&self, delta: Delta) {
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        let given = delta.0;
        for (endpoint, methods) in given.endpoints {
            for (method, given) in methods {
                series(&mut fresh.endpoints, &endpoint, method).merge(&given);
            }
        }
        for (limit, count) in given.refused {
            *fresh.refused.entry(limit).or_default() += count;
        }
        fresh.request_sizes.merge(&given.request_sizes);
        fresh.response_sizes.merge(&given.response_sizes);
    }

    /// Everything since the start, by endpoint and method.
    pub(crate) fn each(&self, mut visit: impl FnMut(&str, &str, &Series)) {
        let total = self.total.lock().unwrap_or_else(PoisonError::into_inner);
        for (endpoint, methods) in &total.endpoints {
            for (method, series) in methods {
                visit(endpoint, method, series);
            }
        }
    }

    /// Refusals since the start, by the bound.
    pub(crate) fn refusals(&self) -> HashMap<String, u64> {
        let total = self.total.lock().unwrap_or_else(PoisonError::into_inner);
        total.refused.clone()
    }
}

fn series<'a>(counts: &'a mut ByEndpoint, endpoint: &str, method: &'static str) -> &'a mut Series {
    counts
        .entry(endpoint.to_owned())
        .or_default()
        .entry(method)
        .or_default()
}

/// A method is the client's word, too: unknown ones are one.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => OTHER,
    }
}

impl Series {
    fn add(&mut self, status: StatusCode, took: Duration) {
        *self.by_status.entry(status.as_u16()).or_default() += 1;
        let seconds = took.as_secs_f64();
        let place = BOUNDS
            .iter()
            .position(|bound| seconds <= *bound)
            .unwrap_or(BOUNDS.len());
        if let Some(bucket) = self.times.buckets.get_mut(place) {
            *bucket += 1;
        }
        self.times.sum += seconds;
        self.times.count += 1;
    }

    fn merge(&mut self, other: &Self) {
        for (status, count) in &other.by_status {
            *self.by_status.entry(*status).or_default() += count;
        }
        for (bucket, more) in self.times.buckets.iter_mut().zip(other.times.buckets) {
            *bucket += more;
        }
        self.times.sum += other.times.sum;
        self.times.count += other.times.count;
    }
}

impl Delta {
    pub(crate) fn is_empty(&self) -> bool {
        let seen = &self.0;
        seen.endpoints.is_empty() && seen.refused.is_empty() && seen.request_sizes.count == 0
    }

    /// What is not by endpoint.
    fn other_samples(&self) -> impl Iterator<Item = Value> {
        let seen = &self.0;
        let refused = seen.refused.iter().map(|(limit, count)| {
            json!({"name": "http_admission_refused_total", "labels": {"reason": limit}, "value": count})
        });
        let sizes = [
            seen.request_sizes.sample("http_request_size_bytes"),
            seen.response_sizes.sample("http_response_size_bytes"),
        ];
        refused.chain(sizes.into_iter().flatten())
    }

    /// The samples as `telemetry.record` takes them, in parts that it accepts.
    pub(crate) fn samples(&self) -> Vec<Value> {
        let mut samples: Vec<Value> = self.other_samples().collect();
        for (endpoint, methods) in &self.0.endpoints {
            for (method, series) in methods {
                samples.extend(series.by_status.iter().map(|(status, count)| {
                    let labels = json!({"method": method, "endpoint": endpoint, "status": status.to_string()});
                    json!({"name": "http_requests_total", "labels": labels, "value": count})
                }));
                samples.push(series.times.sample(method, endpoint));
            }
        }
        samples
            .chunks(MAX_SAMPLES)
            .map(|part| Value::Array(part.to_vec()))
            .collect()
    }
}

impl Times {
    fn sample(&self, method: &str, endpoint: &str) -> Value {
        let buckets: Vec<_> = BOUNDS
            .iter()
            .zip(self.buckets)
            .filter(|(_, count)| *count > 0)
            .map(|(bound, count)| json!([bound, count]))
            .collect();
        json!({
            "name": "api_latency_seconds",
            "labels": {"method": method, "endpoint": endpoint},
            "buckets": buckets,
            "sum": self.sum,
            "count": self.count,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(counts: &Counts, label: &str, status: StatusCode) {
        counts.record(&Method::GET, label, status, Duration::from_millis(3));
    }

    #[test]
    fn what_is_given_back_is_delivered_later() {
        let counts = Counts::default();
        record(&counts, "/a", StatusCode::OK);
        let delta = counts.take();
        record(&counts, "/a", StatusCode::OK);
        counts.give_back(delta);
        let parts = counts.take().samples();
        let samples = parts[0].as_array().unwrap();
        assert_eq!(samples.len(), 2);
        assert_eq!(samples[0]["value"], 2);
        assert_eq!(samples[1]["buckets"], json!([[0.005, 2]]));
        assert_eq!(samples[1]["count"], 2);
        assert!(counts.take().is_empty());
    }

    #[test]
    fn sizes_and_refusals_are_given_back_as_well() {
        let counts = Counts::default();
        let bytes = Bytes {
            request: Some(10),
            response: Some(300),
        };
        counts.record_sizes(bytes);
        counts.record_refusal("streams_of_one_address");
        let delta = counts.take();
        counts.record_sizes(bytes);
        counts.record_refusal("streams_of_one_address");
        counts.give_back(delta);
        let parts = counts.take().samples();
        let samples = parts[0].as_array().unwrap();
        assert_eq!(samples[0]["value"], 2, "{samples:?}");
        assert_eq!(samples[0]["labels"]["reason"], "streams_of_one_address");
        assert_eq!(samples[1]["buckets"], json!([[256.0, 2]]));
        assert_eq!(samples[2]["sum"], 600.0);
        assert_eq!(counts.refusals()["streams_of_one_address"], 2);
    }
}
