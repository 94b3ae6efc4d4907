//! Base62 of fixed width: digits, upper case, lower case, most significant first.

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Writes a big-endian number in exactly `width` digits. Higher digits than fit are lost: the caller chooses a width that fits.
pub(crate) fn encode(number: &[u8], width: usize) -> String {
    let mut rest = number.to_vec();
    let mut digits: Vec<char> = (0..width).map(|_| digit(divide(&mut rest))).collect();
    digits.reverse();
    digits.into_iter().collect()
}

/// The number that digits stand for; none where one is no digit, or it is too large.
pub(crate) fn decode(digits: &str) -> Option<u16> {
    digits.bytes().try_fold(0u16, |number, digit| {
        let value = ALPHABET.iter().position(|known| *known == digit)?;
        number.checked_mul(62)?.checked_add(value as u16)
    })
}

pub(crate) fn is_digit(character: char) -> bool {
    character.is_ascii_alphanumeric()
}

fn digit(value: u8) -> char {
    ALPHABET
        .get(usize::from(value))
        .copied()
        .map_or('0', char::from)
}

/// Divides a big-endian number by 62 in place and gives the remainder.
fn divide(number: &mut [u8]) -> u8 {
    let mut remainder = 0u16;
    for byte in number {
        let value = remainder << 8 | u16::from(*byte);
        *byte = (value / 62) as u8;
        remainder = value % 62;
    }
    remainder as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers() {
        let cases: [(&[u8], usize, &str); 6] = [
            (&[0], 1, "0"),
            (&[61], 1, "z"),
            (&[62], 2, "10"),
            (&[0xff, 0xff, 0xff, 0xff], 6, "4gfFC3"),
            (&[0, 0, 0, 1], 6, "000001"),
            (&[1, 0], 3, "048"),
        ];
        for (number, width, expected) in cases {
            assert_eq!(encode(number, width), expected, "{number:?}");
        }
    }

    #[test]
    fn the_greatest_256_bit_number_fits_43_digits() {
        let most = encode(&[0xff; 32], 44);
        assert!(most.starts_with('0') && !most.starts_with("00"), "{most}");
    }
}
