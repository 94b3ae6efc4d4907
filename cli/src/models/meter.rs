//! How far a download or an import is, on standard error: one line that is written over on a terminal, the end of each file
//! elsewhere.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_millis(250);

pub(super) struct Meter {
    label: String,
    started: Instant,
    /// Bytes that were there before the start.
    already: u64,
    shown: Option<Instant>,
    /// The end was shown, after which more may be written that is not counted.
    ended: bool,
    on_terminal: bool,
}

impl Meter {
    pub(super) fn new(label: &str, already: u64) -> Self {
        Self {
            label: label.to_owned(),
            started: Instant::now(),
            already,
            shown: None,
            ended: false,
            on_terminal: std::io::stderr().is_terminal(),
        }
    }

    pub(super) fn is_of(&self, label: &str) -> bool {
        self.label == label
    }

    pub(super) fn show(&mut self, done: u64, total: Option<u64>) {
        let ended = total == Some(done);
        let due = self.shown.is_none_or(|shown| shown.elapsed() >= EVERY);
        let wanted = ended || (self.on_terminal && due);
        if !wanted || self.ended {
            return;
        }
        self.ended = ended;
        self.shown = Some(Instant::now());
        let elapsed = self.started.elapsed().as_secs_f64();
        let line = line(
            &self.label,
            done,
            total,
            done.saturating_sub(self.already),
            elapsed,
        );
        let (begin, end) = if self.on_terminal {
            ("\r\x1b[2K", "")
        } else {
            ("", "\n")
        };
        let end = if ended { "\n" } else { end };
        let mut out = std::io::stderr().lock();
        // Nothing depends on whether somebody looks.
        let _ = write!(out, "{begin}{line}{end}").and_then(|()| out.flush());
    }
}

fn line(label: &str, done: u64, total: Option<u64>, moved: u64, elapsed: f64) -> String {
    let rate = moved as f64 / elapsed.max(1e-3);
    let of = total.map_or(String::new(), |total| format!(" of {}", size(total)));
    let speed = match moved {
        0 => String::new(),
        _ => format!(", {}/s", size(rate as u64)),
    };
    let left = match total {
        Some(total) if total > done && rate >= 1.0 => {
            format!(", {} left", duration((total - done) as f64 / rate))
        }
        _ => String::new(),
    };
    format!("{label}: {}{of}{speed}{left}", size(done))
}

/// In decimal units, as disks and networks are sold.
pub(super) fn size(bytes: u64) -> String {
    let (mut value, mut unit) = (bytes as f64, "B");
    for next in ["kB", "MB", "GB", "TB"] {
        if value < 999.5 {
            break;
        }
        (value, unit) = (value / 1000.0, next);
    }
    let digits = usize::from(unit != "B" && value < 99.95);
    format!("{value:.digits$} {unit}")
}

fn duration(seconds: f64) -> String {
    let seconds = seconds.ceil() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_rate_and_time_left() {
        let half = line(
            "model.pth",
            900_000_000,
            Some(1_867_858_599),
            800_000_000,
            100.0,
        );
        assert_eq!(
            half,
            "model.pth: 900 MB of 1.9 GB, 8.0 MB/s, 2 min 1 s left"
        );
        assert_eq!(line("a", 12, None, 0, 0.0), "a: 12 B");
        assert_eq!(
            line("a", 1000, Some(1000), 1000, 1.0),
            "a: 1.0 kB of 1.0 kB, 1.0 kB/s"
        );
    }

    #[test]
    fn sizes_and_durations_are_short() {
        assert_eq!(
            [0, 999, 1000, 99_960, 999_900].map(size),
            ["0 B", "999 B", "1.0 kB", "100 kB", "1.0 MB"]
        );
        assert_eq!(
            [0.2, 61.0, 7260.0].map(duration),
            ["1 s", "1 min 1 s", "2 h 1 min"]
        );
    }
}
