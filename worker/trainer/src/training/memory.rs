//! What a step takes in memory, before it is computed.

use kiskadee_voice::acoustic::Config;

use super::options::Recipe;
use crate::corpus::Speaker;

const F32: usize = 4;
/// Values of a row or a phone that a block leaves for the way back and needs on it, in widths of the block: what its taps see, what it makes
/// of that, and the gradients of both. An estimate.
const KEPT: usize = 12;
/// Beside the tensors of a step: the parameters with their moments and gradients, and a recording's frames.
const REST: u64 = 64 << 20;

/// Of so many rows and phones, gradients included.
pub(super) fn bytes(config: &Config, rows: usize, phones: usize) -> u64 {
    let of = |width: usize, taps: usize, blocks: usize| width * (taps + KEPT) * (blocks + 1);
    let row = of(
        config.frame_width,
        config.frame_taps,
        config.frame_dilations.len(),
    );
    let phone = of(
        config.phone_width,
        config.phone_taps,
        config.phone_dilations.len(),
    );
    REST + (F32 * (rows * row + phones * phone)) as u64
}

/// What the largest step of a run can take: that of the longest sentences.
pub fn largest_step(speakers: &[Speaker], recipe: &Recipe) -> u64 {
    let recordings = speakers.iter().flat_map(|speaker| &speaker.recordings);
    let mut sizes: Vec<(usize, usize)> = recordings
        .map(|recording| {
            let rows: u32 = recording.row_durations().iter().sum();
            (rows as usize, recording.tokens.len())
        })
        .collect();
    sizes.sort_unstable_by(|one, other| other.cmp(one));
    let largest = sizes.iter().cycle().take(match sizes.len() {
        0 => 0,
        _ => recipe.batch,
    });
    let (rows, phones) = largest.fold((0, 0), |sum, size| (sum.0 + size.0, sum.1 + size.1));
    bytes(&recipe.config, rows, phones)
}
