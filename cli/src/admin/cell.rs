//! Which of the cells that a service is divided into an installation is.

use anyhow::{Context, Result};
use clap::Args;
use kiskadee_shared::cell;

use super::target::Target;

#[derive(Args)]
pub(crate) struct Cell {
    /// Make a database that has no users yet this cell, 0 to 1023
    #[arg(value_name = "NUMBER")]
    number: Option<cell::Cell>,
    #[command(flatten)]
    target: Target,
}

pub(crate) async fn run(command: &Cell) -> Result<()> {
    let database = command.target.connect().await?;
    if let Some(number) = command.number {
        sqlx::query("select queue.become_cell($1)")
            .bind(i32::from(number.number()))
            .execute(&database)
            .await
            .context("the database stays the cell that it is")?;
    }
    let number: i32 = sqlx::query_scalar("select queue.cell()")
        .fetch_one(&database)
        .await?;
    println!("{number}");
    Ok(())
}
