//! The answers of this component as the API document describes them. The database writes them; these types are never filled.

use utoipa::ToSchema;

/// An account.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes JSON that the database writes")]
pub(crate) struct Profile {
    #[schema(example = "user_0192f0a1b2c37d4e8f90a1b2c3d4e5f6")]
    id: String,
    #[schema(example = "ada")]
    username: String,
    #[schema(example = "ada@example.com", format = Email)]
    email: String,
    #[schema(required)]
    full_name: Option<String>,
    /// `user` or `admin`.
    #[schema(example = "user")]
    role: String,
    #[schema(format = DateTime)]
    created_at: String,
}

/// An API key, without the key itself.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes JSON that the database writes")]
pub(crate) struct KeyInfo {
    #[schema(example = "key_0192f0a1b2c37d4e8f90a1b2c3d4e5f6")]
    id: String,
    name: String,
    /// The first characters of the key, to recognise it by.
    #[schema(example = "kk_2Jh8fKq1")]
    prefix: String,
    /// What it may be used for.
    #[schema(example = json!(["work:*"]))]
    scopes: Vec<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(required, format = DateTime)]
    expires_at: Option<String>,
    /// To the minute.
    #[schema(required, format = DateTime)]
    last_used_at: Option<String>,
    #[schema(required, format = DateTime)]
    revoked_at: Option<String>,
}

/// A page of API keys, newest first.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes JSON that the database writes")]
pub(crate) struct KeyPage {
    items: Vec<KeyInfo>,
    #[schema(required)]
    next_cursor: Option<String>,
}

/// The secret that signs webhooks (Standard Webhooks).
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes JSON that the database writes")]
pub(crate) struct WebhookSecretInfo {
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=")]
    secret: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// Until then the secret before this one signs too.
    #[schema(required, format = DateTime)]
    previous_valid_until: Option<String>,
}

/// One try to deliver a webhook.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes JSON that the database writes")]
pub(crate) struct DeliveryAttempt {
    #[schema(format = DateTime)]
    at: String,
    #[schema(required)]
    status_code: Option<u16>,
    #[schema(required)]
    error: Option<String>,
    #[schema(required)]
    duration_ms: Option<u32>,
}

/// A webhook on its way, delivered, or parked after the last attempt.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes JSON that the database writes")]
pub(crate) struct Delivery {
    #[schema(example = "msg_0192f0a1b2c37d4e8f90a1b2c3d4e5f6")]
    id: String,
    #[schema(example = "batch.completed")]
    event: String,
    url: String,
    /// `pending`, `delivered` or `parked`.
    #[schema(example = "delivered")]
    status: String,
    attempts: u32,
    /// Why it was parked.
    #[schema(required)]
    reason: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(required, format = DateTime)]
    next_attempt_at: Option<String>,
    #[schema(required, format = DateTime)]
    finished_at: Option<String>,
    #[schema(required)]
    last_attempt: Option<DeliveryAttempt>,
}

/// A delivery with its payload and every attempt.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes JSON that the database writes")]
pub(crate) struct DeliveryDetail {
    #[serde(flatten)]
    delivery: Delivery,
    #[schema(value_type = Object)]
    payload: String,
    attempt_log: Vec<DeliveryAttempt>,
}

/// A page of deliveries, newest first.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes JSON that the database writes")]
pub(crate) struct DeliveryPage {
    items: Vec<Delivery>,
    #[schema(required)]
    next_cursor: Option<String>,
}
