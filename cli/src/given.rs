//! Secrets that a command is given: by `NAME` in the environment, by the file that `NAME_FILE` names, or by an option. What runs on
//! looks at the file again.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use kiskadee_secret::{Changes, SecretSource};
use kiskadee_shared::causes;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::sleep;

/// The address of the database.
pub(crate) const DATABASE_URL: &str = "KISKADEE_DATABASE_URL";

/// How often files are looked at: sooner than the edge does, which waits until they have stood still for a second.
const LOOK: Duration = Duration::from_millis(300);

/// How often it is tried again to use what changed.
const AGAIN: Duration = Duration::from_secs(1);

/// Certificates of authorities for databases.
#[derive(Debug, Clone, Args)]
pub(crate) struct DatabaseCa {
    /// Authorities that may vouch for the database, beside the public ones: certificates in PEM, for addresses with sslmode=require
    #[arg(
        long = "database-ca",
        env = "KISKADEE_DATABASE_CA",
        value_name = "FILE"
    )]
    pub(crate) path: Option<PathBuf>,
}

/// Where a secret comes from; `option` is what the command line or `name` in the environment says.
pub(crate) fn source(name: &str, option: Option<&String>) -> Result<Option<SecretSource>> {
    let source = SecretSource::given_or_file(name, option.map(String::as_str))?;
    if let Some(source) = &source {
        source.warn();
    }
    Ok(source)
}

/// The same where nothing goes without.
pub(crate) fn required(name: &str, option: Option<&String>) -> Result<SecretSource> {
    let Some(source) = source(name, option)? else {
        bail!("set {name}, or {name}_FILE to the name of a file that holds it");
    };
    Ok(source)
}

/// The address of the database, for a command that needs it once.
pub(crate) fn database_url(option: Option<&String>) -> Result<String> {
    Ok(required(DATABASE_URL, option)?.read()?)
}

/// The same where it may be missing.
pub(crate) fn database_url_if_any(option: Option<&String>) -> Result<Option<String>> {
    let source = source(DATABASE_URL, option)?;
    source.map(|source| Ok(source.read()?)).transpose()
}

/// Ends with the value.
pub(crate) struct Following(Option<JoinHandle<()>>);

impl Drop for Following {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

/// Hands over each secret that comes after the one of now by `take`, again and again until that succeeds.
pub(crate) fn follow<Taken>(
    source: &SecretSource,
    take: impl Fn(String) -> Taken + Send + Sync + 'static,
) -> Following
where
    Taken: Future<Output = Result<()>> + Send,
{
    let changes = Changes::of([source.clone()]);
    if changes.are_impossible() {
        return Following(None);
    }
    let source = source.clone();
    Following(Some(tokio::spawn(async move {
        run(source, changes, take).await;
    })))
}

async fn run<Taken: Future<Output = Result<()>>>(
    source: SecretSource,
    mut changes: Changes,
    take: impl Fn(String) -> Taken,
) {
    let mut taken = source.read().ok();
    let mut is_pending = false;
    let mut told = None;
    loop {
        sleep(if is_pending { AGAIN } else { LOOK }).await;
        let looking = spawn_blocking(move || {
            let has_changed = changes.look();
            (changes, has_changed)
        });
        let Ok((looked, has_changed)) = looking.await else {
            return;
        };
        changes = looked;
        if !has_changed && !is_pending {
            continue;
        }
        let used = use_anew(&source, taken.as_ref(), &take).await;
        is_pending = used.is_err();
        match used {
            Ok(Some(secret)) => {
                taken = Some(secret);
                told = None;
                tracing::info!(variable = source.name(), "a changed secret is in use");
            }
            Ok(None) => {}
            Err(error) => {
                let reason = causes::chain(error.as_ref());
                if told.as_ref() != Some(&reason) {
                    tracing::warn!(variable = source.name(), error = %reason, "a changed secret cannot be used, or not yet: the one of before serves");
                    told = Some(reason);
                }
            }
        }
    }
}

/// `None` where it is what is in use.
async fn use_anew<Taken: Future<Output = Result<()>>>(
    source: &SecretSource,
    taken: Option<&String>,
    take: &impl Fn(String) -> Taken,
) -> Result<Option<String>> {
    let source = source.clone();
    let secret = spawn_blocking(move || source.read())
        .await
        .context("the file was not read")??;
    if taken == Some(&secret) {
        return Ok(None);
    }
    take(secret.clone()).await?;
    Ok(Some(secret))
}
