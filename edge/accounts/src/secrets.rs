//! /api/v1/webhooks/secret: the secret that signs the caller's webhooks

use kiskadee_edge_kit::{Caller, Class, Reply, caller_sql, database, openapi::Protected};
use kiskadee_shared::webhook_secret::WebhookSecret;
use spin_sdk::pg::ParameterValue;

use crate::{attempt::Attempt, documents::WebhookSecretInfo, random::random_bytes};

/// The webhook secret
///
/// Signs every webhook of this account (Standard Webhooks, `v1`).
#[utoipa::path(
    get, path = "/api/v1/webhooks/secret", tag = "webhooks", security(("bearer" = []), ("api_key" = [])),
    responses((status = 200, description = "The secret", body = WebhookSecretInfo), Protected)
)]
pub(crate) async fn show_secret(caller: Caller) -> Reply {
    // Stored only when the account has none yet.
    let fresh = ParameterValue::Str(WebhookSecret::generate(random_bytes()?).expose());
    database::call(
        caller_sql!("api.webhook_secret", "$5::text"),
        &caller,
        Class::Read,
        [fresh],
    )
    .await
}

/// Replace the webhook secret
///
/// The secret before stays valid for 24 hours: until then each webhook carries both signatures.
#[utoipa::path(
    post, path = "/api/v1/webhooks/secret/rotate", tag = "webhooks", security(("bearer" = []), ("api_key" = [])),
    responses((status = 200, description = "The new secret", body = WebhookSecretInfo), Protected)
)]
pub(crate) async fn rotate_secret(caller: Caller, attempt: Attempt) -> Reply {
    let fresh = ParameterValue::Str(WebhookSecret::generate(random_bytes()?).expose());
    database::call(
        caller_sql!("api.renew_webhook_secret", "$5::text, $6::text"),
        &caller,
        Class::Create,
        [fresh, attempt.client()],
    )
    .await
}
