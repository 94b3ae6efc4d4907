//! Pitch where there is one.

use kiskadee_pronunciation::{Phone, PhoneToken};

/// Phones without voice, in which analysis now and then finds a pitch of noise.
const VOICELESS: [&str; 12] = [
    "pau", "p", "t", "k", "f", "s", "S", "tS", "sh", "ch", "th", "hh",
];
/// Of ln f0 from its median.
const FARTHEST_PITCH: f32 = 0.9;

/// Takes the pitch from frames that have none, and where it lies an octave and more from the others.
pub(crate) fn take_strays(f0: &mut [f32], tokens: &[PhoneToken], durations: &[u32]) {
    let mut frame = 0;
    for (token, frames) in tokens.iter().zip(durations) {
        let end = (frame + *frames as usize).min(f0.len());
        let name = token.phone.name().trim_start_matches("pt/");
        if VOICELESS.contains(&name) && token.phone != Phone::SILENCE {
            // Its edges belong to voiced neighbours as often as not.
            let edge = (*frames as usize / 4).min(2);
            let inner =
                (frame + edge).min(end)..end.saturating_sub(edge).max((frame + edge).min(end));
            f0[inner].fill(0.0);
        } else if token.phone == Phone::SILENCE {
            f0[frame..end].fill(0.0);
        }
        frame = end;
    }
    let mut voiced: Vec<f32> = f0.iter().copied().filter(|f0| *f0 > 0.0).collect();
    voiced.sort_by(f32::total_cmp);
    let Some(median) = voiced.get(voiced.len() / 2).copied() else {
        return;
    };
    for f0 in f0.iter_mut().filter(|f0| **f0 > 0.0) {
        if (*f0 / median).ln().abs() > FARTHEST_PITCH {
            *f0 = 0.0;
        }
    }
}
