//! One system for all tests of this binary. It lives as long as the process.

use std::path::PathBuf;
use std::sync::{OnceLock, mpsc};

use anyhow::{Context, Result};
use kiskadee_tests::{Client, Options, System};
use serde_json::{Value, json};

#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) url: String,
    pub(crate) credentials: Value,
    pub(crate) state_dir: PathBuf,
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
            let system = runtime.block_on(System::start(Options::default()));
            let shared = system
                .as_ref()
                .map_err(|error| format!("{error:#}"))
                .map(|system| Shared {
                    url: system.url.clone(),
                    credentials: system.credentials.clone(),
                    state_dir: system.state_dir().to_owned(),
                });
            sender.send(shared).unwrap();
            loop {
                std::thread::park();
            }
        });
        receiver.recv().unwrap().unwrap()
    })
}

/// A client of the first user, who is an admin.
pub(crate) fn admin() -> Client {
    Client::new(&system().url, system().credentials["api_key"].as_str())
}

/// A new user with a name of its own: `(client with an API key, username, JWT)`.
pub(crate) async fn new_user() -> Result<(Client, String, String)> {
    let username = format!("user{}", uuid::Uuid::now_v7().simple());
    let anonymous = admin().anonymous();
    let body = json!({"username": username, "email": format!("{username}@example.org"), "password": "correct horse"});
    anonymous.post("/auth/register", &body).await?.expect(201)?;
    let token = log_in(&username, "correct horse").await?;
    let request = anonymous
        .request(reqwest::Method::POST, "/api/v1/advanced/auth/api-key")
        .bearer_auth(&token)
        .json(&json!({"name": "test"}));
    let key = anonymous.send(request).await?.expect(201)?.json()?;
    let key = key["api_key"].as_str().context("no api_key")?;
    Ok((anonymous.with_key(key), username, token))
}

pub(crate) async fn log_in(username: &str, password: &str) -> Result<String> {
    let body = json!({"username": username, "password": password});
    let answer = admin()
        .anonymous()
        .post("/auth/login", &body)
        .await?
        .expect(200)?
        .json()?;
    Ok(answer["access_token"]
        .as_str()
        .context("no access_token")?
        .to_owned())
}
