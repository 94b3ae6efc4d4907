//! Opens sessions with Postgres, and makes them ready for the next user.

use std::{sync::Arc, time::Duration};

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use tokio::{sync::watch, time::timeout};
use tokio_postgres::{Config, config::SslMode, error::SqlState};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{renewed::Hurry, session::Session};

/// How long a session that is refused waits for another password, where there may be one.
pub(super) const PASSWORD_PATIENCE: Duration = Duration::from_secs(3);

/// Opens sessions and makes them ready for the next user.
pub(super) struct Sessions {
    config: watch::Sender<Arc<Config>>,
    tls: MakeRustlsConnect,
    behind_pooler: bool,
    hurry: Option<Hurry>,
}

impl Sessions {
    pub(super) fn new(
        config: Config,
        tls: MakeRustlsConnect,
        behind_pooler: bool,
        hurry: Option<Hurry>,
    ) -> Self {
        Self {
            config: watch::Sender::new(Arc::new(config)),
            tls,
            behind_pooler,
            hurry,
        }
    }

    /// Sessions are opened at another address from here on.
    pub(super) fn renew(&self, config: Arc<Config>) {
        self.config.send_replace(config);
    }

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
