//! The states that callers see.

use crate::text_enum::text_enum;

text_enum! {
    /// Where a job stands. A job that waits for its next attempt is queued.
    JobState {
        /// Waits for a worker, or for its time.
        Queued = "queued",
        /// A worker holds its lease.
        Running = "running",
        /// Its result is there.
        Completed = "completed",
        /// It will not be tried again.
        Failed = "failed",
        /// It was cancelled before it completed.
        Cancelled = "cancelled",
        /// It had not begun by the time that it named.
        Expired = "expired",
    }
}

impl JobState {
    /// Nothing changes a job in such a state any more, but a redrive.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Failed | Self::Cancelled | Self::Expired
        )
    }
}

text_enum! {
    /// Where a batch stands. It is completed only when its archive can be downloaded.
    BatchState {
        /// None of its jobs has started.
        Queued = "queued",
        /// Some have ended, or run, or the archive is being made.
        Processing = "processing",
        /// Every job completed.
        Completed = "completed",
        /// Some jobs completed, the others are told in the archive.
        CompletedWithErrors = "completed_with_errors",
        /// No job completed.
        Failed = "failed",
        /// It was cancelled.
        Cancelled = "cancelled",
    }
}

impl BatchState {
    /// The batch will not change any more.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Processing)
    }
}

text_enum! {
    /// Where the delivery of a webhook message stands.
    DeliveryState {
        /// It will be tried, for the first time or again.
        Pending = "pending",
        /// The receiver answered with success.
        Delivered = "delivered",
        /// It is not tried any more; the owner can replay it.
        Parked = "parked",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn final_states() {
        let jobs: Vec<_> = JobState::ALL
            .iter()
            .filter(|state| state.is_final())
            .map(|state| state.as_str())
            .collect();
        assert_eq!(jobs, ["completed", "failed", "cancelled", "expired"]);
        let batches: Vec<_> = BatchState::ALL
            .iter()
            .filter(|state| !state.is_final())
            .map(|state| state.as_str())
            .collect();
        assert_eq!(batches, ["queued", "processing"]);
    }
}
