//! Ctrl-C and SIGTERM: the first asks for an orderly stop, the second for a quick one.

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Both tokens may be cloned and waited for anywhere.
#[derive(Clone, Default)]
pub(crate) struct Stop {
    pub(crate) orderly: CancellationToken,
    pub(crate) quick: CancellationToken,
}

impl Stop {
    /// Must be called inside a runtime; from then on the signals no longer end the process.
    pub(crate) fn on_signals() -> Result<Self> {
        let stop = Self::default();
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?;
        let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
        let asked = stop.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                asked.ask();
            }
        });
        Ok(stop)
    }

    pub(crate) fn ask(&self) {
        if self.orderly.is_cancelled() {
            self.quick.cancel();
        }
        self.orderly.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_request_hurries() {
        let stop = Stop::default();
        stop.ask();
        assert!(stop.orderly.is_cancelled() && !stop.quick.is_cancelled());
        stop.ask();
        assert!(stop.quick.is_cancelled());
    }
}
