//! `kiskadee backup verify`: every byte is read and compared.

use anyhow::{Result, bail};
use clap::Args;
use futures::{StreamExt as _, stream};
use sqlx::{Connection as _, PgConnection};

use super::create::progress;
use super::manifest::{Entry, Manifest, Sum};
use super::objects;
use super::options::{PassphraseArgs, RepositoryArgs};
use super::repository::{Part, Repository, object_key};
use crate::given;

#[derive(Args)]
pub(crate) struct Verify {
    /// As in `kiskadee backup list`
    #[arg(default_value = "latest")]
    id: String,
    #[command(flatten)]
    repository: RepositoryArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Of the system, which then tells by its metrics when it was verified
    #[arg(
        long,
        env = "KISKADEE_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    database_url: Option<String>,
}

/// So many faults are named.
const NAMED: usize = 20;

pub(crate) async fn run(options: &Verify) -> Result<()> {
    let repository = options.repository.open()?;
    let manifest = repository.find(&options.id).await?;
    let passphrase = options.passphrase.read()?;
    let signed = authentic(&manifest, passphrase.as_deref())?;
    read_whole(&repository, &manifest).await?;
    if let Some(url) = given::database_url_if_any(options.database_url.as_ref())? {
        note(&url, &manifest.id).await?;
    }
    println!(
        "{}: the database and {} objects are as they were written, {}",
        manifest.id,
        manifest.objects,
        if signed {
            "by who has the passphrase"
        } else {
            "by whom is not known"
        }
    );
    Ok(())
}

pub(super) async fn note(url: &str, id: &str) -> Result<()> {
    let mut session = PgConnection::connect(url).await?;
    sqlx::query("select storage.note_verified($1)")
        .bind(id)
        .execute(&mut session)
        .await?;
    Ok(session.close().await?)
}

/// Whether the signature was checked; an error where it is wrong, or where there should be one.
pub(super) fn authentic(manifest: &Manifest, passphrase: Option<&str>) -> Result<bool> {
    match manifest.keys(passphrase)? {
        Some(keys) => manifest.check(&keys).map(|()| true),
        None if passphrase.is_some() => {
            bail!(
                "the backup {} is not signed; leave the passphrase out",
                manifest.id
            )
        }
        None => Ok(false),
    }
}

/// Reads all of a backup; the error names what is missing or changed.
pub(super) async fn read_whole(repository: &Repository, manifest: &Manifest) -> Result<()> {
    let database = Part::Database.key(&manifest.id);
    let mut faults = Vec::new();
    faults.extend(fault(repository, &database, &manifest.database).await);
    let entries = repository.entries(manifest).await?;
    let all = entries.len();
    let read = entries
        .into_iter()
        .map(|Entry { key, sum }| async move { fault(repository, &object_key(&key), &sum).await });
    let mut read = stream::iter(read).buffer_unordered(objects::AT_ONCE);
    let mut done = 0;
    while let Some(found) = read.next().await {
        done += 1;
        progress("read", done, all);
        faults.extend(found);
    }
    if faults.is_empty() {
        return Ok(());
    }
    let named = faults.iter().take(NAMED).cloned().collect::<Vec<_>>();
    bail!(
        "{} of {} files of {} are not as they were written:\n{}",
        faults.len(),
        all + 1,
        manifest.id,
        named.join("\n")
    )
}

async fn fault(repository: &Repository, key: &str, wanted: &Sum) -> Option<String> {
    match objects::sum(&repository.store, key).await {
        Ok(found) if found == *wanted => None,
        Ok(found) if found.bytes != wanted.bytes => Some(format!(
            "{key}: {} bytes instead of {}",
            found.bytes, wanted.bytes
        )),
        Ok(_) => Some(format!("{key}: other bytes")),
        Err(error) => Some(format!("{key}: {error}")),
    }
}
