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

/// A user as administrators see one.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes JSON that the database writes")]
pub(crate) struct User {
    #[serde(flatten)]
    profile: Profile,
    /// `active`, `disabled`, or `deleting` until all is erased.
    #[schema(example = "active")]
    status: String,
    #[schema(required, format = DateTime)]
    disabled_at: Option<String>,
    /// The share of the fleet beside other users.
    weight: f32,
    /// The cost of work that may wait at once.
    queue_cap: i64,
    /// The cost of work that may run at once, where it is capped.
    #[schema(required)]
    in_flight_cap: Option<i64>,
    /// Bytes that may be stored, where that is bounded.
    #[schema(required)]
    storage_quota: Option<i64>,
    /// Days for which finished work is kept, where that is less than the installation's own.
    #[schema(required)]
    retention_days: Option<i32>,
    live_keys: u32,
}

/// A page of users, newest first.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes JSON that the database writes")]
pub(crate) struct UserPage {
    items: Vec<User>,
    #[schema(required)]
    next_cursor: Option<String>,
}

/// A user who is being deleted.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes JSON that the database writes")]
pub(crate) struct Leaving {
    #[schema(example = "user_0192f0a1b2c37d4e8f90a1b2c3d4e5f6")]
    id: String,
    #[schema(example = "deleting")]
    status: String,
}

/// One thing that is known of the caller.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes JSON that the database writes")]
pub(crate) struct ExportItem {
    /// `account`, `api_key`, `audit`, `batch`, `job`, `pronunciation`, `recording`, `voice`, `upload`, `webhook`, …
    #[schema(example = "job")]
    kind: String,
    /// As its own route shows it, or more.
    #[schema(value_type = Object)]
    data: String,
}

/// A page of what is known of the caller.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes JSON that the database writes")]
pub(crate) struct ExportPage {
    items: Vec<ExportItem>,
    #[schema(required)]
    next_cursor: Option<String>,
}

/// What ended beside the tokens.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes JSON that the database writes")]
pub(crate) struct Revoked {
    revoked_keys: u32,
}

/// One thing that somebody did.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes JSON that the database writes")]
pub(crate) struct AuditEntry {
    #[schema(example = "audit_0192f0a1b2c37d4e8f90a1b2c3d4e5f6")]
    id: String,
    #[schema(format = DateTime)]
    at: String,
    /// Who did it, where that is known.
    #[schema(required)]
    actor: Option<String>,
    /// By `token`, `key`, `password`, `link`, as `operator` on the command line, or `nobody`.
    #[schema(example = "token")]
    via: String,
    #[schema(example = "key.made")]
    action: String,
    /// To whom.
    #[schema(required)]
    subject: Option<String>,
    /// The address; of IPv6 the network.
    #[schema(required)]
    client: Option<String>,
    #[schema(required, value_type = Option<Object>)]
    detail: Option<String>,
}

/// A page of the log, newest first.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes JSON that the database writes")]
pub(crate) struct AuditPage {
    items: Vec<AuditEntry>,
    #[schema(required)]
    next_cursor: Option<String>,
}
