//! The pool of sessions of one component and address.
//!
//! The pool is bounded and waits only for so long; when Postgres cannot be reached, callers are told at once for a moment
//! instead of each waiting for its own attempt, and the next attempt after that moment finds Postgres when it is back.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use deadpool::{
    Runtime,
    managed::{
        self, Metrics, Object, PoolError, RecycleError, RecycleResult, TimeoutType, Timeouts,
    },
};
use tokio::{sync::watch, time::timeout};
use tokio_postgres::{Config, config::SslMode, error::SqlState};

use super::{
    renewed::{Hurry, Renewed},
    session::Session,
    tls,
};
use crate::{allowed_hosts::AllowedHosts, bindings::postgres::Error};

/// Addresses of one component; beyond that somebody makes them up.
const MAX_ADDRESSES: usize = 16;

/// How long a failed connect answers for those who come after it.
const FAILURE_MEMORY: Duration = Duration::from_millis(250);

/// How long a session that is refused waits for another password, where there may be one.
const PASSWORD_PATIENCE: Duration = Duration::from_secs(3);

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
    /// Certificates of authorities, where the component names none.
    ca: Option<Arc<str>>,
    hurry: Option<Hurry>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    by_address: HashMap<Address, Arc<Pool>>,
    renewed: Renewed,
}

impl Pools {
    pub(crate) fn new(limits: PoolLimits, ca: Option<Arc<str>>, hurry: Option<Hurry>) -> Self {
        Self {
            limits,
            ca,
            hurry,
            known: Mutex::default(),
        }
    }

    /// The pool for an address, made at its first use. It connects only when a session is asked for. An address that is
    /// not allowed gets no pool, so what has one need not be checked again: what is allowed never changes. An old address that was
    /// replaced is as the new one.
    pub(super) fn pool(
        &self,
        address: &str,
        ca_root: Option<&str>,
        allowed: &AllowedHosts,
    ) -> Result<Arc<Pool>, Error> {
        let mut known = self.known();
        let address = known.renewed.today(address).to_owned();
        let key = (address, ca_root.map(ToOwned::to_owned));
        if let Some(pool) = known.by_address.get(&key) {
            return Ok(Arc::clone(pool));
        }
        if known.by_address.len() >= MAX_ADDRESSES {
            known
                .by_address
                .retain(|_, pool| Arc::strong_count(pool) > 1);
        }
        let ca = ca_root.or(self.ca.as_deref());
        let pool = allowed
            .check_postgres(&key.0)
            .and_then(|()| Pool::new(&key.0, ca, self.limits, self.hurry.clone()))
            .map_err(Error::ConnectionFailed)?;
        let pool = Arc::new(pool);
        known.by_address.insert(key, Arc::clone(&pool));
        Ok(pool)
    }

    /// Whoever has, or asks for, sessions at the old address is given those of the new one from here on.
    pub(crate) fn replace(&self, old: &str, new: &str) -> Result<(), String> {
        let config = config(new, self.limits)?;
        let mut known = self.known();
        let keys: Vec<_> = known.by_address.keys().cloned().collect();
        for (address, ca) in keys.into_iter().filter(|(address, _)| address == old) {
            if let Some(pool) = known.by_address.remove(&(address, ca.clone())) {
                pool.renew(config.clone());
                known.by_address.insert((new.to_owned(), ca), pool);
            }
        }
        known.renewed.replace(old, new);
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn status(&self) -> PoolStatus {
        let known = self.known();
        known
            .by_address
            .values()
            .fold(PoolStatus::default(), |sum, pool| {
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
    fn new(
        address: &str,
        ca: Option<&str>,
        limits: PoolLimits,
        hurry: Option<Hurry>,
    ) -> Result<Self, String> {
        let patience = hurry.as_ref().map_or(Duration::ZERO, |_| PASSWORD_PATIENCE);
        let manager = Sessions {
            tls: tls::connector(ca)?,
            config: watch::Sender::new(Arc::new(config(address, limits)?)),
            behind_pooler: limits.behind_pooler,
            hurry,
        };
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

    /// Sessions that are there end: those without work now, the others when they come back.
    fn renew(&self, config: Config) {
        let config = Arc::new(config);
        self.sessions
            .manager()
            .config
            .send_replace(Arc::clone(&config));
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
fn config(address: &str, limits: PoolLimits) -> Result<Config, String> {
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

/// Opens sessions and makes them ready for the next user.
pub(super) struct Sessions {
    config: watch::Sender<Arc<Config>>,
    tls: tokio_postgres_rustls::MakeRustlsConnect,
    behind_pooler: bool,
    hurry: Option<Hurry>,
}

impl Sessions {
    fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config.borrow())
    }

    async fn open(&self, config: &Arc<Config>) -> Result<Session, tokio_postgres::Error> {
        if config.get_ssl_mode() == SslMode::Disable {
            return connect(config, self.behind_pooler, tokio_postgres::NoTls).await;
        }
        connect(config, self.behind_pooler, self.tls.clone()).await
    }

    /// Whether there is another address by now, or soon.
    async fn is_renewed(&self, refused: &Arc<Config>) -> bool {
        let Some(hurry) = &self.hurry else {
            return false;
        };
        let mut config = self.config.subscribe();
        hurry.please();
        let renewed = config.wait_for(|now| !Arc::ptr_eq(now, refused));
        matches!(timeout(PASSWORD_PATIENCE, renewed).await, Ok(Ok(_)))
    }
}

/// Whoever logs in is not known by this password, or not at all.
fn is_login_refused(error: &tokio_postgres::Error) -> bool {
    let refusals = [
        SqlState::INVALID_PASSWORD,
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
    ];
    error.code().is_some_and(|code| refusals.contains(code))
}

impl managed::Manager for Sessions {
    type Type = Session;
    type Error = tokio_postgres::Error;

    /// The password of a role may have been changed a moment before the file that it is in.
    async fn create(&self) -> Result<Session, tokio_postgres::Error> {
        let config = self.config();
        match self.open(&config).await {
            Err(error) if is_login_refused(&error) && self.is_renewed(&config).await => {
                self.open(&self.config()).await
            }
            opened => opened,
        }
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
        if !Arc::ptr_eq(session.config(), &self.config.borrow()) {
            return Err(RecycleError::message("the address is another by now"));
        }
        if session.is_dirty() {
            session.reset().await?;
        }
        Ok(())
    }
}

async fn connect<T>(
    config: &Arc<Config>,
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
    let config = Arc::clone(config);
    Ok(Session::new(
        client,
        config,
        behind_pooler,
        Box::new(cancel),
    ))
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
