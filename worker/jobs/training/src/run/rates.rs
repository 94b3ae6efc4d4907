//! What both engines tell of how they get on.

/// The last rates of a slice. Their median is told, so that a pause of the machine does not shake it.
#[derive(Debug)]
pub(super) struct Rates<const LAST: usize>(Vec<f64>);

impl<const LAST: usize> Rates<LAST> {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(LAST + 1))
    }

    /// The median with the latest one.
    pub(super) fn median_with(&mut self, latest: f64) -> f64 {
        self.0.push(latest);
        if self.0.len() > LAST {
            self.0.remove(0);
        }
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(latest)
    }
}

/// What the whole process has in memory in bytes, where the machine tells it.
pub(super) fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_does_not_shake_the_median() {
        let mut rates = Rates::<3>::new();
        let told = [4.0, 5.0, 0.1, 6.0, 7.0].map(|rate| rates.median_with(rate));
        assert!(told[2] > 3.9 && told[3] > 4.9 && told[4] > 5.9, "{told:?}");
    }
}
