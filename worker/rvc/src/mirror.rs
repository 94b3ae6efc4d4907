//! What lies beyond the ends of a sequence: the sequence again, mirrored at its first and at its last element.

/// The element that stands at a place, which may lie beyond the ends, by any number of lengths; `count` is not 0.
pub(crate) fn mirrored(place: isize, count: usize) -> usize {
    let period = 2 * (count.cast_signed() - 1);
    if period <= 0 {
        return 0;
    }
    let place = place.rem_euclid(period);
    place.min(period - place).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::mirrored;

    #[test]
    fn ends_are_mirrored_and_not_doubled() {
        let places: Vec<usize> = (-4..8).map(|place| mirrored(place, 3)).collect();
        assert_eq!(places, [0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1]);
        assert_eq!(mirrored(-7, 1), 0);
    }
}
