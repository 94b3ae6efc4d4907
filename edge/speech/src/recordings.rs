//! The recordings from which the caller's voices were made.

use kiskadee_edge_kit::{
    Caller, Class, Page, Reply, WireId, caller_sql,
    database::call,
    openapi::{Protected, WithId, WithQuery},
    path::uuid_parameter,
};
use kiskadee_shared::id::RecordingId;

use crate::bodies::RecordingList;

const LIST: &str = caller_sql!("api.list_recordings", "$5::int, $6::uuid");
const DELETE: &str = caller_sql!("api.delete_recording", "$5::uuid");

/// List recordings, the newest first
#[utoipa::path(
    get, path = "/api/v1/recordings", tag = "Voices",
    params(Page),
    responses((status = 200, description = "A page of the caller's recordings", body = RecordingList), Protected, WithQuery),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn list_recordings(caller: Caller, page: Page) -> Reply {
    call(
        LIST,
        &caller,
        Class::Read,
        page.parameters_by_id::<RecordingId>()?,
    )
    .await
}

/// Delete a recording and all that came from it
///
/// The voice that was made of it goes, also where it was made of others, too, and every mix that the voice is part of.
#[utoipa::path(
    delete, path = "/api/v1/recordings/{recording_id}", tag = "Voices",
    params(("recording_id" = String, Path, description = "Id of the recording", pattern = "^rec_[0-9a-f]{32}$")),
    responses((status = 204, description = "The recording is gone"), Protected, WithId),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn delete_recording(caller: Caller, WireId(id): WireId<RecordingId>) -> Reply {
    call(DELETE, &caller, Class::Create, [uuid_parameter(id)]).await
}
