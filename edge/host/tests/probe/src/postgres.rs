//! What tries out Postgres.

use std::collections::BTreeMap;

use http_body_util::BodyExt as _;
use spin_sdk::{
    http::{BoxBody, Request, Response},
    pg::{Connection, DbValue, Interval, ParameterValue, RangeBoundKind},
    variables,
};

use crate::{number, text};

/// A short query, as nearly every endpoint has one.
const STATUS: &str =
    "select $1::text as id, 3::int4 as total, jsonb_build_object('a', 1) as items, now() as at";

type Outcome = Result<String, String>;

pub(crate) async fn answer(
    action: String,
    query: &BTreeMap<String, String>,
    request: Request,
) -> Response<BoxBody> {
    let outcome = match action.as_str() {
        "status" => status().await,
        "query" => statement(request, true).await,
        "execute" => statement(request, false).await,
        "rows" => rows(number(query, "count")).await,
        "first" => first(number(query, "count")).await,
        "same" => same().await,
        "parameters" => parameters().await,
        "open" => open(query.get("address").map_or("", String::as_str)).await,
        _ => Err("no such probe".to_owned()),
    };
    match outcome {
        Ok(answer) => text(200, answer),
        Err(error) if error.contains("ConnectionFailed") => text(503, error),
        Err(error) => text(500, error),
    }
}

async fn connect() -> Result<Connection, String> {
    let address = variables::get("database_url").await.map_err(debug)?;
    Connection::open(address).await.map_err(debug)
}

fn debug(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}

async fn status() -> Outcome {
    let rows = connect()
        .await?
        .query(STATUS, vec!["batch".to_owned().into()])
        .await
        .map_err(debug)?;
    let rows = rows.collect().await.map_err(debug)?;
    let row = rows.first().ok_or("no row")?;
    Ok(format!(
        "{{\"id\":{:?},\"total\":{:?}}}",
        row.get::<String>("id"),
        row.get::<i32>("total")
    ))
}

/// Runs the SQL text that is the body, and shows all it answers.
async fn statement(request: Request, has_rows: bool) -> Outcome {
    let sql = request
        .into_body()
        .collect()
        .await
        .map_err(debug)?
        .to_bytes();
    let sql = String::from_utf8_lossy(&sql).into_owned();
    let connection = connect().await?;
    if !has_rows {
        return connection
            .execute(sql, vec![])
            .await
            .map(|count| count.to_string())
            .map_err(debug);
    }
    show(&connection, sql, vec![]).await
}

async fn show(connection: &Connection, sql: String, parameters: Vec<ParameterValue>) -> Outcome {
    let mut answer = connection.query(sql, parameters).await.map_err(debug)?;
    let mut lines: Vec<String> = answer
        .columns()
        .iter()
        .map(|column| format!("{}: {:?}", column.name, column.data_type))
        .collect();
    while let Some(row) = answer.rows().next().await {
        lines.extend(row.iter().map(|value| format!("{value:?}")));
    }
    answer.result().await.map_err(debug)?;
    Ok(lines.join("\n"))
}

/// Reads a long answer row by row.
async fn rows(count: usize) -> Outcome {
    let sql = format!("select n, repeat('x', 100) from generate_series(1, {count}) n");
    let mut answer = connect().await?.query(sql, vec![]).await.map_err(debug)?;
    let mut sum = 0_i64;
    while let Some(row) = answer.rows().next().await {
        if let Some(DbValue::Int32(n)) = row.first() {
            sum += i64::from(*n);
        }
    }
    answer.result().await.map_err(debug)?;
    Ok(sum.to_string())
}

/// Reads only the first row of a long answer.
async fn first(count: usize) -> Outcome {
    let sql = format!("select n, repeat('x', 100) from generate_series(1, {count}) n");
    let mut answer = connect().await?.query(sql, vec![]).await.map_err(debug)?;
    let row = answer.rows().next().await;
    Ok(format!("{:?}", row.and_then(|row| row.into_iter().next())))
}

