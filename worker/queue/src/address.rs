//! The address of the database, which may change while pools live on it: another password, or another role.

use std::{
    fmt,
    path::PathBuf,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use sqlx::{
    ConnectOptions as _, Connection as _, PgPool,
    postgres::{PgConnectOptions, PgSslMode},
};
use tokio::time::timeout;

use crate::Result;

/// What a login that is tried may take.
const TRIED_WITHIN: Duration = Duration::from_secs(5);

/// The address, and who must hear of another one. Cheap to clone: clones are one.
#[derive(Clone)]
pub struct DatabaseAddress(Arc<Shared>);

struct Shared {
    now: RwLock<Now>,
    /// Certificates in PEM of authorities that may vouch for the server, beside those of the system.
    ca: Option<PathBuf>,
    pools: Mutex<Vec<Pool>>,
}

struct Now {
    url: String,
    /// Since when; connections from before are not used again.
    since: Option<Instant>,
}

/// A pool, and how its connections are set up beyond the address.
struct Pool {
    pool: PgPool,
    set_up: Box<dyn Fn(PgConnectOptions) -> PgConnectOptions + Send + Sync>,
}

impl DatabaseAddress {
    pub fn new(url: impl Into<String>) -> Self {
        Self::with_ca(url, None)
    }

    /// With certificates of authorities in a file: an address that asks for TLS by `sslmode=require` is then held to them and to the
    /// name of the host, as by `verify-full`.
    pub fn with_ca(url: impl Into<String>, ca: Option<PathBuf>) -> Self {
        Self(Arc::new(Shared {
            now: RwLock::new(Now {
                url: url.into(),
                since: None,
            }),
            ca,
            pools: Mutex::default(),
        }))
    }

    /// Takes another address as soon as one can log in with it; `Err` says why nobody can, and all stays as it is. Connections that
    /// are lent are used to the end of what they do.
    pub async fn replace(&self, url: &str) -> Result<()> {
        let options = self.parsed(url)?;
        let tried = timeout(TRIED_WITHIN, options.connect()).await;
        let connection = tried.map_err(|_| sqlx::Error::PoolTimedOut)??;
        // It has shown what it was for.
        let _ = timeout(TRIED_WITHIN, connection.close()).await;
        {
            let mut now = self.0.now.write().unwrap_or_else(PoisonError::into_inner);
            url.clone_into(&mut now.url);
            now.since = Some(Instant::now());
        }
        let mut pools = self.0.pools.lock().unwrap_or_else(PoisonError::into_inner);
        pools.retain(|pool| !pool.pool.is_closed());
        for Pool { pool, set_up } in &*pools {
            pool.set_connect_options(set_up(options.clone()));
        }
        Ok(())
    }

    /// How one connects now.
    pub(crate) fn options(&self) -> Result<PgConnectOptions> {
        let now = self.0.now.read().unwrap_or_else(PoisonError::into_inner);
        self.parsed(&now.url)
    }

    /// Lets a pool follow. It was made with what `set_up` makes of [`Self::options`].
    pub(crate) fn lead(
        &self,
        pool: &PgPool,
        set_up: impl Fn(PgConnectOptions) -> PgConnectOptions + Send + Sync + 'static,
    ) {
        let mut pools = self.0.pools.lock().unwrap_or_else(PoisonError::into_inner);
        pools.retain(|pool| !pool.pool.is_closed());
        pools.push(Pool {
            pool: pool.clone(),
            set_up: Box::new(set_up),
        });
    }

    /// Whether a connection of this age was made for the address of now.
    pub(crate) fn is_current(&self, age: Duration) -> bool {
        let now = self.0.now.read().unwrap_or_else(PoisonError::into_inner);
        now.since.is_none_or(|since| age < since.elapsed())
    }

    fn parsed(&self, url: &str) -> Result<PgConnectOptions> {
        let options = PgConnectOptions::from_str(url)?;
        let Some(ca) = &self.0.ca else {
            return Ok(options);
        };
        let options = options.ssl_root_cert(ca);
        Ok(match options.get_ssl_mode() {
            PgSslMode::Require | PgSslMode::VerifyCa => options.ssl_mode(PgSslMode::VerifyFull),
            _ => options,
        })
    }
}

impl<T: Into<String>> From<T> for DatabaseAddress {
    fn from(url: T) -> Self {
        Self::new(url)
    }
}

impl fmt::Debug for DatabaseAddress {
    /// Without the address, which holds a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseAddress").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_held_against_the_server() {
        let mode = |url: &str, ca: Option<&str>| {
            let address = DatabaseAddress::with_ca(url, ca.map(PathBuf::from));
            format!("{:?}", address.options().unwrap().get_ssl_mode())
        };
        assert_eq!(mode("postgres://h/d?sslmode=require", None), "Require");
        assert_eq!(
            mode("postgres://h/d?sslmode=require", Some("/ca")),
            "VerifyFull"
        );
        assert_eq!(
            mode("postgres://h/d?sslmode=disable", Some("/ca")),
            "Disable"
        );
    }

    #[test]
    fn what_is_shown_has_no_password() {
        let address = DatabaseAddress::new("postgres://me:hidden@h/d");
        assert!(!format!("{address:?}").contains("hidden"));
        assert!(address.is_current(Duration::from_hours(1)));
    }
}
