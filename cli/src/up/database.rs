//! What `up` does to a fresh or older database before anyone else may use it: the database itself, its schema, its roles.

use anyhow::{Context, Result};
use sqlx::PgPool;

use crate::postgres::SUPERUSER;
use crate::roles::Roles;
use crate::secrets::Secrets;

pub(crate) const NAME: &str = "kiskadee";

/// `maintenance` is connected to the database that every cluster has.
pub(crate) async fn create(maintenance: &PgPool) -> Result<()> {
    let exists: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(NAME)
            .fetch_one(maintenance)
            .await?;
    if !exists {
        sqlx::query("create database kiskadee")
            .execute(maintenance)
            .await
            .context("cannot create the database")?;
    }
    Ok(())
}

/// Gives each group role of the schema the one role that may log in as it.
pub(crate) async fn ensure_logins(admin: &PgPool, secrets: &Secrets, roles: &Roles) -> Result<()> {
    for group in roles.names() {
        let login = login_of(group);
        let exists: bool =
            sqlx::query_scalar("select exists (select from pg_roles where rolname = $1)")
                .bind(&login)
                .fetch_one(admin)
                .await?;
        let verb = if exists { "alter" } else { "create" };
        // A role's password cannot be a parameter; ours are hexadecimal digits, and the names plain words.
        let password = secrets.password(group)?;
        let statement = format!("{verb} role {login} login password '{password}'");
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(admin)
            .await?;
        let grant = format!("grant {group} to {login}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(grant))
            .execute(admin)
            .await?;
    }
    Ok(())
}

fn login_of(group: &str) -> String {
    format!("{group}_login")
}

/// The address of the database for the member of a group role.
pub(crate) fn login_url(secrets: &Secrets, group: &str, port: u16) -> Result<String> {
    Ok(format!(
        "postgres://{}:{}@127.0.0.1:{port}/{NAME}",
        login_of(group),
        secrets.password(group)?
    ))
}

/// The address of the database for its superuser.
pub(crate) fn superuser_url(secrets: &Secrets, port: u16) -> String {
    format!(
        "postgres://{SUPERUSER}:{}@127.0.0.1:{port}/{NAME}",
        secrets.postgres
    )
}

/// What the command line says about the whole queue.
pub(crate) async fn set_queue_cap(admin: &PgPool, jobs: u32) -> Result<()> {
    sqlx::query("update queue.setting set cap_jobs = $1")
        .bind(i64::from(jobs))
        .execute(admin)
        .await?;
    Ok(())
}

/// After the death of workers: those whose name is like `names` are gone, whatever their rows say, and their jobs free.
pub(crate) async fn expire_workers(admin: &PgPool, names: &str) -> Result<()> {
    sqlx::query(include_str!("../../queries/expire_workers.sql"))
        .bind(names)
        .execute(admin)
        .await?;
    sqlx::query("select queue.rescue(10000)")
        .execute(admin)
        .await?;
    Ok(())
}
