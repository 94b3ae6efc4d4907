//! How a run is getting on: a line for people, and a JSON line for programs.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::TrainError;

/// Means over the steps since the last report.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Steps done.
    pub step: u64,
    pub steps: u64,
    pub total: f32,
    pub spectrum: f32,
    pub slope: f32,
    pub melody: f32,
    pub voicing: f32,
    pub duration: f32,
    pub gradient_norm: f32,
    pub learning_rate: f32,
    pub steps_per_second: f32,
    pub seconds_left: f32,
}

impl std::fmt::Display for Progress {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            step,
            steps,
            total,
            spectrum,
            slope,
            melody,
            voicing,
            duration,
            ..
        } = self;
        write!(
            out,
            "step {step}/{steps}  loss {total:.4}  spectrum {spectrum:.4}  slope {slope:.4}  melody {melody:.3}  \
             voicing {voicing:.3}  duration {duration:.3}  {:.1} steps/s  {:.0} s left",
            self.steps_per_second, self.seconds_left
        )
    }
}

/// Adds up steps until a report is due.
pub(super) struct Meter {
    since: Instant,
    count: u64,
    sums: Progress,
}

impl Meter {
    pub(super) fn new() -> Self {
        Self {
            since: Instant::now(),
            count: 0,
            sums: Progress::default(),
        }
    }

    pub(super) fn add(&mut self, step: &Progress) {
        let sums = &mut self.sums;
        self.count += 1;
        sums.total += step.total;
        sums.spectrum += step.spectrum;
        sums.slope += step.slope;
        sums.melody += step.melody;
        sums.voicing += step.voicing;
        sums.duration += step.duration;
        sums.gradient_norm += step.gradient_norm;
        (sums.step, sums.steps, sums.learning_rate) = (step.step, step.steps, step.learning_rate);
    }

    /// The means, and a fresh start.
    pub(super) fn report(&mut self) -> Progress {
        let Self { since, count, sums } = std::mem::replace(self, Self::new());
        let mean = |sum: f32| sum / count.max(1) as f32;
        let rate = count as f32 / since.elapsed().as_secs_f32().max(1e-6);
        Progress {
            total: mean(sums.total),
            spectrum: mean(sums.spectrum),
            slope: mean(sums.slope),
            melody: mean(sums.melody),
            voicing: mean(sums.voicing),
            duration: mean(sums.duration),
            gradient_norm: mean(sums.gradient_norm),
            steps_per_second: rate,
            seconds_left: (sums.steps - sums.step) as f32 / rate.max(1e-6),
            ..sums
        }
    }
}

/// The file that keeps the reports, a JSON object in each line.
pub(super) struct Log(File);

impl Log {
    pub(super) fn open(path: &Path) -> Result<Self, TrainError> {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map(Self)
            .map_err(TrainError::file(path))
    }

    pub(super) fn write(&mut self, progress: &Progress) -> Result<(), TrainError> {
        let line = serde_json::to_string(progress)
            .map_err(|error| TrainError::Options(error.to_string()))?;
        writeln!(self.0, "{line}").map_err(TrainError::file("the log"))
    }
}

/// The reports of a log; of those of the same step, which a resumed run repeats, the last.
pub fn read_log(path: &Path) -> Result<Vec<Progress>, TrainError> {
    let text = std::fs::read_to_string(path).map_err(TrainError::file(path))?;
    let mut reports: Vec<Progress> = Vec::new();
    for line in text.lines() {
        let report: Progress =
            serde_json::from_str(line).map_err(|error| TrainError::damaged(path, error))?;
        reports.retain(|earlier| earlier.step < report.step);
        reports.push(report);
    }
    Ok(reports)
}
