//! The pool of sessions of one component and address.
//!
//! The pool is bounded and waits only for so long; when Postgres cannot be reached, callers are told at once for a moment
//! instead of each waiting for its own attempt, and the next attempt after that moment finds Postgres when it is back.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::{Duration, Instant},
};

use deadpool::{
    Runtime,
    managed::{
        self, Metrics, Object, PoolError, RecycleError, RecycleResult, TimeoutType, Timeouts,
    },
};
use tokio_postgres::{Config, config::SslMode};

use super::{session::Session, tls};
use crate::{allowed_hosts::AllowedHosts, bindings::postgres::Error};

/// Addresses of one component; beyond that somebody makes them up.
const MAX_ADDRESSES: usize = 16;

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

/// Figures of a component's pools, for the metrics.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PoolStatus {
    pub(crate) sessions: usize,
    pub(crate) idle: usize,
    pub(crate) waiting: usize,
}

/// A session and the way back into its pool.
pub(super) type Pooled = Object<Sessions>;

/// A connection string, and the certificate authority to trust for it.
type Address = (String, Option<String>);

/// All pools of one component.
pub(crate) struct Pools {
    limits: PoolLimits,
    by_address: Mutex<HashMap<Address, Arc<Pool>>>,
}

impl Pools {
    pub(crate) fn new(limits: PoolLimits) -> Self {
        Self {
            limits,
            by_address: Mutex::default(),
        }
    }

    /// The pool for an address, made at its first use. It connects only when a session is asked for. An address that is
    /// not allowed gets no pool, so what has one need not be checked again: what is allowed never changes.
    pub(super) fn pool(
        &self,
        address: &str,
        ca_root: Option<&str>,
        allowed: &AllowedHosts,
    ) -> Result<Arc<Pool>, Error> {
        let key = (address.to_owned(), ca_root.map(ToOwned::to_owned));
        let mut pools = self
            .by_address
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.get(&key) {
            return Ok(Arc::clone(pool));
        }
        if pools.len() >= MAX_ADDRESSES {
            pools.retain(|_, pool| Arc::strong_count(pool) > 1);
        }
        let pool = allowed
            .check_postgres(address)
            .and_then(|()| Pool::new(address, ca_root, self.limits))
            .map_err(Error::ConnectionFailed)?;
        let pool = Arc::new(pool);
        pools.insert(key, Arc::clone(&pool));
        Ok(pool)
    }

    pub(crate) fn status(&self) -> PoolStatus {
        let pools = self
            .by_address
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        pools.values().fold(PoolStatus::default(), |sum, pool| {
            let status = pool.sessions.status();
            PoolStatus {
                sessions: sum.sessions + status.size,
                idle: sum.idle + status.available,
                waiting: sum.waiting + status.waiting,
            }
        })
    }
}

/// The sessions for one address.
pub(super) struct Pool {
    sessions: managed::Pool<Sessions>,
    last_failure: Mutex<Option<(Instant, String)>>,
}

impl Pool {
    fn new(address: &str, ca_root: Option<&str>, limits: PoolLimits) -> Result<Self, String> {
        let mut config: Config = address
            .parse()
            .map_err(|error: tokio_postgres::Error| error.to_string())?;
        config.connect_timeout(limits.connect);
        if config.get_application_name().is_none() {
            config.application_name("kiskadee-edge");
        }
        let manager = Sessions {
            tls: tls::connector(ca_root)?,
            config,
            behind_pooler: limits.behind_pooler,
        };
        let sessions = managed::Pool::builder(manager)
            .max_size(limits.sessions)
            .timeouts(Timeouts {
                wait: Some(limits.wait),
                create: Some(limits.connect),
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

/// An error with its cause, which the driver's own text leaves out.
fn describe(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// Opens sessions and makes them ready for the next user.
pub(super) struct Sessions {
    config: Config,
    tls: tokio_postgres_rustls::MakeRustlsConnect,
    behind_pooler: bool,
}

impl managed::Manager for Sessions {
    type Type = Session;
    type Error = tokio_postgres::Error;

    async fn create(&self) -> Result<Session, tokio_postgres::Error> {
        if self.config.get_ssl_mode() == SslMode::Disable {
            return connect(&self.config, self.behind_pooler, tokio_postgres::NoTls).await;
        }
        connect(&self.config, self.behind_pooler, self.tls.clone()).await
    }

    async fn recycle(
        &self,
        session: &mut Session,
        _: &Metrics,
    ) -> RecycleResult<tokio_postgres::Error> {
        if !session.is_usable() {
            return Err(RecycleError::message(
                "the session ended or was left in the middle of a statement",
            ));
        }
        if session.is_dirty() {
            session.reset().await?;
        }
        Ok(())
    }
}

async fn connect<T>(
    config: &Config,
    behind_pooler: bool,
    tls: T,
) -> Result<Session, tokio_postgres::Error>
where
    T: tokio_postgres::tls::MakeTlsConnect<tokio_postgres::Socket> + Clone + Send + Sync + 'static,
    T::Stream: Send,
    T::TlsConnect: Send,
    <T::TlsConnect as tokio_postgres::tls::TlsConnect<tokio_postgres::Socket>>::Future: Send,
{
    let (client, connection) = config.connect(tls.clone()).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a session with Postgres ended");
        }
    });
    let token = client.cancel_token();
    let cancel = move || {
        let (token, tls) = (token.clone(), tls.clone());
        tokio::spawn(async move { token.cancel_query(tls).await });
    };
    Ok(Session::new(client, behind_pooler, Box::new(cancel)))
}

/// Where a component's connection keeps the session it must go on with, if there is one.
#[derive(Default)]
pub(super) struct Slot(Mutex<Option<Pooled>>);

impl Slot {
    pub(super) fn put(&self, session: Pooled) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(session);
    }

    fn take(&self) -> Option<Pooled> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A session for one statement.
pub(super) struct Lease {
    session: Pooled,
    home: Weak<Slot>,
}

impl Lease {
    /// The session that the connection must go on with, or any free one.
    pub(super) async fn take(pool: &Pool, home: &Arc<Slot>) -> Result<Self, Error> {
        let session = match home.take() {
            Some(session) => session,
            None => pool.session().await?,
        };
        Ok(Self {
            session,
            home: Arc::downgrade(home),
        })
    }

    pub(super) fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Ends the statement: the session goes back to the pool, or to its connection when that left something in it.
    pub(super) fn finish(mut self) {
        self.session.finished();
        if self.session.is_dirty()
            && let Some(home) = self.home.upgrade()
        {
            home.put(self.session);
        }
    }
}
