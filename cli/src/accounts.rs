//! Users, keys and webhook secrets, as the command line makes them: straight in the database.

use anyhow::{Context, Result, bail};
use kiskadee_shared::api_key::ApiKey;
use kiskadee_shared::cell::Cell;
use kiskadee_shared::webhook_secret::WebhookSecret;
use sqlx::PgPool;
use uuid::Uuid;

use crate::password;
use crate::random::random_bytes;

pub(crate) struct NewUser<'a> {
    pub(crate) username: &'a str,
    pub(crate) email: &'a str,
    pub(crate) role: &'a str,
    pub(crate) password: &'a str,
    /// Nothing is delivered to the webhooks of a user who has none.
    pub(crate) webhook_secret: &'a WebhookSecret,
}

/// The user's id, and whether it is new; one that exists is left as it is.
pub(crate) async fn ensure_user(database: &PgPool, user: &NewUser<'_>) -> Result<(Uuid, bool)> {
    sqlx::query_as(include_str!("../queries/create_user.sql"))
        .bind(user.username)
        .bind(user.email)
        .bind(user.role)
        .bind(password::hash(user.password)?)
        .bind(user.webhook_secret.expose())
        .fetch_one(database)
        .await
        .with_context(|| format!("cannot create user {}", user.username))
}

pub(crate) async fn find_user(database: &PgPool, username: &str) -> Result<Uuid> {
    let query = r#"select id from account."user" where lower(username) = lower($1)"#;
    let found = sqlx::query_scalar(query)
        .bind(username)
        .fetch_optional(database)
        .await?;
    match found {
        Some(id) => Ok(id),
        None => bail!("there is no user {username}"),
    }
}

/// A key of the cell that the database is.
pub(crate) async fn new_api_key(database: &PgPool) -> Result<ApiKey> {
    let number: i32 = sqlx::query_scalar("select queue.cell()")
        .fetch_one(database)
        .await?;
    Ok(ApiKey::generate_in(Cell::new(number)?, random_bytes()?))
}

pub(crate) async fn ensure_api_key(
    database: &PgPool,
    user: Uuid,
    name: &str,
    key: &ApiKey,
    scopes: &[String],
) -> Result<()> {
    sqlx::query(include_str!("../queries/create_api_key.sql"))
        .bind(user)
        .bind(name)
        .bind(key.display_prefix())
        .bind(key.hash().as_slice())
        .bind(scopes)
        .execute(database)
        .await
        .context("cannot store the API key")?;
    Ok(())
}

/// Refuses scopes that no key can have.
pub(crate) async fn check_scopes(database: &PgPool, user: Uuid, scopes: &[String]) -> Result<()> {
    let query = r#"select string_agg(format('scope `%s` %s', $2[(f ->> 'index')::int + 1], f ->> 'message'), E'\n')
        from account."user" u, jsonb_array_elements(api.scope_faults($2, u.role)) f where u.id = $1"#;
    let faults: Option<String> = sqlx::query_scalar(query)
        .bind(user)
        .bind(scopes)
        .fetch_one(database)
        .await?;
    match faults {
        Some(faults) => bail!(faults),
        None => Ok(()),
    }
}

pub(crate) fn new_webhook_secret() -> Result<WebhookSecret> {
    Ok(WebhookSecret::generate(random_bytes()?))
}

pub(crate) async fn ensure_webhook_secret(
    database: &PgPool,
    user: Uuid,
    secret: &WebhookSecret,
) -> Result<()> {
    sqlx::query(include_str!("../queries/create_webhook_secret.sql"))
        .bind(user)
        .bind(secret.expose())
        .execute(database)
        .await
        .context("cannot store the webhook secret")?;
    Ok(())
}
