//! Starting the host and ending it.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use kiskadee_secret::SecretSource;
use tokio::{
    net::TcpListener,
    sync::Notify,
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{
    config::HostConfig,
    connection::{self, Acme, Tls},
    error::HostError,
    loading::load,
    pg::Before,
    renewal::Renewal,
    serve::Service,
    stage::Stage,
    telemetry::{
        flush,
        own::{self, Serving},
    },
};

/// After the last request: time for the last counts to reach the database.
const LAST_FLUSH: Duration = Duration::from_secs(5);

/// A running host. Dropping it ends it at once; `shutdown` ends it in order.
pub struct EdgeHost {
    address: SocketAddr,
    own: Option<Own>,
    service: Arc<Service>,
    stop_flush: Arc<Notify>,
    server: JoinHandle<()>,
    flush: Option<JoinHandle<()>>,
    answers: JoinHandle<()>,
    /// What keeps certificates fresh, and sends people to where they serve.
    securing: Vec<JoinHandle<()>>,
    redirect: Option<SocketAddr>,
    renewal: Option<JoinHandle<()>>,
}

/// A host with its application loaded and its ports taken, which answers nobody yet: who connects meanwhile waits.
pub struct PreparedHost {
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    acme: Option<Acme>,
    redirect: Option<(TcpListener, u16)>,
    own: Option<Own>,
    service: Arc<Service>,
    telemetry: Option<SecretSource>,
    database_ca: Option<Arc<str>>,
    renewal: Option<Renewal>,
}

/// The listener of the process' own, until it is dropped.
struct Own {
    address: SocketAddr,
    serving: Serving,
    task: JoinHandle<()>,
}

impl PreparedHost {
    /// Begins to answer.
    pub fn serve(self) -> Result<EdgeHost, HostError> {
        let stop_flush = Arc::new(Notify::new());
        let Self {
            listener,
            tls,
            acme,
            redirect,
            own,
            service,
            telemetry,
            database_ca,
            renewal,
        } = self;
        let flush = match telemetry {
            Some(url) => {
                let counts = Arc::clone(service.counts());
                let delivering = flush::task(url, database_ca, counts, Arc::clone(&stop_flush))?;
                Some(tokio::spawn(delivering))
            }
            None => None,
        };
        let address = local(&listener)?;
        if let Some(own) = &own {
            // It was prepared once.
            let _ = own.serving.set(Arc::clone(&service));
        }
        let host = EdgeHost {
            address,
            own,
            answers: {
                let service = Arc::clone(&service);
                tokio::spawn(async move { service.watch().await })
            },
            redirect: match &redirect {
                Some((listener, _)) => Some(local(listener)?),
                None => None,
            },
            securing: securing(tls.as_ref(), acme, redirect),
            server: tokio::spawn(connection::run(listener, tls, Arc::clone(&service))),
            service,
            flush,
            stop_flush,
            renewal: renewal.map(|renewal| tokio::spawn(renewal.run())),
        };
        tracing::info!(%address, "the edge host answers");
        Ok(host)
    }
}

impl EdgeHost {
    /// Loads the application and begins to answer.
    pub async fn start(config: HostConfig) -> Result<Self, HostError> {
        Self::prepare(config).await?.serve()
    }

    /// Takes the ports and loads the application: all that can be wrong is found before the first connection is taken.
    pub async fn prepare(config: HostConfig) -> Result<PreparedHost, HostError> {
        let begun = Instant::now();
        let listener = bind(config.listen).await?;
        let own = match config.metrics_listen {
            Some(address) => Some(Own::listen(address).await?),
            None => None,
        };
        let redirect = match config.redirect {
            Some(redirect) => Some((bind(redirect.listen).await?, redirect.port)),
            None => None,
        };
        let tls = match (&config.tls, &config.acme) {
            (Some(files), _) => Some(Tls::load(files)?),
            (None, Some(acme)) => {
                acme.make_room()?;
                Some(Tls::of_acme(acme)?)
            }
            (None, None) => None,
        };
        let tls = tls.map(Arc::new);
        let acme = config.acme.clone();
        let telemetry = config.telemetry_database_url.clone();
        let finds_poolers = config.finds_poolers && !config.limits.behind_pooler;
        // Compiling takes seconds of pure computing.
        let loaded = tokio::task::spawn_blocking(move || load(&config)).await;
        let loaded = loaded.map_err(|error| HostError::Engine(error.to_string()))??;
        if finds_poolers {
            refuse_blind_poolers(&loaded.service).await?;
        }
        tracing::info!(
            ms = begun.elapsed().as_millis(),
            "the application is loaded"
        );
        Ok(PreparedHost {
            listener,
            tls,
            acme,
            redirect,
            own,
            service: Arc::new(loaded.service),
            telemetry,
            database_ca: loaded.database_ca,
            renewal: loaded.renewal,
        })
    }

    /// Where requests are taken: the port, too, where the configuration left it open.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Where those who come without TLS are sent to where it is spoken.
    pub fn redirect_addr(&self) -> Option<SocketAddr> {
        self.redirect
    }

    /// Where this process' metrics are served.
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.own.as_ref().map(|own| own.address)
    }

    /// Asks those who send requests to send no more, and answers them for `delay`: the process is not ready, every answer over HTTP/1
    /// closes its connection, and over HTTP/2 connections take no more requests. `shutdown` comes after it.
    pub async fn drain(&self, delay: Duration) {
        self.service.stages().reach(Stage::Draining);
        tracing::info!(seconds = delay.as_secs_f64(), "the edge host drains");
        sleep(delay).await;
    }

    /// Takes no more connections, finishes the requests that run, and brings the last counts to the database. What is
    /// not done within `deadline` is cut off; `false` says that something was.
    pub async fn shutdown(mut self, deadline: Duration) -> bool {
        self.service.stages().reach(Stage::Closing);
        let finished = timeout(deadline, &mut self.server).await.is_ok();
        self.server.abort();
        self.stop_flush.notify_one();
        if let Some(flush) = &mut self.flush {
            // What cannot be delivered by now is lost with the process.
            let _ = timeout(LAST_FLUSH, flush).await;
        }
        finished
    }
}

