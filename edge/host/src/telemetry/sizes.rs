//! Sizes of bodies, added up between two flushes.

use serde_json::{Value, json};

/// Upper bounds, in bytes: a kibibyte, and four times as much each.
pub(crate) const SIZE_BOUNDS: [f64; 10] = [
    256.0,
    1024.0,
    4096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];

/// Observed sizes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sizes {
    /// Values in each bucket alone, the last one without a bound.
    pub(crate) buckets: [u64; SIZE_BOUNDS.len() + 1],
    pub(crate) sum: f64,
    pub(crate) count: u64,
}

impl Sizes {
    pub(crate) fn add(&mut self, bytes: u64) {
        let bytes = bytes as f64;
        let place = SIZE_BOUNDS.iter().position(|bound| bytes <= *bound);
        if let Some(bucket) = self.buckets.get_mut(place.unwrap_or(SIZE_BOUNDS.len())) {
            *bucket += 1;
        }
        self.sum += bytes;
        self.count += 1;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (bucket, more) in self.buckets.iter_mut().zip(other.buckets) {
            *bucket += more;
        }
        self.sum += other.sum;
        self.count += other.count;
    }

    /// As `telemetry.record` takes it; none without values.
    pub(crate) fn sample(&self, name: &str) -> Option<Value> {
        let buckets: Vec<_> = SIZE_BOUNDS
            .iter()
            .zip(self.buckets)
            .filter(|(_, count)| *count > 0)
            .map(|(bound, count)| json!([bound, count]))
            .collect();
        let sample = json!({"name": name, "labels": {}, "buckets": buckets, "sum": self.sum, "count": self.count});
        (self.count > 0).then_some(sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_go_into_their_buckets() {
        let mut sizes = Sizes::default();
        assert_eq!(sizes.sample("a"), None);
        for bytes in [0, 256, 257, 1 << 40] {
            sizes.add(bytes);
        }
        let mut twice = sizes.clone();
        twice.merge(&sizes);
        let sample = twice.sample("a").unwrap();
        assert_eq!(sample["buckets"], json!([[256.0, 4], [1024.0, 2]]));
        assert_eq!(sample["count"], 8);
    }
}
