//! Where to cut what is too long for one utterance.

use std::ops::Range;

use super::Boundary;

/// Parts of at most `most` tokens, none of them empty. The best kind of boundary wins, of its kind the last one that fits; a boundary in
/// the first quarter would leave a part that is too short to sound well.
pub(super) fn cut(boundaries: &[Boundary], most: usize) -> Vec<Range<usize>> {
    let most = most.max(1);
    let (mut parts, mut begin) = (Vec::new(), 0);
    while boundaries.len() - begin > most {
        let window = &boundaries[begin..begin + most];
        let last = |kind: Boundary| {
            let place = window.iter().rposition(|boundary| *boundary == kind);
            place.filter(|place| *place >= most / 4)
        };
        let place = last(Boundary::Clause).or_else(|| last(Boundary::Blank));
        let end = begin + place.map_or(most, |place| place + 1);
        parts.push(begin..end);
        begin = end;
    }
    if begin < boundaries.len() {
        parts.push(begin..boundaries.len());
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boundaries(text: &str) -> Vec<Boundary> {
        text.chars().map(super::super::boundary).collect()
    }

    #[test]
    fn clauses_come_before_blanks() {
        let parts = cut(&boundaries("aaaa, bbb cc ddddd"), 12);
        assert_eq!(parts, [0..5, 5..13, 13..18]);
        assert_eq!(cut(&boundaries("aaaa"), 12), [0..4]);
        assert!(cut(&[], 12).is_empty());
    }

    #[test]
    fn without_boundaries_it_is_cut_anywhere() {
        assert_eq!(cut(&boundaries("aaaaaaa"), 3), [0..3, 3..6, 6..7]);
    }
}
