//! Postgres' `numeric` as decimal text and back, without loss: base 10,000 digits, a weight and a display scale.

use std::fmt::Write as _;

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

type Failure = Box<dyn std::error::Error + Sync + Send>;

const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const NEGATIVE_INFINITY: u16 = 0xF000;

/// Decimal text that goes in and out of `numeric`.
#[derive(Debug)]
pub(super) struct Decimal(pub(super) String);

impl FromSql<'_> for Decimal {
    fn from_sql(_: &Type, raw: &[u8]) -> Result<Self, Failure> {
        to_text(raw).map(Self)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::NUMERIC
    }
}

impl ToSql for Decimal {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        out.extend_from_slice(&from_text(&self.0)?);
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::NUMERIC
    }

    to_sql_checked!();
}

/// The text of a binary `numeric`, with as many decimals as its scale says.
pub(super) fn to_text(raw: &[u8]) -> Result<String, Failure> {
    let words: Vec<u16> = raw
        .chunks_exact(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
        .collect();
    let [count, weight, sign, scale, digits @ ..] = words.as_slice() else {
        return Err("short numeric".into());
    };
    match *sign {
        NAN => return Ok("NaN".to_owned()),
        INFINITY => return Ok("Infinity".to_owned()),
        NEGATIVE_INFINITY => return Ok("-Infinity".to_owned()),
        _ => {}
    }
    if digits.len() != usize::from(*count) {
        return Err("numeric with a wrong number of digits".into());
    }
    let weight = i32::from(weight.cast_signed());
    let group = |position: i32| {
        let index = usize::try_from(weight - position).ok();
        index
            .and_then(|index| digits.get(index))
            .copied()
            .unwrap_or(0)
    };
    let mut text = String::new();
    if *sign == NEGATIVE {
        text.push('-');
    }
    whole_part(&mut text, weight, group);
    fraction(&mut text, usize::from(*scale), group);
    Ok(text)
}

fn whole_part(text: &mut String, weight: i32, group: impl Fn(i32) -> u16) {
    text.push_str(&group(weight.max(0)).to_string());
    for position in (0..weight.max(0)).rev() {
        push_group(text, group(position));
    }
}

/// Four digits, with zeros in front.
fn push_group(text: &mut String, group: u16) {
    // Writing to a string cannot fail.
    let _ = write!(text, "{group:04}");
}

fn fraction(text: &mut String, scale: usize, group: impl Fn(i32) -> u16) {
    if scale == 0 {
        return;
    }
    text.push('.');
    let start = text.len();
    let mut position = -1;
    while text.len() - start < scale {
        push_group(text, group(position));
        position -= 1;
    }
    text.truncate(start + scale);
}

/// The binary form of decimal text such as `-12.50`.
pub(super) fn from_text(text: &str) -> Result<Vec<u8>, Failure> {
    match text {
        "NaN" => return Ok(header(0, 0, NAN, 0)),
        "Infinity" => return Ok(header(0, 0, INFINITY, 0)),
        "-Infinity" => return Ok(header(0, 0, NEGATIVE_INFINITY, 0)),
        _ => {}
    }
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (NEGATIVE, rest),
        None => (0, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + decimals.len() == 0 || !all_digits(whole) || !all_digits(decimals) {
        return Err(format!("invalid decimal `{text}`").into());
    }
    let scale = u16::try_from(decimals.len())
        .ok()
        .filter(|scale| *scale < 0x4000);
    let scale = scale.ok_or("a decimal has at most 16383 decimals")?;
    let (groups, weight) = grouped(whole, decimals);
    let weight = i16::try_from(weight).map_err(|_| "a decimal is too large")?;
    let count = u16::try_from(groups.len()).map_err(|_| "a decimal is too long")?;
    let mut raw = header(
        count,
        weight,
        if groups.is_empty() { 0 } else { sign },
        scale,
    );
    raw.extend(groups.iter().flat_map(|group| group.to_be_bytes()));
    Ok(raw)
}

/// Base 10,000 digits without leading and trailing zeros, and the weight of the first.
fn grouped(whole: &str, decimals: &str) -> (Vec<u16>, isize) {
    let lead = (4 - whole.len() % 4) % 4;
    let trail = (4 - decimals.len() % 4) % 4;
    let padded: Vec<u8> = std::iter::repeat_n(b'0', lead)
        .chain(whole.bytes())
        .chain(decimals.bytes())
        .chain(std::iter::repeat_n(b'0', trail))
        .collect();
    let groups: Vec<u16> = padded
        .chunks_exact(4)
        .map(|four| {
            four.iter()
                .fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'))
        })
        .collect();
    let first = groups
        .iter()
        .position(|group| *group != 0)
        .unwrap_or(groups.len());
    let last = groups
        .iter()
        .rposition(|group| *group != 0)
        .map_or(first, |last| last + 1);
    let weight = isize::try_from((lead + whole.len()) / 4).unwrap_or(isize::MAX)
        - 1
        - isize::try_from(first).unwrap_or(isize::MAX);
    let kept = groups.get(first..last).unwrap_or_default().to_vec();
    let weight = if kept.is_empty() { 0 } else { weight };
    (kept, weight)
}

fn header(count: u16, weight: i16, sign: u16, scale: u16) -> Vec<u8> {
    [count, weight.cast_unsigned(), sign, scale]
        .iter()
        .flat_map(|word| word.to_be_bytes())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_round_trip() {
        for text in [
            "0",
            "0.00",
            "1",
            "-1",
            "10000",
            "12345678.9",
            "-0.0001",
            "0.00001234",
            "123456789012345678901234567890.5",
            "NaN",
            "Infinity",
            "-Infinity",
        ] {
            assert_eq!(to_text(&from_text(text).unwrap()).unwrap(), text);
        }
    }

    #[test]
    fn the_binary_form_is_the_one_of_postgres() {
        // select encode(numeric_send(-1234567.89), 'hex')
        let raw = from_text("-1234567.89").unwrap();
        let words: Vec<u16> = raw
            .chunks(2)
            .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
            .collect();
        assert_eq!(words, [3, 1, 0x4000, 2, 123, 4567, 8900]);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", ".", "1e5", "12a", "1.2.3", "--1"] {
            assert!(from_text(text).is_err(), "{text}");
        }
    }
}
