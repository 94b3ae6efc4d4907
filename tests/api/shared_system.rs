//! One system for all tests of this binary. It lives as long as the process. With `KISKADEE_TEST_POOLER` its edge and its worker stand
//! behind that.

use std::path::PathBuf;
use std::sync::{OnceLock, mpsc};

use anyhow::Result;
use kiskadee_tests::{Client, Options, Pooled, System};
use serde_json::Value;

#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) url: String,
    pub(crate) credentials: Value,
    pub(crate) state_dir: PathBuf,
    pub(crate) edge_log: PathBuf,
}

/// Whichever the tests are to ask.
enum Running {
    Alone(System),
    Pooled(Pooled),
}

impl Running {
    async fn start() -> Result<Self> {
        match Pooled::start_if_asked().await? {
            Some(pooled) => Ok(Self::Pooled(pooled)),
            None => System::start(Options::default()).await.map(Self::Alone),
        }
    }

    fn shared(&self) -> Shared {
        let (system, url, edge_log) = match self {
            Self::Alone(system) => {
                let log = system.state_dir().join("logs/edge.jsonl");
                (system, &system.url, log)
            }
            Self::Pooled(pooled) => (&pooled.system, &pooled.url, pooled.edge_log()),
        };
        Shared {
            url: url.clone(),
            credentials: system.credentials.clone(),
            state_dir: system.state_dir().to_owned(),
            edge_log,
        }
    }
}

/// The shared system, started by whichever test comes first.
pub(crate) fn system() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        let (sender, receiver) = mpsc::channel();
        // The system is bound to the thread that starts it, so that thread never ends before the process does.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let running = runtime.block_on(Running::start());
            let shared = running
                .as_ref()
                .map(Running::shared)
                .map_err(|error| format!("{error:#}"));
            sender.send(shared).unwrap();
            loop {
                std::thread::park();
            }
        });
        receiver.recv().unwrap().unwrap()
    })
}

/// A client of the administrator.
pub(crate) fn admin() -> Client {
    let key = system().credentials["admin_api_key"].as_str();
    Client::new(&system().url, key)
}

/// A client of the first user, with the key for every day.
pub(crate) fn everyday() -> Client {
    Client::new(&system().url, system().credentials["api_key"].as_str())
}

/// A new user with a name of its own: `(client with an API key, username, JWT)`.
pub(crate) async fn new_user() -> Result<(Client, String, String)> {
    let user = admin().new_user().await?;
    Ok((user.client, user.name, user.token))
}

pub(crate) async fn log_in(username: &str, password: &str) -> Result<String> {
    admin().log_in(username, password).await
}
