//! Starting the host and ending it.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    net::TcpListener,
    sync::Notify,
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{
    compiled::Cache,
    component::Component,
    config::{HostConfig, Limits},
    connection::{self, Tls},
    engine,
    error::HostError,
    files,
    manifest::Manifest,
    pg::Before,
    route::Router,
    serve::{Served, Service},
    stage::Stage,
    telemetry::{
        flush,
        own::{self, Serving},
    },
    variables,
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
    certificate: Option<JoinHandle<()>>,
}

/// A host with its application loaded and its ports taken, which answers nobody yet: who connects meanwhile waits.
pub struct PreparedHost {
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    own: Option<Own>,
    service: Arc<Service>,
    telemetry: Option<String>,
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
            own,
            service,
            telemetry,
        } = self;
        let flush = match &telemetry {
            Some(url) => {
                let counts = Arc::clone(service.counts());
                let delivering = flush::task(url, counts, Arc::clone(&stop_flush))?;
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
            certificate: tls.clone().map(|tls| tokio::spawn(tls.watch())),
            server: tokio::spawn(connection::run(listener, tls, Arc::clone(&service))),
            service,
            flush,
            stop_flush,
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
        let tls = config
            .tls
            .as_ref()
            .map(Tls::load)
            .transpose()?
            .map(Arc::new);
        let telemetry = config.telemetry_database_url.clone();
        let finds_poolers = config.finds_poolers && !config.limits.behind_pooler;
        // Compiling takes seconds of pure computing.
        let loaded = tokio::task::spawn_blocking(move || load(&config)).await;
        let service = loaded.map_err(|error| HostError::Engine(error.to_string()))??;
        if finds_poolers {
            refuse_blind_poolers(&service).await?;
        }
        tracing::info!(
            ms = begun.elapsed().as_millis(),
            "the application is loaded"
        );
        Ok(PreparedHost {
            listener,
            tls,
            own,
            service: Arc::new(service),
            telemetry,
        })
    }

    /// Where requests are taken: the port, too, where the configuration left it open.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
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
        for task in [&self.flush, &self.certificate].into_iter().flatten() {
            task.abort();
        }
    }
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

/// Reads the manifest and makes every component ready.
fn load(config: &HostConfig) -> Result<Service, HostError> {
    let manifest = Manifest::read(&config.manifest)?;
    let sources = manifest.sources(&config.manifest, config.component_dir.as_deref());
    let missing: Vec<PathBuf> = sources
        .values()
        .filter(|path| !path.is_file())
        .cloned()
        .collect();
    if !missing.is_empty() {
        return Err(HostError::MissingComponents(missing));
    }
    let values = variables::resolve(&manifest.variables, &config.variables, |name| {
        std::env::var(name).ok()
    })?;
    let mut limits = config.limits.clone();
    limits.connections.all = files::make_room(limits.connections.all);
    let limits = Arc::new(limits);
    let engine = engine::engine(&limits, sources.len())?;
    let cache = Cache::open(&config.cache_dir, &engine)?;
    let linker =
        engine::linker(&engine).map_err(|error| HostError::Engine(format!("{error:#}")))?;
    let mut names = Vec::new();
    let mut served = Vec::new();
    for (name, source) in &sources {
        let failed = |reason| HostError::Component {
            component: name.clone(),
            reason,
        };
        let code = cache.load(source).map_err(failed)?;
        let Some(granted) = manifest.component.get(name) else {
            continue;
        };
        let component = Component::new(name, granted, &values, &code, &linker, &limits)?;
        names.push(name.as_str());
        served.push(Served::new(Arc::new(component)));
    }
    service(config, &manifest, &names, served, limits)
}

fn service(
    config: &HostConfig,
    manifest: &Manifest,
    names: &[&str],
    served: Vec<Served>,
    limits: Arc<Limits>,
) -> Result<Service, HostError> {
    let failed = |reason| HostError::Manifest {
        path: config.manifest.clone(),
        reason,
    };
    let routes = manifest.trigger.http.iter().filter_map(|trigger| {
        let place = names.iter().position(|name| *name == trigger.component)?;
        Some((trigger.route.clone(), place))
    });
    let all = Router::new(routes).map_err(failed)?;
    Ok(Service::new(all, served, limits, config))
}
