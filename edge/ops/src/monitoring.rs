//! The numbers behind the dashboards, for administrators: how the system, its workers and its queues are doing.
//!
//! Nothing here names a job, a batch or an owner.

use kiskadee_edge_kit::{Caller, Class, Reply, caller_sql, database, openapi::Protected};

use crate::schema::{QueueReport, SystemReport, WorkerReport};

/// The system at a glance
///
/// The database, the fleet, the queue and the counts of jobs, for administrators.
#[utoipa::path(
    get, path = "/monitoring/system", tag = "Operations", security(("bearer" = []), ("api_key" = [])),
    responses(
        (status = 200, description = "The numbers of this moment", body = SystemReport),
        (status = 403, description = "The caller is not an administrator",
            content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
        Protected,
    )
)]
pub(crate) async fn show_system(caller: Caller) -> Reply {
    database::call(
        caller_sql!("api.monitoring_system"),
        &caller,
        Class::Read,
        [],
    )
    .await
}

/// The workers
///
/// Every worker of the last day, those that live first, for administrators.
#[utoipa::path(
    get, path = "/monitoring/workers", tag = "Operations", security(("bearer" = []), ("api_key" = [])),
    responses(
        (status = 200, description = "The workers", body = WorkerReport),
        (status = 403, description = "The caller is not an administrator",
            content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
        Protected,
    )
)]
pub(crate) async fn show_workers(caller: Caller) -> Reply {
    database::call(
        caller_sql!("api.monitoring_workers"),
        &caller,
        Class::Read,
        [],
    )
    .await
}

/// The queues
///
/// What waits and what runs, by queue and priority, for administrators.
#[utoipa::path(
    get, path = "/monitoring/queue", tag = "Operations", security(("bearer" = []), ("api_key" = [])),
    responses(
        (status = 200, description = "The queues", body = QueueReport),
        (status = 403, description = "The caller is not an administrator",
            content_type = "application/problem+json", body = ref("#/components/schemas/Problem")),
        Protected,
    )
)]
pub(crate) async fn show_queue(caller: Caller) -> Reply {
    database::call(
        caller_sql!("api.monitoring_queue"),
        &caller,
        Class::Read,
        [],
    )
    .await
}
