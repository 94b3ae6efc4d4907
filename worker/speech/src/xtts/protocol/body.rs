//! The bodies of frames: numbers as little-endian bytes.

pub(in crate::xtts) fn from_samples(samples: &[f32]) -> Vec<u8> {
    samples
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect()
}

/// None where the bytes are no whole number of samples.
pub(in crate::xtts) fn to_samples(bytes: &[u8]) -> Option<Vec<f32>> {
    let (samples, rest) = bytes.as_chunks::<4>();
    rest.is_empty().then(|| {
        samples
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect()
    })
}

pub(in crate::xtts) fn from_codes(codes: &[u32]) -> Vec<u8> {
    codes.iter().flat_map(|code| code.to_le_bytes()).collect()
}

pub(in crate::xtts) fn to_codes(bytes: &[u8]) -> Option<Vec<u32>> {
    let (codes, rest) = bytes.as_chunks::<4>();
    rest.is_empty().then(|| {
        codes
            .iter()
            .map(|bytes| u32::from_le_bytes(*bytes))
            .collect()
    })
}

/// The pieces of a body that is of exactly these lengths.
pub(in crate::xtts) fn split(
    mut body: &[u8],
    lengths: impl IntoIterator<Item = usize>,
) -> Option<Vec<&[u8]>> {
    let mut pieces = Vec::new();
    for length in lengths {
        let (piece, rest) = body.split_at_checked(length)?;
        pieces.push(piece);
        body = rest;
    }
    body.is_empty().then_some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive() {
        let samples = [0.0, -1.0, f32::MIN_POSITIVE, 0.1];
        assert_eq!(to_samples(&from_samples(&samples)).unwrap(), samples);
        assert_eq!(
            to_codes(&from_codes(&[0, 1024, u32::MAX])).unwrap(),
            [0, 1024, u32::MAX]
        );
        assert!(to_samples(&[0; 5]).is_none() && to_codes(&[0; 3]).is_none());
    }

    #[test]
    fn a_body_is_split_only_where_it_fits() {
        assert_eq!(
            split(b"abcde", [2, 0, 3]).unwrap(),
            [b"ab".as_slice(), b"", b"cde"]
        );
        assert!(split(b"abc", [2]).is_none() && split(b"abc", [2, 2]).is_none());
        assert!(split(b"abc", [usize::MAX, 1]).is_none());
    }
}
