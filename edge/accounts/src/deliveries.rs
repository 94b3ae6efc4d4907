//! /api/v1/webhooks/deliveries: what was sent, what failed, and sending it again

use axum::{extract::FromRequestParts, http::request::Parts};
use kiskadee_edge_kit::{
    Caller, Class, Page, Problem, Reply, WireId, caller_sql, database,
    filters::{name, state},
    openapi::{Protected, WithConflict, WithId, WithQuery},
    path::uuid_parameter,
    query::Fields,
};
use kiskadee_shared::{id::MessageId, state::DeliveryState};
use utoipa::{
    IntoParams,
    openapi::schema::{Object, ObjectBuilder, Type},
};

use crate::documents::{Delivery, DeliveryDetail, DeliveryPage};

const FIND_DELIVERIES: &str = caller_sql!(
    "api.find_deliveries",
    "$5::text, $6::text, $7::int, $8::text"
);

/// List webhook deliveries
///
/// Newest first. A delivery is parked when its last attempt failed, or when the receiver said that it is gone.
#[utoipa::path(
    get, path = "/api/v1/webhooks/deliveries", tag = "webhooks", security(("bearer" = []), ("api_key" = [])),
    params(Page, DeliveryFilter),
    responses((status = 200, description = "A page of deliveries", body = DeliveryPage), WithQuery, Protected)
)]
pub(crate) async fn list_deliveries(caller: Caller, filter: DeliveryFilter) -> Reply {
    let [limit, cursor] = filter.page.parameters();
    let status = name(filter.status.map(DeliveryState::as_str));
    let arguments = [status, filter.event.into(), limit, cursor];
    database::call(FIND_DELIVERIES, &caller, Class::Read, arguments).await
}

/// The deliveries that are wanted.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveryFilter {
    #[param(ignore)]
    page: Page,
    /// Only deliveries that stand so.
    #[param(nullable = false, schema_with = states)]
    status: Option<DeliveryState>,
    /// Only deliveries of this event.
    #[param(
        nullable = false,
        example = "batch.completed",
        pattern = "^[a-z][a-z0-9_.]{0,63}$"
    )]
    event: Option<String>,
}

fn states() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(DeliveryState::NAMES.iter().copied()))
        .build()
}

impl DeliveryFilter {
    fn read(mut fields: Fields) -> Result<Self, Problem> {
        let filter = Self {
            page: fields.page(),
            status: fields.optional("status", state),
            event: fields.optional("event", event),
        };
        fields.finish()?;
        Ok(filter)
    }
}

impl<S: Sync> FromRequestParts<S> for DeliveryFilter {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::read(Fields::of(parts))
    }
}

/// By its form: which events there are is the business of the families that tell of them.
fn event(name: &str) -> Result<String, String> {
    let is_event = (1..=64).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.'));
    if is_event {
        Ok(name.to_owned())
    } else {
        Err("must be the name of an event, such as `batch.completed`".to_owned())
    }
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

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn read(query: &str) -> Result<DeliveryFilter, Problem> {
        let request = Request::get(format!("/list?{query}")).body(()).unwrap();
        DeliveryFilter::read(Fields::of(&request.into_parts().0))
    }

    #[test]
    fn deliveries_are_narrowed_by_state_and_event() {
        let filter = read("status=parked&event=batch.completed&limit=3").unwrap();
        assert_eq!(filter.status, Some(DeliveryState::Parked));
        assert_eq!(filter.event.as_deref(), Some("batch.completed"));
        assert_eq!(filter.page.limit, 3);
        for query in ["status=done", "event=Batch!", "event=", "state=parked"] {
            assert_eq!(read(query).unwrap_err().status(), 422, "{query}");
        }
    }
}
