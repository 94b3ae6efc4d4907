//! /api/v1/webhooks/deliveries: what was sent, what failed, and sending it again

use kiskadee_edge_kit::{
    Caller, Class, Page, Query, Reply, WireId, caller_sql, database,
    openapi::{Protected, WithConflict, WithId, WithQuery},
    path::uuid_parameter,
};
use kiskadee_shared::id::MessageId;
use spin_sdk::pg::ParameterValue;

use crate::documents::{Delivery, DeliveryDetail, DeliveryPage};

/// List webhook deliveries
///
/// Newest first. A delivery is parked when its last attempt failed, or when the receiver said that it is gone.
#[utoipa::path(
    get, path = "/api/v1/webhooks/deliveries", tag = "webhooks", security(("bearer" = []), ("api_key" = [])),
    params(Page, ("status" = Option<String>, Query, description = "Only `pending`, `delivered` or `parked` ones")),
    responses((status = 200, description = "A page of deliveries", body = DeliveryPage), WithQuery, Protected)
)]
pub(crate) async fn list_deliveries(caller: Caller, query: Query, page: Page) -> Reply {
    let status: ParameterValue = query.get("status").map(ToOwned::to_owned).into();
    let [limit, cursor] = page.parameters();
    let statement = caller_sql!("api.list_deliveries", "$5::text, $6::int, $7::text");
    database::call(statement, &caller, Class::Read, [status, limit, cursor]).await
}

/// A webhook delivery
///
/// With its payload and every attempt.
#[utoipa::path(
    get, path = "/api/v1/webhooks/deliveries/{id}", tag = "webhooks", security(("bearer" = []), ("api_key" = [])),
    params(("id" = String, Path, example = "msg_0192f0a1b2c37d4e8f90a1b2c3d4e5f6")),
    responses((status = 200, description = "The delivery", body = DeliveryDetail), WithId, Protected)
)]
pub(crate) async fn show_delivery(caller: Caller, WireId(id): WireId<MessageId>) -> Reply {
    database::call(
        caller_sql!("api.get_delivery", "$5::uuid"),
        &caller,
        Class::Read,
        [uuid_parameter(id)],
    )
    .await
}

/// Send a webhook again
///
/// Starts the schedule of attempts anew. The message keeps its id, so a receiver can tell that it has seen it.
#[utoipa::path(
    post, path = "/api/v1/webhooks/deliveries/{id}/replay", tag = "webhooks", security(("bearer" = []), ("api_key" = [])),
    params(("id" = String, Path, example = "msg_0192f0a1b2c37d4e8f90a1b2c3d4e5f6")),
    responses((status = 202, description = "It will be sent", body = Delivery), WithId, WithConflict, Protected)
)]
pub(crate) async fn replay_delivery(caller: Caller, WireId(id): WireId<MessageId>) -> Reply {
    database::call(
        caller_sql!("api.replay_delivery", "$5::uuid"),
        &caller,
        Class::Create,
        [uuid_parameter(id)],
    )
    .await
}
