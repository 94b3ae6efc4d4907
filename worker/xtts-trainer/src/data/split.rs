//! Which clips are held out.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// The fewest and the most clips that are held out.
const LEAST: usize = 3;
const MOST: usize = 64;

/// Training and evaluation clips out of which file each of them comes from: `share` of them, whole files where there are several. Fewer than
/// six clips are all trained with and measured on.
pub fn split(files: &[usize], share: f64, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let all: Vec<usize> = (0..files.len()).collect();
    if files.len() < 2 * LEAST {
        return (all.clone(), all);
    }
    let wanted = (files.len() as f64 * share).round() as usize;
    let wanted = wanted.clamp(LEAST, MOST).min(files.len() / 2);
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for clip in all {
        groups.entry(files[clip]).or_default().push(clip);
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    groups.shuffle(&mut random);
    let mut held = Vec::new();
    for group in &groups {
        if held.len() < wanted && held.len() + group.len() <= 2 * wanted {
            held.extend(group);
        }
    }
    if held.len() < LEAST {
        // Files that are too large to be held out as a whole.
        held = groups.concat();
        held.shuffle(&mut random);
        held.truncate(wanted);
    }
    held.sort_unstable();
    let is_held = |clip: &usize| held.binary_search(clip).is_ok();
    let rest = (0..files.len()).filter(|clip| !is_held(clip)).collect();
    (rest, held)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_files_are_held_out_where_there_are_several() {
        let files: Vec<usize> = (0..200).map(|clip| clip / 4).collect();
        let (training, held) = split(&files, 0.1, 3);
        assert_eq!((training.len(), held.len()), (180, 20));
        assert!(
            held.iter()
                .all(|clip| training.iter().all(|other| files[*other] != files[*clip]))
        );
        assert_eq!(split(&files, 0.1, 3), (training, held));
    }

    #[test]
    fn one_file_is_split_and_few_clips_are_shared() {
        assert_eq!(split(&[0; 100], 0.1, 3).1.len(), 10);
        assert_eq!(split(&vec![0; 10_000], 0.1, 3).1.len(), 64);
        assert_eq!(split(&[0; 8], 0.1, 3).1.len(), 3);
        assert_eq!(split(&[0, 1], 0.1, 3), (vec![0, 1], vec![0, 1]));
    }
}
