//! From a component's parameters to Postgres' binary format, checked against the type that the statement expects.

use bytes::{BufMut, BytesMut};
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};
use tokio_postgres::types::{IsNull, ToSql, Type, WrongType};

use super::{
    numeric::{self, Decimal},
    ranges,
    text::{self, Text},
};
use crate::bindings::postgres::{Interval, ParameterValue};

type Failure = Box<dyn std::error::Error + Sync + Send>;
type Encoded = Result<IsNull, Failure>;

/// A parameter on its way to Postgres.
#[derive(Debug)]
pub(super) struct Parameter(ParameterValue);

impl Parameter {
    /// For a statement whose types only the server knows.
    pub(super) fn text(&self) -> Text {
        text::of(&self.0)
    }
}

/// Refuses what no type of Postgres could take, before anything is sent: a bad date, UUID, JSON text or decimal.
pub(super) fn parameters(values: Vec<ParameterValue>) -> Result<Vec<Parameter>, String> {
    for value in &values {
        plausible(value).map_err(|error| error.to_string())?;
    }
    Ok(values.into_iter().map(Parameter).collect())
}

fn plausible(value: &ParameterValue) -> Result<(), Failure> {
    match value {
        ParameterValue::Uuid(text) => drop(uuid(text)?),
        ParameterValue::Jsonb(text) => drop(json(text)?),
        ParameterValue::Decimal(text) => drop(numeric::from_text(text)?),
        ParameterValue::Date(parts) => drop(date(*parts)?),
        ParameterValue::Time(parts) => drop(clock(*parts)?),
        ParameterValue::Datetime(parts) => drop(datetime(*parts)?),
        ParameterValue::Timestamp(seconds) => drop(timestamp(*seconds)?),
        ParameterValue::ArrayDecimal(items) => {
            for item in items.iter().flatten() {
                numeric::from_text(item)?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn uuid(text: &str) -> Result<uuid::Uuid, Failure> {
    uuid::Uuid::try_parse(text).map_err(|_| format!("invalid UUID `{text}`").into())
}

fn json(text: &[u8]) -> Result<(), Failure> {
    serde_json::from_slice::<serde::de::IgnoredAny>(text)
        .map(drop)
        .map_err(|error| format!("invalid JSON: {error}").into())
}

fn date((year, month, day): (i32, u8, u8)) -> Result<Date, Failure> {
    Ok(Date::from_calendar_date(
        year,
        Month::try_from(month)?,
        day,
    )?)
}

fn clock((hour, minute, second, nanosecond): (u8, u8, u8, u32)) -> Result<Time, Failure> {
    Ok(Time::from_hms_nano(hour, minute, second, nanosecond)?)
}

type DateTimeParts = (i32, u8, u8, u8, u8, u8, u32);

fn datetime((y, mo, d, h, mi, s, ns): DateTimeParts) -> Result<PrimitiveDateTime, Failure> {
    Ok(PrimitiveDateTime::new(
        date((y, mo, d))?,
        clock((h, mi, s, ns))?,
    ))
}

fn timestamp(seconds: i64) -> Result<OffsetDateTime, Failure> {
    Ok(OffsetDateTime::from_unix_timestamp(seconds)?)
}

/// Sends a value through the driver's own conversion where it has one for this type.
fn driver<T: ToSql>(value: &T, ty: &Type, out: &mut BytesMut) -> Encoded {
    if T::accepts(ty) {
        value.to_sql(ty, out)
    } else {
        Err(Box::new(WrongType::new::<T>(ty.clone())))
    }
}

fn expect(ty: &Type, expected: &Type) -> Result<(), Failure> {
    if ty == expected {
        return Ok(());
    }
    Err(format!("the statement expects {ty}, the parameter is {expected}").into())
}

impl ToSql for Parameter {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Encoded {
        match &self.0 {
            ParameterValue::Boolean(value) => driver(value, ty, out),
            ParameterValue::Int8(value) => driver(value, ty, out),
            ParameterValue::Int16(value) => driver(value, ty, out),
            ParameterValue::Int32(value) => driver(value, ty, out),
            ParameterValue::Int64(value) => driver(value, ty, out),
            ParameterValue::Floating32(value) => driver(value, ty, out),
            ParameterValue::Floating64(value) => driver(value, ty, out),
            ParameterValue::Str(value) => driver(value, ty, out),
            ParameterValue::Binary(value) => driver(value, ty, out),
            ParameterValue::Date(parts) => driver(&date(*parts)?, ty, out),
            ParameterValue::Time(parts) => driver(&clock(*parts)?, ty, out),
            ParameterValue::Datetime(parts) => moment(*parts, ty, out),
            ParameterValue::Timestamp(seconds) => driver(&timestamp(*seconds)?, ty, out),
            ParameterValue::ArrayInt32(items) => driver(items, ty, out),
            ParameterValue::ArrayInt64(items) => driver(items, ty, out),
            ParameterValue::ArrayStr(items) => driver(items, ty, out),
            ParameterValue::DbNull => Ok(IsNull::Yes),
            other => own(other, ty, out),
        }
    }

    /// Whether a type is accepted depends on the value, so `to_sql` says it.
    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(&self, ty: &Type, out: &mut BytesMut) -> Encoded {
        self.to_sql(ty, out)
    }
}

/// The types for which the driver has no conversion here.
fn own(value: &ParameterValue, ty: &Type, out: &mut BytesMut) -> Encoded {
    match value {
        ParameterValue::Uuid(text) => {
            expect(ty, &Type::UUID)?;
            out.put_slice(uuid(text)?.as_bytes());
        }
        ParameterValue::Jsonb(text) => jsonb(text, ty, out)?,
        ParameterValue::Decimal(text) => return driver(&Decimal(text.clone()), ty, out),
        ParameterValue::ArrayDecimal(items) => {
            let items: Vec<_> = items.iter().map(|item| item.clone().map(Decimal)).collect();
            return driver(&items, ty, out);
        }
        ParameterValue::RangeInt32(range) => {
            expect(ty, &Type::INT4_RANGE)?;
            ranges::encode(range, out, |value| Ok(value.to_be_bytes().to_vec()))?;
        }
        ParameterValue::RangeInt64(range) => {
            expect(ty, &Type::INT8_RANGE)?;
            ranges::encode(range, out, |value| Ok(value.to_be_bytes().to_vec()))?;
        }
        ParameterValue::RangeDecimal(range) => {
            expect(ty, &Type::NUM_RANGE)?;
            ranges::encode(range, out, |value| numeric::from_text(value))?;
        }
        ParameterValue::Interval(value) => interval(*value, ty, out)?,
        _ => return Err("a parameter of a kind that is sent elsewhere".into()),
    }
    Ok(IsNull::No)
}

/// Date-times carry no zone and mean UTC, so they fit both kinds of timestamp.
fn moment(parts: DateTimeParts, ty: &Type, out: &mut BytesMut) -> Encoded {
    let at = datetime(parts)?;
    if *ty == Type::TIMESTAMPTZ {
        return driver(&at.assume_utc(), ty, out);
    }
    driver(&at, ty, out)
}

fn jsonb(text: &[u8], ty: &Type, out: &mut BytesMut) -> Result<(), Failure> {
    if *ty != Type::JSON {
        expect(ty, &Type::JSONB)?;
        // The version number of the binary form.
        out.put_u8(1);
    }
    out.put_slice(text);
    Ok(())
}

fn interval(value: Interval, ty: &Type, out: &mut BytesMut) -> Result<(), Failure> {
    expect(ty, &Type::INTERVAL)?;
    out.put_i64(value.micros);
    out.put_i32(value.days);
    out.put_i32(value.months);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(value: ParameterValue, ty: &Type) -> Result<Vec<u8>, Failure> {
        let mut out = BytesMut::new();
        Parameter(value).to_sql_checked(ty, &mut out)?;
        Ok(out.to_vec())
    }

    #[test]
    fn a_wrong_type_is_an_error() {
        assert!(encode(ParameterValue::Int32(1), &Type::TEXT).is_err());
        assert!(encode(ParameterValue::Str("x".into()), &Type::INT4).is_err());
        assert!(encode(ParameterValue::Jsonb(b"{}".to_vec()), &Type::TEXT).is_err());
    }

    #[test]
    fn jsonb_gets_its_version_and_json_does_not() {
        let value = || ParameterValue::Jsonb(b"{}".to_vec());
        assert_eq!(encode(value(), &Type::JSONB).unwrap(), b"\x01{}");
        assert_eq!(encode(value(), &Type::JSON).unwrap(), b"{}");
    }

    #[test]
    fn impossible_values_are_refused_before_sending() {
        for value in [
            ParameterValue::Uuid("nope".into()),
            ParameterValue::Jsonb(b"{".to_vec()),
            ParameterValue::Decimal("1e5".into()),
            ParameterValue::Date((2026, 2, 30)),
            ParameterValue::Time((24, 0, 0, 0)),
        ] {
            assert!(parameters(vec![value]).is_err());
        }
    }
}
