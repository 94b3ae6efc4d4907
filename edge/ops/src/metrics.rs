//! The metrics of the whole fleet, for Prometheus.

use axum::{
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use kiskadee_edge_kit::{Context, Problem, database, log, openapi::Common};
use spin_sdk::pg::DbValue;

use crate::{exposition, fresh::Fresh, settings::Settings};

static PAGE: Fresh = Fresh::new();

/// The metrics of the fleet
///
/// Prometheus text. The counts add up over all edges and workers and survive their restarts, so scrape one address, not
/// each machine. Open by default; with the variable `metrics_token` set, that token is needed as a bearer token.
#[utoipa::path(
    get, path = "/metrics", tag = "Operations",
    responses(
        (status = 200, description = "The metrics", content_type = "text/plain; version=0.0.4; charset=utf-8", body = String,
            example = "# HELP workers_alive Workers whose heartbeat is current.\n# TYPE workers_alive gauge\nworkers_alive 1\n"),
        (status = 401, description = "A token is configured, and this request lacks it",
            content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
        Common,
    )
)]
pub(crate) async fn show_metrics(
    context: Context,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let settings = Settings::get().await?;
    if let Some(token) = &settings.metrics_token {
        authorize(&headers, token.expose())?;
    }
    let text = PAGE.get(page(&context)).await?;
    Ok(([(header::CONTENT_TYPE, exposition::MEDIA_TYPE)], text).into_response())
}

async fn page(context: &Context) -> Result<String, Problem> {
    let row = database::row(
        context.settings.database_url.expose(),
        "select api.metrics()",
        Vec::new(),
    )
    .await?;
    let [DbValue::Str(json)] = row.as_slice() else {
        log::error(
            "the metrics have an unexpected type",
            &"see shared/functions",
        );
        return Err(Problem::internal());
    };
    text_of(json)
}

fn text_of(json: &str) -> Result<String, Problem> {
    let families: Vec<exposition::Family<'_>> = serde_json::from_str(json).map_err(|error| {
        log::error("the metrics cannot be read", &error);
        Problem::internal()
    })?;
    Ok(exposition::write(&families))
}

fn authorize(headers: &HeaderMap, token: &str) -> Result<(), Problem> {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '));
    match given {
        Some((scheme, given))
            if scheme.eq_ignore_ascii_case("bearer") && is_same(given.trim(), token) =>
        {
            Ok(())
        }
        _ => Err(Problem::unauthenticated(
            "the metrics of this deployment need `Authorization: Bearer <metrics token>`",
        )),
    }
}

/// Compares in a time that does not tell where two texts differ.
fn is_same(given: &str, expected: &str) -> bool {
    let difference = given
        .bytes()
        .zip(expected.bytes())
        .fold(0, |found, (left, right)| {
            std::hint::black_box(found | (left ^ right))
        });
    given.len() == expected.len() && difference == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authorized(value: &str) -> bool {
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
        authorize(&headers, "s3cret").is_ok()
    }

    #[test]
    fn only_the_configured_token_is_accepted() {
        assert!(authorized("Bearer s3cret"));
        assert!(authorized("bearer s3cret"));
        for value in [
            "Bearer s3cre",
            "Bearer s3cret2",
            "Bearer ",
            "Basic s3cret",
            "s3cret",
        ] {
            assert!(!authorized(value), "{value}");
        }
        assert!(authorize(&HeaderMap::new(), "s3cret").is_err());
    }
}
