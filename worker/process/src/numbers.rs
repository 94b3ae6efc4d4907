//! Numbers in the bodies of frames: little-endian.

pub fn from_floats(floats: &[f32]) -> Vec<u8> {
    floats
        .iter()
        .flat_map(|float| float.to_le_bytes())
        .collect()
}

/// None where the bytes are no whole number of floats.
pub fn to_floats(bytes: &[u8]) -> Option<Vec<f32>> {
    let (floats, rest) = bytes.as_chunks::<4>();
    rest.is_empty().then(|| {
        floats
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect()
    })
}

pub fn from_integers(integers: &[u32]) -> Vec<u8> {
    integers
        .iter()
        .flat_map(|integer| integer.to_le_bytes())
        .collect()
}

pub fn to_integers(bytes: &[u8]) -> Option<Vec<u32>> {
    let (integers, rest) = bytes.as_chunks::<4>();
    rest.is_empty().then(|| {
        integers
            .iter()
            .map(|bytes| u32::from_le_bytes(*bytes))
            .collect()
    })
}

/// The pieces of a body that is of exactly these lengths.
pub fn split(mut body: &[u8], lengths: impl IntoIterator<Item = usize>) -> Option<Vec<&[u8]>> {
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
        let floats = [0.0, -1.0, f32::MIN_POSITIVE, 0.1];
        assert_eq!(to_floats(&from_floats(&floats)).unwrap(), floats);
        assert_eq!(
            to_integers(&from_integers(&[0, 1024, u32::MAX])).unwrap(),
            [0, 1024, u32::MAX]
        );
        assert!(to_floats(&[0; 5]).is_none() && to_integers(&[0; 3]).is_none());
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