impl Drop for EdgeHost {
    fn drop(&mut self) {
        self.server.abort();
        self.answers.abort();
        let others = [&self.flush, &self.renewal].into_iter().flatten();
        for task in others.chain(&self.securing) {
            task.abort();
        }
    }
}

/// All that goes on beside connections with TLS.
fn securing(
    tls: Option<&Arc<Tls>>,
    acme: Option<Acme>,
    redirect: Option<(TcpListener, u16)>,
) -> Vec<JoinHandle<()>> {
    let challenges = tls.and_then(|tls| tls.challenges());
    let watching = tls.map(|tls| tokio::spawn(Arc::clone(tls).watch()));
    let asking = acme.zip(challenges.clone());
    let asking =
        asking.map(|(acme, answers)| tokio::spawn(connection::keep_certificate(acme, answers)));
    let redirecting = redirect
        .map(|(listener, port)| tokio::spawn(connection::redirect(listener, port, challenges)));
    [watching, asking, redirecting]
        .into_iter()
        .flatten()
        .collect()
}

impl Own {
    async fn listen(address: SocketAddr) -> Result<Self, HostError> {
        let listener = bind(address).await?;
        let serving = Serving::default();
        Ok(Self {
            address: local(&listener)?,
            task: tokio::spawn(own::serve(listener, Arc::clone(&serving))),
            serving,
        })
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A server that cannot be asked now is asked by whoever needs it: an edge without a database is there before it.
async fn refuse_blind_poolers(service: &Service) -> Result<(), HostError> {
    for server in service.servers() {
        match server.before().await {
            Ok(Before::Nothing) => {}
            Ok(Before::BlindPooler) => return Err(HostError::Pooler(server.name.clone())),
            Err(error) => {
                tracing::warn!(server = server.name, %error, "whether a pooler lies before Postgres cannot be told");
            }
        }
    }
    Ok(())
}

async fn bind(address: SocketAddr) -> Result<TcpListener, HostError> {
    TcpListener::bind(address)
        .await
        .map_err(|reason| HostError::Listen { address, reason })
}

fn local(listener: &TcpListener) -> Result<SocketAddr, HostError> {
    listener
        .local_addr()
        .map_err(|error| HostError::Engine(error.to_string()))
}
