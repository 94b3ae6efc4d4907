//! One array of numpy: a header in Python's syntax, then the numbers.

pub(super) const MAGIC: [u8; 6] = *b"\x93NUMPY";
/// numpy's own headers take 128 bytes.
pub(super) const LONGEST_HEADER: u64 = 4096;

/// The shape and the numbers of an array of f32, lowest byte first, the last axis first.
pub(super) fn read(bytes: &[u8]) -> Result<(Vec<usize>, Vec<f32>), String> {
    let cut_off = || "is cut off".to_owned();
    let no_array = || "is no array of numpy".to_owned();
    let rest = bytes.strip_prefix(&MAGIC).ok_or_else(no_array)?;
    let ([major, _], rest) = rest.split_first_chunk::<2>().ok_or_else(cut_off)?;
    let (length, rest) = match major {
        1 => {
            let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(cut_off)?;
            (usize::from(u16::from_le_bytes(*length)), rest)
        }
        2 | 3 => {
            let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(cut_off)?;
            (u32::from_le_bytes(*length) as usize, rest)
        }
        _ => return Err(format!("is of numpy's format {major}, 1 to 3 are read")),
    };
    let (header, numbers) = rest.split_at_checked(length).ok_or_else(cut_off)?;
    let header = std::str::from_utf8(header).map_err(|_| no_array())?;
    let kind = entry(header, "descr").ok_or_else(no_array)?;
    if !kind.starts_with("'<f4'") {
        let kind = kind.split(',').next().unwrap_or_default();
        return Err(format!("is of {kind}, expected '<f4'"));
    }
    if !entry(header, "fortran_order").is_some_and(|order| order.starts_with("False")) {
        return Err("has its axes in the order of Fortran".to_owned());
    }
    let shape = entry(header, "shape")
        .and_then(shape)
        .ok_or_else(no_array)?;
    let claimed = shape
        .iter()
        .try_fold(1_usize, |product, size| product.checked_mul(*size));
    let found = numbers.len() / size_of::<f32>();
    if claimed != Some(found) || !numbers.len().is_multiple_of(size_of::<f32>()) {
        return Err(format!("has shape {shape:?} and {found} numbers"));
    }
    Ok((shape, super::floats(numbers)))
}

/// What stands behind the key of a dictionary.
fn entry<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let (_, behind) = header.split_once(&format!("'{key}':"))?;
    Some(behind.trim_start())
}

/// `(510, 1, 256)`, `(3,)`.
fn shape(text: &str) -> Option<Vec<usize>> {
    let (inside, _) = text.strip_prefix('(')?.split_once(')')?;
    let sizes = inside
        .split(',')
        .map(str::trim)
        .filter(|size| !size.is_empty());
    sizes.map(|size| size.parse().ok()).collect()
}
