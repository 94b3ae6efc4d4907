//! A speaker's moments as bytes that outlive the program: what a matched voice is kept as, and what a recording is brought to.

use serde::{Deserialize, Serialize};

use super::Moments;
use crate::MEL_CEPSTRUM;

/// Of the layout and of what its values mean.
const VERSION: u32 = 2;
/// Values of ln f0 that an analysis can have given (40 to 600 Hz).
const LOG_PITCHES: std::ops::RangeInclusive<f32> = 3.68..=6.4;
/// No mean nor deviation of a voice's cepstrum is larger.
const LARGEST: f32 = 40.0;

/// The moments of a speaker, as JSON with a version: 6 to 9 kB.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    version: u32,
    moments: Moments,
}

#[derive(Debug, thiserror::Error)]
pub enum UnreadableProfile {
    #[error("it is no profile of a speaker: {0}")]
    Json(#[from] serde_json::Error),
    #[error("it has version {0}, not {VERSION}")]
    Version(u32),
    #[error("its {0} is none of a voice")]
    Value(&'static str),
}

impl Profile {
    pub fn new(moments: Moments) -> Self {
        Self {
            version: VERSION,
            moments,
        }
    }

    pub fn moments(&self) -> &Moments {
        &self.moments
    }

    pub fn to_bytes(&self) -> Result<Vec<u8>, UnreadableProfile> {
        Ok(serde_json::to_vec(self)?)
    }

    /// Profiles of the first version are brought to this one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, UnreadableProfile> {
        let mut profile: Self = serde_json::from_slice(bytes)?;
        match profile.version {
            VERSION => {}
            // Analysis heard more noise in voices then. On speech of five voices the mean strengths of now are the square roots of those, with
            // a deviation of 0.03.
            1 => profile.moments.strengths = profile.moments.strengths.map(|s| s.max(0.0).sqrt()),
            other => return Err(UnreadableProfile::Version(other)),
        }
        profile.version = VERSION;
        check(&profile.moments)?;
        Ok(profile)
    }
}

fn check(moments: &Moments) -> Result<(), UnreadableProfile> {
    let sound = |value: &f32| value.is_finite() && value.abs() <= LARGEST;
    let covariance = moments.covariance.as_flattened();
    let limit = |value: &f32| value.is_finite() && value.abs() <= LARGEST * LARGEST;
    let is_variance = |order: usize| moments.covariance[order][order] >= 0.0;
    let faults = [
        ("mean", !moments.mean.iter().all(sound)),
        ("covariance", !covariance.iter().all(limit)),
        ("variance", !(0..MEL_CEPSTRUM).all(is_variance)),
        ("pitch", !LOG_PITCHES.contains(&moments.log_pitch)),
        ("melody", !(0.0..=2.0).contains(&moments.melody)),
        (
            "strength",
            !moments.strengths.iter().all(|s| (0.0..=1.0).contains(s)),
        ),
    ];
    let fault = faults.into_iter().find(|(_, is_wrong)| *is_wrong);
    fault.map_or(Ok(()), |(what, _)| Err(UnreadableProfile::Value(what)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        Profile::new(Moments {
            mean: [0.25; MEL_CEPSTRUM],
            covariance: [[0.125; MEL_CEPSTRUM]; MEL_CEPSTRUM],
            log_pitch: 5.0,
            melody: 0.1,
            strengths: [0.64, 0.36, 0.25, 0.16, 0.0],
        })
    }

    #[test]
    fn a_profile_comes_back_as_it_was() {
        let bytes = profile().to_bytes().unwrap();
        assert!(bytes.len() < 10_000);
        assert_eq!(Profile::from_bytes(&bytes).unwrap(), profile());
    }

    #[test]
    fn the_first_version_is_understood_and_later_ones_are_refused() {
        let with_version = |version| {
            let bytes = Profile {
                version,
                ..profile()
            }
            .to_bytes()
            .unwrap();
            Profile::from_bytes(&bytes)
        };
        let old = with_version(1).unwrap();
        for (found, wanted) in old
            .moments()
            .strengths
            .into_iter()
            .zip([0.8, 0.6, 0.5, 0.4, 0.0])
        {
            assert!((found - wanted).abs() < 1e-6);
        }
        assert!(matches!(
            with_version(9),
            Err(UnreadableProfile::Version(9))
        ));
    }

    #[test]
    fn what_describes_no_voice_is_refused() {
        let refused = |change: fn(&mut Moments)| {
            let mut changed = profile();
            change(&mut changed.moments);
            Profile::from_bytes(&changed.to_bytes().unwrap())
                .unwrap_err()
                .to_string()
        };
        assert!(refused(|m| m.log_pitch = 0.0).contains("pitch"));
        assert!(refused(|m| m.mean[3] = 1e30).contains("mean"));
        assert!(refused(|m| m.covariance[4][4] = -1.0).contains("variance"));
        assert!(refused(|m| m.strengths[0] = 3.0).contains("strength"));
        assert!(matches!(
            Profile::from_bytes(b"{}"),
            Err(UnreadableProfile::Json(_))
        ));
    }
}
