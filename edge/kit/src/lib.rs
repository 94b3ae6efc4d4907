//! What every edge component shares: authentication, problems, the one SQL call, and the shell around its routes.
//!
//! A component declares its handlers with [`routes!`] and hands each request to [`service::handle`]. Everything here also
//! builds natively, so that logic is unit-tested and the `OpenAPI` document is generated without WebAssembly.

pub mod batches;
pub mod context;
pub mod credentials;
pub mod database;
pub mod events;
pub mod filters;
pub mod idempotency;
pub mod json;
pub mod log;
pub mod member;
pub mod objects;
pub mod openapi;
pub mod path;
pub mod problem;
pub mod query;
pub mod request;
pub mod routes;
pub mod service;
pub mod settings;
pub mod token;
pub mod validate;

mod coding;
mod cors;
mod mend;
mod security;

pub use coding::Coding;
pub use context::Context;
pub use credentials::{Caller, Credentials};
pub use database::{Answer, Class};
pub use idempotency::IdempotencyKey;
pub use json::Json;
pub use member::Member;
pub use path::WireId;
pub use problem::{FieldError, Problem};
pub use query::Page;
pub use settings::{Settings, Site};
pub use validate::{Validate, Violations};

/// What a handler gives: the answer of the database, or a problem.
pub type Reply = Result<Answer, Problem>;

#[doc(hidden)]
pub use {axum, pastey, utoipa};
