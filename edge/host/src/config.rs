//! What the host is told at its start, and the bounds it keeps.

use std::{
    collections::BTreeMap,
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use kiskadee_secret::SecretSource;

use crate::{
    admission::Shares,
    answer::Pace,
    client::Proxies,
    connection::{Acme, Redirect, TlsFiles},
    health::Health,
};

/// What to run and where.
#[derive(Clone)]
pub struct HostConfig {
    /// The application's `spin.toml`.
    pub manifest: PathBuf,
    /// Where requests are taken. Port 0 picks a free one.
    pub listen: SocketAddr,
    /// The certificate of connections that speak TLS, and of nothing else then. Without it they speak HTTP.
    pub tls: Option<TlsFiles>,
    /// The same from an authority, which gives it by itself; not with `tls`.
    pub acme: Option<Acme>,
    /// Where those who come without TLS are sent to where it is spoken.
    pub redirect: Option<Redirect>,
    /// Where this process' own Prometheus metrics are served, if anywhere.
    pub metrics_listen: Option<SocketAddr>,
    /// Values of the manifest's variables. `SPIN_VARIABLE_<NAME>` in the environment comes first, as under Spin, and with it the file
    /// that `SPIN_VARIABLE_<NAME>_FILE` names.
    pub variables: BTreeMap<String, String>,
    /// Files with values of the manifest's variables, before `variables`. As those that the environment names they are taken anew when
    /// they change.
    pub variable_files: BTreeMap<String, PathBuf>,
    /// A directory that holds the components' files by name, instead of the paths in the manifest.
    pub component_dir: Option<PathBuf>,
    /// Where compiled components are kept. Nobody else may be able to write here: what it holds is run as native code.
    pub cache_dir: PathBuf,
    /// The proxies in front of the host, if any.
    pub proxies: Proxies,
    /// What the host answers by itself about its own process, if anything.
    pub health: Option<Health>,
    /// Paths, as in `endpoints`, whose GET answers with events or a download. They share instances of their own: they are many,
    /// last long, and have nothing to read that could break one.
    pub streams: Vec<String>,
    /// Those of `streams` that answer with events. Many of them share an instance, and those who ask together there ask once.
    pub events: Vec<String>,
    /// Documented paths, `/jobs/{job_id}`, by which requests are counted apart. What is neither one of them nor a route of
    /// the manifest is counted as `other`.
    pub endpoints: Vec<String>,
    /// Whether to find out at the start if a pooler that loses prepared statements lies before Postgres, and not to start then;
    /// never where `limits.behind_pooler` says that one does.
    pub finds_poolers: bool,
    /// The bounds.
    pub limits: Limits,
    /// The database that request counts are added to, if any; a role that may call `telemetry.record`.
    pub telemetry_database_url: Option<SecretSource>,
    /// Certificates in PEM of the authorities that may vouch for a database, beside the public ones; for addresses that ask for TLS.
    pub database_ca: Option<PathBuf>,
}

impl HostConfig {
    /// A configuration with the default limits, no metrics listener and no telemetry.
    pub fn new(
        manifest: impl AsRef<Path>,
        listen: SocketAddr,
        cache_dir: impl AsRef<Path>,
    ) -> Self {
        Self {
            manifest: manifest.as_ref().to_owned(),
            listen,
            tls: None,
            acme: None,
            redirect: None,
            metrics_listen: None,
            variables: BTreeMap::new(),
            variable_files: BTreeMap::new(),
            component_dir: None,
            cache_dir: cache_dir.as_ref().to_owned(),
            proxies: Proxies::default(),
            health: None,
            streams: Vec::new(),
            events: Vec::new(),
            endpoints: Vec::new(),
            finds_poolers: false,
            limits: Limits::default(),
            telemetry_database_url: None,
            database_ca: None,
        }
    }
}

impl fmt::Debug for HostConfig {
    /// Without the values of variables and without the database address: both hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostConfig")
            .field("manifest", &self.manifest)
            .field("listen", &self.listen)
            .field("metrics_listen", &self.metrics_listen)
            .field("variables", &self.variables.keys())
            .field("cache_dir", &self.cache_dir)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Bounds on memory, time and number, so that no caller and no component can take the machine down.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Requests that run at once, over all components, until their answer is sent. Beyond a share of one's own the answer is
    /// 429, beyond that of all 503, both with `Retry-After`.
    pub requests: Shares,
    /// Answers under way whose length is unknown or above 1 MiB: event streams, live audio, downloads. A request becomes
    /// one when its head is answered.
    pub streams: Shares,
    /// Connections from clients; a caller is not known yet. Fewer where the process may not open so many files.
    pub connections: Shares,
    /// Instances of all components that have one request each, from its head until nothing is left to do: more than requests that
    /// run, for live audio keeps its instance. Beyond it as with `requests`.
    pub instances: Shares,
    /// Requests that one instance handles in its life, one after the other.
    pub requests_per_instance: usize,
    /// An instance with more memory than this is not used again.
    pub instance_kept_bytes: usize,
    /// Instances for downloads; a new one is made whenever the others have something to do.
    pub downloads: Sharing,
    /// Instances for events; a new one is made only when the others are full, or nobody is let in for long.
    pub events: Sharing,
    /// Memory of one instance.
    pub instance_memory_bytes: usize,
    /// How long an instance without work is kept.
    pub instance_idle: Duration,
    /// How long a component may compute without waiting for anything, in time of the processor.
    pub compute: Duration,
    /// From the last part of the request's body to the head of the answer; beyond it, 504.
    pub request: Duration,
    /// From the head to the end of the answer.
    pub response_body: Duration,
    /// How long a component may work on when its answers have been sent, or given up.
    pub after_answer: Duration,
    /// The body of a request; beyond it, 413.
    pub request_body_bytes: u64,
    /// The longest wait for the next part of a request's body, and the time in which `request_body_rate` is measured;
    /// beyond it, 408.
    pub request_body_idle: Duration,
    /// Bytes a second in which a request's body must come.
    pub request_body_rate: u64,
    /// The time in which it is measured whether an answer is taken at `answer_rate`, where there is something to take.
    pub answer_idle: Duration,
    /// The same for streams: a player has buffers of minutes.
    pub stream_idle: Duration,
    /// Bytes a second in which an answer must be taken; what is slower is cut off.
    pub answer_rate: u64,
    /// The wait for the head of a request, and for the next request of a connection.
    pub request_head: Duration,
    /// The wait for the end of a TLS handshake.
    pub handshake: Duration,
    /// Header lines of a request, and the bytes of all of them.
    pub headers: usize,
    /// See `headers`.
    pub header_bytes: usize,
    /// Postgres is behind a pooler that gives a session for a transaction: nothing is prepared, and a statement is one
    /// message. What a statement leaves in its session is then another's.
    pub behind_pooler: bool,
    /// Sessions with Postgres for one component and address.
    pub postgres_sessions: usize,
    /// The wait for a free session.
    pub postgres_wait: Duration,
    /// The wait for Postgres to accept a connection.
    pub postgres_connect: Duration,
    /// The longest wait for another server that a component may ask for, to connect and for each part of the answer.
    pub outbound: Duration,
}

/// Bounds of instances that streams of one kind share. One that has taken half of its memory gets no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sharing {
    /// Instances of one component.
    pub instances_per_component: usize,
    /// Streams that one instance has at once.
    pub at_once: usize,
    /// Of those, such as wait for the head of their answer.
    pub unanswered: usize,
    /// Streams that one instance has in its life.
    pub in_all: usize,
}

