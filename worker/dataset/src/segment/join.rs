//! Neighbours become one segment, as long as that is of a good length.

use super::Limits;
use crate::vad::{Region, SAMPLE_RATE};

/// Phrases are joined up to this, in seconds; a model learns melody from whole sentences.
const GOOD: [f32; 2] = [3.0, 8.0];
/// Over a longer pause, in seconds, only what could not stand alone is joined.
const PAUSE: f32 = 0.5;
const LONGEST_PAUSE: f32 = 1.0;

/// The regions in their order, joined from left to right.
pub(super) fn join(regions: &[Region], limits: &Limits) -> Vec<Region> {
    let mut joined: Vec<Region> = Vec::new();
    for region in regions {
        match joined.last_mut() {
            Some(last) if belong_together(last, region, limits) => last.end = region.end,
            _ => joined.push(region.clone()),
        }
    }
    joined
}

fn belong_together(left: &Region, right: &Region, limits: &Limits) -> bool {
    let (pause, length) = (right.start - left.end, right.end - left.start);
    let shorter = left.len().min(right.len());
    if length > limits.longest || pause > samples(LONGEST_PAUSE) {
        return false;
    }
    if shorter + 2 * limits.margin < limits.shortest {
        return true;
    }
    let is_good = length <= samples(GOOD[1]) || left.len() < samples(GOOD[0]);
    pause <= samples(PAUSE) && is_good
}

fn samples(seconds: f32) -> usize {
    (seconds * SAMPLE_RATE as f32) as usize
}
