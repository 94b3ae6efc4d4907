//! What the quality profiles mean for this engine.

use kiskadee_shared::quality::QualityProfile;

use super::protocol::Sampling;
use crate::engine::ProfileInfo;

/// Of the profile `fast`: a narrower choice, which strays less often and so needs fewer second takes.
const FAST_TEMPERATURE: f32 = 0.65;
const FAST_TOP_K: usize = 30;
/// Of `high` and `ultra`: unlikely codes are left out.
const HIGH_TOP_P: f32 = 0.8;

pub(super) fn infos() -> Vec<ProfileInfo> {
    let info = |name: &QualityProfile| ProfileInfo {
        name: *name,
        description: description(*name),
    };
    QualityProfile::ALL.iter().map(info).collect()
}

fn description(profile: QualityProfile) -> &'static str {
    match profile {
        QualityProfile::Fast => {
            "temperature 0.65 and top-k 30: steadier and plainer; checked, with one second take where needed"
        }
        QualityProfile::Balanced => {
            "sampled as the checkpoint says; checked, with one second take where needed"
        }
        QualityProfile::High => {
            "top-p 0.8, which leaves unlikely sounds out; checked, with one second take where needed"
        }
        QualityProfile::Ultra => {
            "as high, but every passage is spoken twice and the better take is used: twice the work; live speech as high"
        }
    }
}

/// How a profile draws codes, from how the checkpoint says.
pub(super) fn sampling(profile: QualityProfile, checkpoint: Sampling) -> Sampling {
    match profile {
        QualityProfile::Fast => Sampling {
            temperature: checkpoint.temperature.min(FAST_TEMPERATURE),
            top_k: checkpoint.top_k.min(FAST_TOP_K),
            ..checkpoint
        },
        QualityProfile::Balanced => checkpoint,
        QualityProfile::High | QualityProfile::Ultra => Sampling {
            top_p: checkpoint.top_p.min(HIGH_TOP_P),
            ..checkpoint
        },
    }
}

/// Whether a second take is made even of a passage without fault.
pub(super) fn speaks_twice(profile: QualityProfile) -> bool {
    profile == QualityProfile::Ultra
}
