//! What holds for every voice whatsoever: bytes and mixtures.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails where something is not as expected"
)]

use kiskadee_xtts::{Conditioning, LATENTS};
use proptest::collection::vec;
use proptest::prelude::*;

fn voice(channels: usize, size: usize) -> impl Strategy<Value = Conditioning> {
    let latents = vec(-10.0f32..10.0, LATENTS * channels);
    let embedding = vec(-1.0f32..1.0, size);
    (latents, embedding)
        .prop_map(|(latents, embedding)| Conditioning::new(latents, embedding).unwrap())
}

fn any_voice() -> impl Strategy<Value = Conditioning> {
    (1..5usize, 1..9usize).prop_flat_map(|(channels, size)| voice(channels, size))
}

fn far(a: &Conditioning, b: &Conditioning) -> f32 {
    let latents = a.latents().iter().zip(b.latents());
    let pairs = latents.chain(a.embedding().iter().zip(b.embedding()));
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

proptest! {
    #[test]
    fn bytes_are_read_as_they_were_written(voice in any_voice()) {
        let bytes = voice.to_bytes().unwrap();
        prop_assert_eq!(Conditioning::from_bytes(&bytes).unwrap(), voice.clone());
        prop_assert_eq!(voice.to_bytes().unwrap(), bytes);
    }

    #[test]
    fn broken_bytes_are_refused(voice in any_voice(), cut in 0.0..1.0f64, place in 0.0..1.0f64, bit in 0..8u32) {
        let bytes = voice.to_bytes().unwrap();
        let index = |part: f64| (part * bytes.len() as f64) as usize;
        prop_assert!(Conditioning::from_bytes(&bytes[..index(cut)]).is_err());
        let mut changed = bytes.clone();
        changed[index(place)] ^= 1 << bit;
        // Another value is another voice, but what is read can always be used.
        if let Ok(read) = Conditioning::from_bytes(&changed) {
            prop_assert!(read.latents().iter().chain(read.embedding()).all(|value| value.is_finite()));
        }
    }

    #[test]
    fn random_bytes_are_no_voice(bytes in vec(any::<u8>(), 0..200)) {
        prop_assert!(Conditioning::from_bytes(&bytes).is_err());
    }

    #[test]
    fn a_voice_mixed_with_itself_stays_itself(voice in any_voice(), a in 0.01..9.0f32, b in 0.0..9.0f32) {
        let mixed = Conditioning::mix(&[(&voice, a), (&voice, b)]).unwrap();
        prop_assert!(far(&mixed, &voice) < 1e-5);
        prop_assert_eq!(Conditioning::mix(&[(&voice, a)]).unwrap(), voice);
    }

    #[test]
    fn only_the_proportions_of_weights_count(
        (first, second) in (voice(2, 3), voice(2, 3)),
        a in 0.1..1.0f32,
        b in 0.1..1.0f32,
        factor in 0.1..9.0f32,
    ) {
        let mixed = Conditioning::mix(&[(&first, a), (&second, b)]).unwrap();
        let turned = Conditioning::mix(&[(&second, b * factor), (&first, a * factor)]).unwrap();
        prop_assert!(far(&mixed, &turned) < 1e-5);
        let between = |value: f32, ends: [f32; 2]| {
            let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
            value >= low - 1e-5 && value <= high + 1e-5
        };
        for (i, value) in mixed.latents().iter().enumerate() {
            prop_assert!(between(*value, [first.latents()[i], second.latents()[i]]));
        }
    }
}

#[test]
fn what_cannot_be_mixed_is_refused() {
    let voice = |channels: usize, size| {
        Conditioning::new(vec![0.5; LATENTS * channels], vec![0.5; size]).unwrap()
    };
    let (first, second) = (voice(2, 3), voice(2, 3));
    for weights in [
        [0.0, 0.0],
        [-1.0, 2.0],
        [f32::NAN, 1.0],
        [f32::INFINITY, 1.0],
    ] {
        assert!(Conditioning::mix(&[(&first, weights[0]), (&second, weights[1])]).is_err());
    }
    assert!(Conditioning::mix(&[]).is_err());
    assert!(Conditioning::mix(&[(&first, 1.0), (&voice(3, 3), 1.0)]).is_err());
    assert!(Conditioning::mix(&[(&first, 1.0), (&voice(2, 4), 1.0)]).is_err());
}

#[test]
fn what_is_no_voice_is_refused() {
    assert!(Conditioning::new(vec![0.0; LATENTS + 1], vec![0.0]).is_err());
    assert!(Conditioning::new(vec![], vec![0.0]).is_err());
    assert!(Conditioning::new(vec![0.0; LATENTS], vec![]).is_err());
    assert!(Conditioning::new(vec![f32::NAN; LATENTS], vec![0.0]).is_err());
}