impl Limits {
    /// How fast a request's body must come.
    pub(crate) fn arrival(&self) -> Pace {
        Pace {
            bytes_per_second: self.request_body_rate,
            window: self.request_body_idle,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: Shares {
                all: 512,
                per_address: 256,
                per_caller: 128,
            },
            streams: Shares {
                all: 10_000,
                per_address: 1000,
                per_caller: 200,
            },
            connections: Shares {
                all: 12_000,
                per_address: 1500,
                per_caller: usize::MAX,
            },
            instances: Shares {
                all: 1024,
                per_address: 512,
                per_caller: 256,
            },
            requests_per_instance: 512,
            instance_kept_bytes: 8 << 20,
            downloads: Sharing {
                instances_per_component: 32,
                at_once: 512,
                unanswered: 16,
                in_all: 512,
            },
            events: Sharing {
                instances_per_component: 8,
                at_once: 2048,
                unanswered: 64,
                in_all: 1 << 14,
            },
            instance_memory_bytes: 128 << 20,
            instance_idle: Duration::from_secs(10),
            compute: Duration::from_secs(5),
            request: Duration::from_secs(30),
            response_body: Duration::from_hours(1),
            after_answer: Duration::from_secs(5),
            request_body_bytes: 25 << 20,
            request_body_idle: Duration::from_secs(20),
            request_body_rate: 8 << 10,
            answer_idle: Duration::from_secs(30),
            stream_idle: Duration::from_mins(2),
            answer_rate: 1 << 10,
            request_head: Duration::from_secs(30),
            handshake: Duration::from_secs(10),
            headers: 100,
            header_bytes: 64 << 10,
            behind_pooler: false,
            postgres_sessions: 16,
            postgres_wait: Duration::from_secs(5),
            postgres_connect: Duration::from_secs(3),
            outbound: Duration::from_secs(30),
        }
    }
}
