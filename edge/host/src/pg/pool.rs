//! The pool of sessions of one component and address.
//!
//! The pool is bounded and waits only for so long; when Postgres cannot be reached, callers are told at once for a moment
//! instead of each waiting for its own attempt, and the next attempt after that moment finds Postgres when it is back.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use deadpool::{
    Runtime,
    managed::{self, Object, PoolError, TimeoutType, Timeouts},
};
use tokio_postgres::Config;

use super::{
    renewed::Hurry,
    sessions::{PASSWORD_PATIENCE, Sessions},
    tls,
};
use crate::bindings::postgres::Error;

/// How long a failed connect answers for those who come after it.
const FAILURE_MEMORY: Duration = Duration::from_millis(250);

/// Bounds of a pool.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PoolLimits {
    pub(crate) sessions: usize,
    pub(crate) wait: Duration,
    pub(crate) connect: Duration,
    pub(crate) behind_pooler: bool,
}

/// A session and the way back into its pool.
pub(super) type Pooled = Object<Sessions>;

/// The sessions for one address.
pub(super) struct Pool {
    sessions: managed::Pool<Sessions>,
    last_failure: Mutex<Option<(Instant, String)>>,
}

impl Pool {
    pub(super) fn new(
        address: &str,
        ca: Option<&str>,
        limits: PoolLimits,
        hurry: Option<Hurry>,
    ) -> Result<Self, String> {
        let patience = hurry.as_ref().map_or(Duration::ZERO, |_| PASSWORD_PATIENCE);
        let config = config(address, limits)?;
        let manager = Sessions::new(config, tls::connector(ca)?, limits.behind_pooler, hurry);
        let sessions = managed::Pool::builder(manager)
            .max_size(limits.sessions)
            .timeouts(Timeouts {
                wait: Some(limits.wait),
                create: Some(limits.connect + patience),
                recycle: Some(limits.connect),
            })
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self {
            sessions,
            last_failure: Mutex::default(),
        })
    }

    pub(super) fn status(&self) -> managed::Status {
        self.sessions.status()
    }

    /// Sessions that are there end: those without work now, the others when they come back.
    pub(super) fn renew(&self, config: Config) {
        let config = Arc::new(config);
        self.sessions.manager().renew(Arc::clone(&config));
        self.sessions
            .retain(|session, _| Arc::ptr_eq(session.config(), &config));
    }

    /// A session that nothing of an earlier user is left in.
    pub(super) async fn session(&self) -> Result<Pooled, Error> {
        if let Some(message) = self.recent_failure() {
            return Err(Error::ConnectionFailed(message));
        }
        self.sessions
            .get()
            .await
            .map_err(|error| self.failed(error))
    }

    fn recent_failure(&self) -> Option<String> {
        let last = self
            .last_failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        last.as_ref()
            .filter(|(at, _)| at.elapsed() < FAILURE_MEMORY)
            .map(|(_, message)| message.clone())
    }

    fn failed(&self, error: PoolError<tokio_postgres::Error>) -> Error {
        let message = match error {
            PoolError::Timeout(TimeoutType::Wait) => {
                let size = self.sessions.status().max_size;
                return Error::ConnectionFailed(format!("all {size} sessions are in use"));
            }
            PoolError::Timeout(_) => "Postgres did not answer in time".to_owned(),
            PoolError::Backend(error) => {
                let message = describe(&error);
                if error.as_db_error().is_some() {
                    return Error::ConnectionFailed(message);
                }
                message
            }
            other => other.to_string(),
        };
        tracing::warn!(error = %message, "Postgres cannot be reached");
        let mut last = self
            .last_failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *last = Some((Instant::now(), message.clone()));
        Error::ConnectionFailed(message)
    }
}

/// An address as the driver takes it.
pub(super) fn config(address: &str, limits: PoolLimits) -> Result<Config, String> {
    let mut config: Config = address
        .parse()
        .map_err(|error: tokio_postgres::Error| error.to_string())?;
    config.connect_timeout(limits.connect);
    if config.get_application_name().is_none() {
        config.application_name("kiskadee-edge");
    }
    Ok(config)
}

/// An error with its cause, which the driver's own text leaves out.
fn describe(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
