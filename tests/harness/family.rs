//! A family that only tests run, in a folder `tests/NAME`: `spin.toml` says what it adds to the product's, `migrations/` makes its
//! tables and its role, `functions/` holds its functions. They are put beside the product's, never among them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use toml::{Table, Value};

use crate::process;

/// What Postgres does when a function is made, for all of some schemas.
const CHECK: &str = include_str!("../../worker/queue/queries/check_functions.sql");

#[derive(Debug)]
pub struct Family {
    name: String,
    folder: PathBuf,
}

impl Family {
    /// That of `tests/NAME`.
    pub fn named(name: &str) -> Self {
        let folder = process::repository().join("tests").join(name);
        let name = name.to_owned();
        Self { name, folder }
    }

    /// The product's manifest with what the family adds.
    pub(crate) fn write_manifest(&self, product: &Path, to: &Path) -> Result<()> {
        let mut whole = read_toml(product)?;
        add(&mut whole, read_toml(&self.folder.join("spin.toml"))?)?;
        Ok(fs::write(to, toml::to_string(&whole)?)?)
    }

    /// Makes its tables, and its functions as those of a release are made: all in one transaction, checked when all are there.
    /// They are applied twice, as those of a database are that meets a second release.
    pub(crate) async fn apply(&self, database: &PgPool) -> Result<()> {
        let mut connection = database.acquire().await?;
        run_files(&mut connection, &self.folder.join("migrations")).await?;
        for _ in 0..2 {
            let mut transaction = database.begin().await?;
            set_checks(&mut transaction, "off").await?;
            run_files(&mut transaction, &self.folder.join("functions")).await?;
            set_checks(&mut transaction, "on").await?;
            let checked = sqlx::query(CHECK).bind(["api", &self.name]);
            checked.execute(&mut *transaction).await?;
            transaction.commit().await?;
        }
        Ok(())
    }
}

fn read_toml(path: &Path) -> Result<Table> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    text.parse().with_context(|| path.display().to_string())
}

/// Adds tables to tables and lists to lists. What is there stays as it is: a family changes nothing of the product.
fn add(whole: &mut Table, more: Table) -> Result<()> {
    for (name, value) in more {
        match (whole.get_mut(&name), value) {
            (None, value) => drop(whole.insert(name, value)),
            (Some(Value::Table(there)), Value::Table(more)) => add(there, more)?,
            (Some(Value::Array(there)), Value::Array(more)) => there.extend(more),
            (Some(_), _) => bail!("`{name}` stands in the product's manifest already"),
        }
    }
    Ok(())
}

/// In the order of their names.
async fn run_files(connection: &mut PgConnection, folder: &Path) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    for file in files {
        let statements = AssertSqlSafe(fs::read_to_string(&file)?);
        let ran = sqlx::raw_sql(statements).execute(&mut *connection).await;
        ran.with_context(|| file.display().to_string())?;
    }
    Ok(())
}

async fn set_checks(connection: &mut PgConnection, to: &str) -> Result<()> {
    let set = sqlx::query("select set_config('check_function_bodies', $1, true)");
    set.bind(to).execute(connection).await?;
    Ok(())
}
