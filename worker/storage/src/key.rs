//! The keys of results. The attempt's fencing token is part of the key, so an attempt that has been overtaken
//! writes beside the accepted result and never over it.

use uuid::Uuid;

/// Where all results lie.
pub(super) const RESULTS: &str = "results";

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

    /// The attempt that a key belongs to; none for keys of another making.
    pub(super) fn of_key(key: &str) -> Option<Self> {
        let mut parts = key.split('/');
        let (results, job, token) = (parts.next()?, parts.next()?, parts.next()?);
        let _file = parts.next()?;
        let job = Uuid::try_parse(job)
            .ok()
            .filter(|_| results == RESULTS && job.len() == 32)?;
        Some(Self {
            job,
            token: token.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_round_trip() {
        let job = Uuid::from_u128(0x0192_f0a1_b2c3_7d4e_8f90_a1b2_c3d4_e5f6);
        let attempt = ResultRef { job, token: 42 };
        let key = attempt.key("audio.wav");
        assert_eq!(key, "results/0192f0a1b2c37d4e8f90a1b2c3d4e5f6/42/audio.wav");
        assert_eq!(ResultRef::of_key(&key), Some(attempt));
    }

    #[test]
    fn other_keys_belong_to_no_attempt() {
        for key in [
            "",
            "results/x/1/a",
            "results/0192f0a1b2c37d4e8f90a1b2c3d4e5f6/1",
            "other/0192f0a1b2c37d4e8f90a1b2c3d4e5f6/1/a",
            "results/0192f0a1b2c37d4e8f90a1b2c3d4e5f6/one/a",
        ] {
            assert_eq!(ResultRef::of_key(key), None, "{key}");
        }
    }
}
