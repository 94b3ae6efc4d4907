//! The rows of an answer on their way to a component.
//!
//! Nearly every answer is short and here in one packet: it is read at once, its session goes back to the pool before
//! the component looks at the first row. A long answer is handed over as the component reads, row by row and no faster.

use std::{
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use futures::{FutureExt, Stream, StreamExt};
use tokio::sync::oneshot;
use tokio_postgres::RowStream;
use wasmtime::{
    StoreContextMut,
    component::{Destination, StreamProducer, StreamResult, VecBuffer},
};

use super::{columns, decode, error::query_failed, lease::Lease};
use crate::bindings::postgres::{Column, DbValue, Error, QueryError};

type Row = Vec<DbValue>;

/// Rows that are read before the component has asked for them.
const READ_AHEAD: usize = 64;

/// The rows of a query.
pub(super) enum Answer {
    /// All of them.
    Whole(Vec<Row>),
    /// The first of them and where the others come from.
    Long(Box<RowProducer>, oneshot::Receiver<Result<(), Error>>),
}

impl Answer {
    /// Every row, for the synchronous call; an error when they are more than `max_bytes`.
    pub(super) async fn collect(self, max_bytes: usize) -> Result<Vec<Row>, Error> {
        let mut producer = match self {
            Self::Whole(rows) => return Ok(rows),
            Self::Long(producer, _) => producer,
        };
        let mut rows = std::mem::take(&mut producer.ahead);
        let mut bytes: usize = rows.iter().map(size).sum();
        while let Some(row) = producer.stream.next().await {
            let row = decoded(row)?;
            bytes += size(&row);
            if bytes > max_bytes {
                return Err(text(format!("the answer is larger than {max_bytes} bytes")));
            }
            rows.push(row);
        }
        producer.end(Ok(()));
        Ok(rows)
    }
}

/// Reads the beginning of an answer, which most often is all of it. Columns that are not known yet are told by the first
/// row; an answer without rows then has none.
pub(super) async fn read(
    lease: Lease,
    stream: RowStream,
    mut columns: Vec<Column>,
) -> Result<(Vec<Column>, Answer), Error> {
    let mut stream = Box::pin(stream);
    let mut rows = Vec::new();
    let mut next = stream.next().await;
    loop {
        match next {
            None => {
                lease.finish();
                return Ok((columns, Answer::Whole(rows)));
            }
            Some(Ok(row)) => {
                if columns.is_empty() {
                    columns = columns::describe(row.columns());
                }
                rows.push(decode::row(&row).map_err(Error::ValueConversionFailed)?);
            }
            Some(Err(error)) => {
                lease.finish();
                return Err(query_failed(&error));
            }
        }
        if rows.len() >= READ_AHEAD {
            break;
        }
        // Not `await`: what has not arrived yet may take its time, and the component can begin.
        next = match pin!(stream.next()).now_or_never() {
            Some(row) => row,
            None => break,
        };
    }
    let (sender, receiver) = oneshot::channel();
    let producer = RowProducer {
        ahead: rows,
        stream,
        end: Some((lease, sender)),
    };
    Ok((columns, Answer::Long(Box::new(producer), receiver)))
}

fn decoded(row: Result<tokio_postgres::Row, tokio_postgres::Error>) -> Result<Row, Error> {
    let row = row.map_err(|error| query_failed(&error))?;
    decode::row(&row).map_err(Error::ValueConversionFailed)
}

fn text(message: String) -> Error {
    Error::QueryFailed(QueryError::Text(message))
}

/// About what a row takes in memory.
fn size(row: &Row) -> usize {
    let own = |value: &DbValue| match value {
        DbValue::Str(text) | DbValue::Decimal(text) | DbValue::Uuid(text) => text.len(),
        DbValue::Binary(bytes) | DbValue::Jsonb(bytes) | DbValue::Unsupported(bytes) => bytes.len(),
        DbValue::ArrayStr(items) | DbValue::ArrayDecimal(items) => {
            items.iter().flatten().map(String::len).sum()
        }
        DbValue::ArrayInt32(items) => items.len() * size_of::<i32>(),
        DbValue::ArrayInt64(items) => items.len() * size_of::<i64>(),
        _ => 0,
    };
    row.iter()
        .map(|value| size_of::<DbValue>() + own(value))
        .sum()
}

/// The rest of a long answer. When it is dropped before the end, its session is not used again.
pub(super) struct RowProducer {
    ahead: Vec<Row>,
    stream: Pin<Box<RowStream>>,
    end: Option<(Lease, oneshot::Sender<Result<(), Error>>)>,
}

impl RowProducer {
    fn end(&mut self, result: Result<(), Error>) {
        if let Some((lease, sender)) = self.end.take() {
            if result.is_ok() {
                lease.finish();
            }
            // The component may not care how the answer ended.
            let _ = sender.send(result);
        }
    }

    /// As many rows as are here, at least one; `None` at the end.
    fn poll_batch(&mut self, cx: &mut Context<'_>) -> Poll<Option<Vec<Row>>> {
        let mut batch = std::mem::take(&mut self.ahead);
        while self.end.is_some() && batch.len() < READ_AHEAD {
            match self.stream.as_mut().poll_next(cx) {
                Poll::Pending if batch.is_empty() => return Poll::Pending,
                Poll::Pending => break,
                Poll::Ready(None) => self.end(Ok(())),
                Poll::Ready(Some(row)) => match decoded(row) {
                    Ok(row) => batch.push(row),
                    Err(error) => self.end(Err(error)),
                },
            }
        }
        Poll::Ready((!batch.is_empty()).then_some(batch))
    }
}

impl<D> StreamProducer<D> for RowProducer {
    type Item = Row;
    type Buffer = VecBuffer<Row>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        store: StoreContextMut<'a, D>,
        mut destination: Destination<'a, Row, VecBuffer<Row>>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        if destination.remaining(store) == Some(0) {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        let batch = match self.poll_batch(cx) {
            Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
            batch => ready!(batch),
        };
        if let Some(batch) = batch {
            destination.set_buffer(batch.into());
        }
        Poll::Ready(Ok(if self.end.is_some() {
            StreamResult::Completed
        } else {
            StreamResult::Dropped
        }))
    }
}
