//! The memory of every process, and how it grows.

use std::{collections::BTreeMap, time::Instant};

use anyhow::Result;
use kiskadee_tests::{System, process};

use super::name_of;

const MEBIBYTE: f64 = 1_048_576.0;
const HOUR: f64 = 3600.0;
/// What is allocated once and kept comes in the first part of the time.
const SETTLED_AFTER: f64 = 0.25;

/// Seconds since the start, and mebibytes.
type Sample = (f64, f64);

pub(crate) struct Footprint {
    begun: Instant,
    samples: BTreeMap<String, Vec<Sample>>,
}

impl Footprint {
    pub(crate) fn begin() -> Self {
        Self {
            begun: Instant::now(),
            samples: BTreeMap::new(),
        }
    }

    /// A worker that was started again is another process.
    pub(crate) fn look(&mut self, system: &System) -> Result<()> {
        self.add(
            "edge".to_owned(),
            process::resident_bytes(system.pid()).ok(),
        );
        for pid in system.worker_pids()? {
            if let Ok(name) = name_of(pid) {
                self.add(format!("{name} ({pid})"), process::resident_bytes(pid).ok());
            }
        }
        let server = system.postgres_pid()?;
        let backends = process::children(server, "postgres")?;
        let shares = backends.into_iter().chain([server]);
        let sum = shares.filter_map(|pid| process::proportional_bytes(pid).ok());
        self.add("postgres".to_owned(), Some(sum.sum()));
        Ok(())
    }

    /// None of a process that has ended since it was found.
    fn add(&mut self, name: String, bytes: Option<u64>) {
        if let Some(bytes) = bytes {
            let at = self.begun.elapsed().as_secs_f64();
            let samples = self.samples.entry(name).or_default();
            samples.push((at, bytes as f64 / MEBIBYTE));
        }
    }

    /// A line for each process that lived for most of the time.
    pub(crate) fn report(&self) -> Vec<String> {
        let looks = self.samples.values().filter_map(|samples| samples.last());
        let all = looks.map(|(at, _)| *at).fold(0.0, f64::max);
        let lasting = self
            .samples
            .iter()
            .filter(|(_, samples)| lifetime(samples) > 0.9 * all);
        let line = |(name, samples): (&String, &Vec<Sample>)| {
            let settled: Vec<Sample> = samples
                .iter()
                .copied()
                .filter(|(at, _)| *at > SETTLED_AFTER * all)
                .collect();
            let (first, last) = (mebibytes(settled.first()), mebibytes(settled.last()));
            let slope = slope(&settled) * HOUR;
            format!(
                "{name}: {first:.0} MiB after a quarter of the time, {last:.0} at the end, {slope:+.1} MiB an hour"
            )
        };
        lasting.map(line).collect()
    }
}

fn mebibytes(sample: Option<&Sample>) -> f64 {
    sample.map_or(0.0, |(_, mebibytes)| *mebibytes)
}

fn lifetime(samples: &[Sample]) -> f64 {
    match (samples.first(), samples.last()) {
        (Some((first, _)), Some((last, _))) => last - first,
        _ => 0.0,
    }
}

/// By least squares.
fn slope(samples: &[Sample]) -> f64 {
    let count = samples.len() as f64;
    let mean_x = samples.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = samples.iter().map(|(_, y)| y).sum::<f64>() / count;
    let covariance: f64 = samples
        .iter()
        .map(|(x, y)| (x - mean_x) * (y - mean_y))
        .sum();
    let variance: f64 = samples.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    covariance / variance
}
