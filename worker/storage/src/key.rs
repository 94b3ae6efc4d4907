//! The keys of results. The attempt's fencing token is part of the key, so an attempt that has been overtaken
//! writes beside the accepted result and never over it.

use uuid::Uuid;

/// Where all results lie.
const RESULTS: &str = "results";

/// The attempt that a result belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResultRef {
    pub job: Uuid,
    pub token: i64,
}

impl ResultRef {
    /// The key of a file of this attempt.
    pub fn key(self, file: &str) -> String {
        format!("{RESULTS}/{}/{}/{file}", self.job.simple(), self.token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_the_attempt() {
        let job = Uuid::from_u128(0x0192_f0a1_b2c3_7d4e_8f90_a1b2_c3d4_e5f6);
        let key = ResultRef { job, token: 42 }.key("audio.wav");
        assert_eq!(key, "results/0192f0a1b2c37d4e8f90a1b2c3d4e5f6/42/audio.wav");
    }
}
