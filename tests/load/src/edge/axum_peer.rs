//! The same endpoint as a native axum server that makes the same SQL call: the bound that the embedded host is held to.

use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio_postgres::NoTls;
use uuid::Uuid;

const STATUS: &str =
    "select status, body from api.batch_status(row(null, null, $1::bytea, 0)::api.credentials, $2)";

pub(crate) async fn serve(listen: &str, database_url: &str) -> Result<()> {
    let manager = Manager::from_config(
        database_url.parse()?,
        NoTls,
        ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        },
    );
    let pool = Arc::new(Pool::builder(manager).max_size(16).build()?);
    let router = Router::new()
        .route("/api/v1/advanced/batch-tts/{batch_id}/status", get(status))
        .with_state(pool);
    axum::serve(TcpListener::bind(listen).await?, router)
        .await
        .context("the axum peer stopped")
}

async fn status(
    State(pool): State<Arc<Pool>>,
    Path(batch_id): Path<String>,
    headers: HeaderMap,
) -> Response {
    match answer(&pool, &batch_id, &headers).await {
        Ok(response) => response,
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")).into_response(),
    }
}

async fn answer(pool: &Pool, batch_id: &str, headers: &HeaderMap) -> Result<Response> {
    let key = headers.get("x-api-key").context("no key")?.as_bytes();
    let key_hash = Sha256::digest(key).to_vec();
    let id = Uuid::parse_str(batch_id.trim_start_matches("batch_"))?;
    let client = pool.get().await?;
    let statement = client.prepare_cached(STATUS).await?;
    let row = client.query_one(&statement, &[&key_hash, &id]).await?;
    let status = StatusCode::from_u16(u16::try_from(row.try_get::<_, i16>(0)?)?)?;
    Ok((
        status,
        [(header::CONTENT_TYPE, "application/json")],
        row.try_get::<_, String>(1)?,
    )
        .into_response())
}