/// A setting, and then a query on the same connection that sees it.
async fn same() -> Outcome {
    let connection = connect().await?;
    connection
        .execute("set application_name = 'probe-was-here'", vec![])
        .await
        .map_err(debug)?;
    show(
        &connection,
        "select current_setting('application_name')".to_owned(),
        vec![],
    )
    .await
}

async fn open(address: &str) -> Outcome {
    Connection::open(address)
        .await
        .map(|_| "open".to_owned())
        .map_err(debug)
}

/// A value of every kind goes to Postgres, and comes back the same.
async fn parameters() -> Outcome {
    let connection = connect().await?;
    let mut lines = Vec::new();
    for (ty, value) in samples() {
        let sql = format!("select $1::{ty}");
        let shown = show(&connection, sql, vec![value]).await?;
        lines.push(format!(
            "{ty}: {}",
            shown.lines().nth(1).unwrap_or_default()
        ));
    }
    Ok(lines.join("\n"))
}

fn samples() -> Vec<(&'static str, ParameterValue)> {
    let range = |low, high| {
        (
            Some((low, RangeBoundKind::Inclusive)),
            Some((high, RangeBoundKind::Exclusive)),
        )
    };
    let decimals = (Some(("1.5".to_owned(), RangeBoundKind::Exclusive)), None);
    vec![
        ("bool", ParameterValue::Boolean(true)),
        ("\"char\"", ParameterValue::Int8(65)),
        ("int2", ParameterValue::Int16(-2)),
        ("int4", ParameterValue::Int32(-4)),
        ("int8", ParameterValue::Int64(1 << 40)),
        ("float4", ParameterValue::Floating32(1.5)),
        ("float8", ParameterValue::Floating64(-2.25)),
        ("text", ParameterValue::Str("Kiskadee ✓".to_owned())),
        ("varchar", ParameterValue::Str("v".to_owned())),
        ("bytea", ParameterValue::Binary(vec![0, 255])),
        ("date", ParameterValue::Date((2026, 11, 20))),
        ("time", ParameterValue::Time((23, 59, 58, 123_456_000))),
        (
            "timestamp",
            ParameterValue::Datetime((2026, 11, 20, 1, 2, 3, 4000)),
        ),
        (
            "timestamptz",
            ParameterValue::Datetime((1999, 12, 31, 23, 59, 59, 0)),
        ),
        ("timestamptz", ParameterValue::Timestamp(1_700_000_000)),
        (
            "uuid",
            ParameterValue::Uuid("0190a6c2-f7d4-7c3e-8f1a-2b3c4d5e6f70".to_owned()),
        ),
        (
            "jsonb",
            ParameterValue::Jsonb(br#"{"a": [1, null]}"#.to_vec()),
        ),
        (
            "numeric",
            ParameterValue::Decimal("-12345678901234567890.0123".to_owned()),
        ),
        ("int4range", ParameterValue::RangeInt32(range(1, 5))),
        (
            "int8range",
            ParameterValue::RangeInt64((range(1, 5).0.map(|(n, k)| (i64::from(n), k)), None)),
        ),
        ("numrange", ParameterValue::RangeDecimal(decimals)),
        ("int4[]", ParameterValue::ArrayInt32(vec![Some(1), None])),
        (
            "int8[]",
            ParameterValue::ArrayInt64(vec![Some(1 << 40), None]),
        ),
        (
            "numeric[]",
            ParameterValue::ArrayDecimal(vec![Some("0.10".to_owned()), None]),
        ),
        (
            "text[]",
            ParameterValue::ArrayStr(vec![Some("a".to_owned()), None]),
        ),
        (
            "interval",
            ParameterValue::Interval(Interval {
                micros: 1,
                days: 2,
                months: 3,
            }),
        ),
        ("text", ParameterValue::DbNull),
    ]
}
