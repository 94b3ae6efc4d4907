//! The cell of this installation, which keys and tokens bear. Only a database without users can become another, so an instance asks once.

use std::sync::OnceLock;

use kiskadee_edge_kit::{Problem, Settings, database, log};
use kiskadee_shared::cell::Cell;
use spin_sdk::pg::DbValue;

const CELL: &str = "select api.cell()";

static HERE: OnceLock<Cell> = OnceLock::new();

/// As the database says.
pub(crate) async fn here() -> Result<Cell, Problem> {
    if let Some(cell) = HERE.get() {
        return Ok(*cell);
    }
    let url = Settings::get().await?.database_url.expose();
    let cell = read(&database::row(url, CELL, Vec::new()).await?)?;
    Ok(*HERE.get_or_init(|| cell))
}

fn read(row: &[DbValue]) -> Result<Cell, Problem> {
    let [DbValue::Int32(number)] = row else {
        return Err(unexpected(&"api.cell() gives a number"));
    };
    Cell::new(*number).map_err(|error| unexpected(&error))
}

fn unexpected(cause: &dyn std::fmt::Display) -> Problem {
    log::error("the database names no cell", cause);
    Problem::internal()
}
