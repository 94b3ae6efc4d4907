//! From Postgres' binary format to the values that a component gets.

use tokio_postgres::{
    Row,
    types::{FromSql, Kind, Type},
};

use super::{numeric, ranges};
use crate::bindings::postgres::{DbValue, Interval};

type Decoded<T> = Result<T, Box<dyn std::error::Error + Sync + Send>>;

/// The bytes of one value as Postgres sent them, whatever their type; the type is looked at afterwards, once.
struct Raw<'a>(Option<&'a [u8]>);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Decoded<Self> {
        Ok(Self(Some(raw)))
    }

    fn from_sql_null(_: &Type) -> Decoded<Self> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// All values of a row. The error says which column and why.
pub(super) fn row(row: &Row) -> Result<Vec<DbValue>, String> {
    let columns = row.columns();
    let mut values = Vec::with_capacity(columns.len());
    for (index, column) in columns.iter().enumerate() {
        let decoded = row
            .try_get::<_, Raw<'_>>(index)
            .map_err(Into::into)
            .and_then(|raw| value(column.type_(), raw.0));
        values.push(decoded.map_err(|error| format!("column `{}`: {error}", column.name()))?);
    }
    Ok(values)
}

/// One value. A type that the interface does not know is handed over as its bytes.
fn value(ty: &Type, raw: Option<&[u8]>) -> Decoded<DbValue> {
    let Some(raw) = raw else {
        return Ok(DbValue::DbNull);
    };
    Ok(match *ty {
        Type::BOOL => DbValue::Boolean(bool::from_sql(ty, raw)?),
        Type::INT2 => DbValue::Int16(i16::from_sql(ty, raw)?),
        Type::INT4 => DbValue::Int32(i32::from_sql(ty, raw)?),
        Type::INT8 => DbValue::Int64(i64::from_sql(ty, raw)?),
        Type::FLOAT4 => DbValue::Floating32(f32::from_sql(ty, raw)?),
        Type::FLOAT8 => DbValue::Floating64(f64::from_sql(ty, raw)?),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR => DbValue::Str(String::from_sql(ty, raw)?),
        Type::BYTEA => DbValue::Binary(raw.to_vec()),
        Type::JSONB => DbValue::Jsonb(jsonb(raw)?),
        Type::UUID => DbValue::Uuid(uuid(raw)?),
        Type::NUMERIC => DbValue::Decimal(numeric::to_text(raw)?),
        Type::DATE | Type::TIME | Type::TIMESTAMP | Type::TIMESTAMPTZ => moment(ty, raw)?,
        Type::INTERVAL => DbValue::Interval(interval(raw)?),
        _ => return compound(ty, raw),
    })
}

fn compound(ty: &Type, raw: &[u8]) -> Decoded<DbValue> {
    Ok(match *ty {
        Type::INT4_RANGE => {
            DbValue::RangeInt32(ranges::decode(raw, |raw| i32::from_sql(&Type::INT4, raw))?)
        }
        Type::INT8_RANGE => {
            DbValue::RangeInt64(ranges::decode(raw, |raw| i64::from_sql(&Type::INT8, raw))?)
        }
        Type::NUM_RANGE => DbValue::RangeDecimal(ranges::decode(raw, numeric::to_text)?),
        Type::INT4_ARRAY => DbValue::ArrayInt32(Vec::from_sql(ty, raw)?),
        Type::INT8_ARRAY => DbValue::ArrayInt64(Vec::from_sql(ty, raw)?),
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY | Type::BPCHAR_ARRAY => {
            DbValue::ArrayStr(Vec::from_sql(ty, raw)?)
        }
        Type::NUMERIC_ARRAY => DbValue::ArrayDecimal(
            Vec::<Option<numeric::Decimal>>::from_sql(ty, raw)?
                .into_iter()
                .map(|item| item.map(|decimal| decimal.0))
                .collect(),
        ),
        // A domain is sent as the type below it.
        _ if let Kind::Domain(inner) = ty.kind() => value(inner, Some(raw))?,
        _ => DbValue::Unsupported(raw.to_vec()),
    })
}

/// The text of a JSONB value behind its version number.
fn jsonb(raw: &[u8]) -> Decoded<Vec<u8>> {
    match raw.split_first() {
        Some((1, text)) => Ok(text.to_vec()),
        _ => Err("unknown version of jsonb".into()),
    }
}

fn uuid(raw: &[u8]) -> Decoded<String> {
    Ok(uuid::Uuid::from_slice(raw)?.hyphenated().to_string())
}

fn interval(raw: &[u8]) -> Decoded<Interval> {
    let (micros, rest) = raw.split_first_chunk().ok_or("short interval")?;
    let (days, rest) = rest.split_first_chunk().ok_or("short interval")?;
    let (months, _) = rest.split_first_chunk().ok_or("short interval")?;
    Ok(Interval {
        micros: i64::from_be_bytes(*micros),
        days: i32::from_be_bytes(*days),
        months: i32::from_be_bytes(*months),
    })
}

fn moment(ty: &Type, raw: &[u8]) -> Decoded<DbValue> {
    Ok(match *ty {
        Type::DATE => {
            let date = time::Date::from_sql(ty, raw)?;
            DbValue::Date((date.year(), date.month().into(), date.day()))
        }
        Type::TIME => {
            let time = time::Time::from_sql(ty, raw)?;
            DbValue::Time((time.hour(), time.minute(), time.second(), time.nanosecond()))
        }
        _ => {
            let at = time::PrimitiveDateTime::from_sql(&Type::TIMESTAMP, raw)?;
            DbValue::Datetime((
                at.year(),
                at.month().into(),
                at.day(),
                at.hour(),
                at.minute(),
                at.second(),
                at.nanosecond(),
            ))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_null_has_no_type() {
        assert!(matches!(value(&Type::INET, None), Ok(DbValue::DbNull)));
    }

    #[test]
    fn unknown_types_are_handed_over_as_bytes() {
        assert!(
            matches!(value(&Type::INET, Some(&[1, 2])), Ok(DbValue::Unsupported(raw)) if raw == [1, 2])
        );
    }

    #[test]
    fn jsonb_loses_its_version_number() {
        assert!(
            matches!(value(&Type::JSONB, Some(b"\x01{}")), Ok(DbValue::Jsonb(text)) if text == b"{}")
        );
        assert!(value(&Type::JSONB, Some(b"\x02{}")).is_err());
    }

    #[test]
    fn infinity_is_an_error_and_no_wrong_date() {
        assert!(value(&Type::TIMESTAMPTZ, Some(&i64::MAX.to_be_bytes())).is_err());
        assert!(value(&Type::DATE, Some(&i32::MAX.to_be_bytes())).is_err());
    }

    #[test]
    fn intervals_keep_their_three_parts() {
        let mut raw = Vec::new();
        raw.extend(7_i64.to_be_bytes());
        raw.extend(8_i32.to_be_bytes());
        raw.extend(9_i32.to_be_bytes());
        let Ok(DbValue::Interval(interval)) = value(&Type::INTERVAL, Some(&raw)) else {
            panic!("an interval")
        };
        assert_eq!((interval.micros, interval.days, interval.months), (7, 8, 9));
    }
}
