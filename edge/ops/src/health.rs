//! Whether this process lives, and whether the deployment can work: two questions that an orchestrator asks apart.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kiskadee_edge_kit::{Context, Problem, database, log};
use serde::{Deserialize, Serialize};
use spin_sdk::pg::DbValue;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::ToSchema;

use crate::{fresh::Fresh, settings::Settings};

static FLEET: Fresh = Fresh::new();

const SERVICE: &str = "kiskadee";

/// That the edge answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    #[schema(example = "healthy")]
    status: &'static str,
    #[schema(example = "2026-11-20T22:10:03.123Z", format = DateTime)]
    timestamp: String,
    #[schema(example = "kiskadee")]
    service: &'static str,
    #[schema(example = "0.1.0")]
    version: String,
}

/// Liveness
///
/// Touches nothing outside the process: restart the edge when this fails, and for no other reason.
#[utoipa::path(get, path = "/health", tag = "Operations", responses((status = 200, description = "The edge lives", body = Health)))]
pub(crate) async fn show_health() -> Result<Json<Health>, Problem> {
    let version = Settings::get().await?.service_version.clone();
    Ok(Json(Health {
        status: "healthy",
        timestamp: timestamp(OffsetDateTime::now_utc()),
        service: SERVICE,
        version,
    }))
}

/// Milliseconds are enough, as everywhere in this API.
fn timestamp(now: OffsetDateTime) -> String {
    let whole_ms = now.replace_millisecond(now.millisecond()).unwrap_or(now);
    whole_ms.format(&Rfc3339).unwrap_or_default()
}

/// What the deployment has to do its work with.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent answers that the API names one by one"
)]
pub struct Checks {
    /// Postgres answers.
    #[serde(default)]
    database: bool,
    /// A live worker can write results.
    storage: bool,
    /// At least one worker is alive.
    workers: bool,
    /// A live worker has an engine that speaks.
    models: bool,
    /// A live worker has an accelerator. Speech on CPUs is slower, not unready.
    gpu: bool,
}

/// Whether work that is sent now would be done now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Readiness {
    ready: bool,
    checks: Checks,
}

/// Readiness
///
/// Asks the database, and through it the fleet. `gpu` is told but does not decide: a deployment on CPUs is ready.
#[utoipa::path(
    get, path = "/ready", tag = "Operations",
    responses(
        (status = 200, description = "Everything that is needed is there", body = Readiness),
        (status = 503, description = "Something is missing; `checks` says what", body = Readiness),
    )
)]
pub(crate) async fn show_readiness(context: Context) -> Response {
    let readiness = Readiness::of(checks(&context).await);
    let status = if readiness.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(readiness)).into_response()
}

async fn checks(context: &Context) -> Checks {
    match FLEET.get(fleet(context)).await {
        Ok(json) => Checks::of(&json),
        // The cause is in the log already.
        Err(_) => Checks::default(),
    }
}

/// What the database knows of the fleet, as JSON.
async fn fleet(context: &Context) -> Result<String, Problem> {
    let query = "select api.ready()";
    let row = database::row(context.settings.database_url.expose(), query, Vec::new()).await?;
    // The database has answered, whatever it says.
    Ok(match row.as_slice() {
        [DbValue::Str(json)] => json.clone(),
        _ => String::new(),
    })
}

impl Checks {
    fn of(json: &str) -> Self {
        let fleet = serde_json::from_str::<Self>(json).unwrap_or_else(|cause| {
            log::error("the checks of readiness cannot be read", &cause);
            Self::default()
        });
        Self {
            database: true,
            ..fleet
        }
    }
}

impl Readiness {
    fn of(checks: Checks) -> Self {
        let ready = checks.database && checks.storage && checks.workers && checks.models;
        Self { ready, checks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks_of(json: &str) -> Checks {
        Checks::of(json)
    }

    #[test]
    fn a_fleet_without_an_accelerator_is_ready() {
        let checks =
            checks_of(r#"{"storage": true, "workers": true, "models": true, "gpu": false}"#);
        assert!(Readiness::of(checks).ready);
    }

    #[test]
    fn anything_else_that_is_missing_is_not_ready() {
        for missing in ["storage", "workers", "models"] {
            let json = r#"{"storage": true, "workers": true, "models": true, "gpu": true}"#;
            let json = json.replace(
                &format!("\"{missing}\": true"),
                &format!("\"{missing}\": false"),
            );
            assert!(!Readiness::of(checks_of(&json)).ready, "{missing}");
        }
        assert!(!Readiness::of(Checks::default()).ready);
    }

    #[test]
    fn a_database_that_answers_nonsense_still_answers() {
        assert_eq!(
            Checks::of(""),
            Checks {
                database: true,
                ..Checks::default()
            }
        );
    }

    #[test]
    fn times_have_milliseconds() {
        let now = OffsetDateTime::parse("2026-11-20T22:10:03.123456789Z", &Rfc3339).unwrap();
        assert_eq!(timestamp(now), "2026-11-20T22:10:03.123Z");
    }
}
