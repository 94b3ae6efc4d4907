//! Parameters in Postgres' text format, for statements that the server has not described before: it infers their types, and
//! reads the text by them.

use std::fmt::Write as _;

use bytes::BytesMut;
use tokio_postgres::types::{Format, IsNull, ToSql, Type};

use crate::bindings::postgres::{Interval, ParameterValue, RangeBoundKind};

/// A parameter as text; `None` is null.
#[derive(Debug)]
pub(super) struct Text(pub(super) Option<String>);

impl ToSql for Text {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        Ok(match &self.0 {
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                IsNull::No
            }
            None => IsNull::Yes,
        })
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    fn to_sql_checked(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        self.to_sql(ty, out)
    }
}

/// The text of a value that was found plausible.
pub(super) fn of(value: &ParameterValue) -> Text {
    Text(match value {
        ParameterValue::DbNull => None,
        ParameterValue::Boolean(value) => Some(value.to_string()),
        // Of the type `"char"`, one byte.
        ParameterValue::Int8(value) => Some(char::from(value.cast_unsigned()).to_string()),
        ParameterValue::Int16(value) => Some(value.to_string()),
        ParameterValue::Int32(value) => Some(value.to_string()),
        ParameterValue::Int64(value) => Some(value.to_string()),
        ParameterValue::Floating32(value) => Some(value.to_string()),
        ParameterValue::Floating64(value) => Some(value.to_string()),
        ParameterValue::Str(text) | ParameterValue::Uuid(text) | ParameterValue::Decimal(text) => {
            Some(text.clone())
        }
        ParameterValue::Binary(bytes) => Some(hex(bytes)),
        ParameterValue::Jsonb(json) => Some(String::from_utf8_lossy(json).into_owned()),
        ParameterValue::Date((year, month, day)) => Some(date(*year, *month, *day)),
        ParameterValue::Time((hour, minute, second, nanos)) => {
            Some(clock(*hour, *minute, *second, *nanos))
        }
        ParameterValue::Datetime((y, mo, d, h, mi, s, ns)) => Some(format!(
            "{} {}+00",
            date(*y, *mo, *d),
            clock(*h, *mi, *s, *ns)
        )),
        // Without its zone the text would be of the session's.
        ParameterValue::Timestamp(seconds) => {
            let at = time::OffsetDateTime::from_unix_timestamp(*seconds);
            at.ok().map(|at| {
                let day = date(at.year(), at.month().into(), at.day());
                format!("{day} {}+00", clock(at.hour(), at.minute(), at.second(), 0))
            })
        }
        ParameterValue::Interval(value) => Some(interval(*value)),
        ParameterValue::ArrayInt32(items) => Some(array(items, ToString::to_string)),
        ParameterValue::ArrayInt64(items) => Some(array(items, ToString::to_string)),
        ParameterValue::ArrayStr(items) | ParameterValue::ArrayDecimal(items) => {
            Some(array(items, |text| quoted(text)))
        }
        ParameterValue::RangeInt32(range) => Some(bounds(range)),
        ParameterValue::RangeInt64(range) => Some(bounds(range)),
        ParameterValue::RangeDecimal(range) => Some(bounds(range)),
    })
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 + 2 * bytes.len());
    text.push_str("\\x");
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Years before the first are written with their era.
fn date(year: i32, month: u8, day: u8) -> String {
    if year > 0 {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{:04}-{month:02}-{day:02} BC", 1 - year)
    }
}

fn clock(hour: u8, minute: u8, second: u8, nanos: u32) -> String {
    format!("{hour:02}:{minute:02}:{second:02}.{:06}", nanos / 1000)
}

fn interval(value: Interval) -> String {
    format!(
        "{} months {} days {} microseconds",
        value.months, value.days, value.micros
    )
}

fn array<T>(items: &[Option<T>], text: impl Fn(&T) -> String) -> String {
    let items: Vec<_> = items
        .iter()
        .map(|item| item.as_ref().map_or_else(|| "NULL".to_owned(), &text))
        .collect();
    format!("{{{}}}", items.join(","))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

type Bound<T> = Option<(T, RangeBoundKind)>;

fn bounds<T: std::fmt::Display>((low, high): &(Bound<T>, Bound<T>)) -> String {
    let is_inclusive = |bound: &Bound<T>| matches!(bound, Some((_, RangeBoundKind::Inclusive)));
    let text = |bound: &Bound<T>| bound.as_ref().map(|(value, _)| value.to_string());
    format!(
        "{}{},{}{}",
        if is_inclusive(low) { '[' } else { '(' },
        text(low).unwrap_or_default(),
        text(high).unwrap_or_default(),
        if is_inclusive(high) { ']' } else { ')' },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_postgres_reads_them() {
        let text = |value| of(&value).0.unwrap();
        assert_eq!(text(ParameterValue::Binary(vec![0, 255])), "\\x00ff");
        let items = vec![Some("a\"b\\".to_owned()), None];
        assert_eq!(text(ParameterValue::ArrayStr(items)), r#"{"a\"b\\",NULL}"#);
        assert_eq!(
            text(ParameterValue::Timestamp(0)),
            "1970-01-01 00:00:00.000000+00"
        );
        assert_eq!(text(ParameterValue::Date((0, 1, 2))), "0001-01-02 BC");
        assert!(of(&ParameterValue::DbNull).0.is_none());
    }
}
