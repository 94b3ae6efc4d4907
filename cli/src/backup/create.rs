//! `kiskadee backup create`.

use std::collections::HashMap;
use std::io::Write as _;

use anyhow::{Context, Result, bail};
use clap::Args;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kiskadee_storage::Store;
use sqlx::{Connection as _, PgConnection};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use super::manifest::{Entry, FORMAT, Manifest, Sum};
use super::options::{PassphraseArgs, RepositoryArgs};
use super::repository::{Part, Repository, object_key};
use super::sealing::{self, Keys};
use super::snapshot::{Hold, Snapshot};
use super::target::SystemArgs;
use super::{objects, programs};

#[derive(Args)]
pub(crate) struct Create {
    #[command(flatten)]
    repository: RepositoryArgs,
    #[command(flatten)]
    system: SystemArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Neither sign the backup nor put secrets into it; whoever restores an embedded system gets new ones, and signs in anew
    #[arg(long, conflicts_with = "passphrase_file")]
    without_secrets: bool,
}

impl Create {
    pub(super) fn repository(&self) -> Result<Repository> {
        self.repository.open()
    }

    /// Of the system's database.
    pub(super) fn url(&self) -> Result<String> {
        self.system.url()
    }
}

pub(crate) async fn run(options: &Create) -> Result<()> {
    let manifest = create(options).await?;
    println!(
        "{}: database {}, {} objects of {}",
        manifest.id,
        size(manifest.database.bytes),
        manifest.objects,
        size(manifest.object_bytes)
    );
    Ok(())
}

/// One backup, from nothing to its manifest.
pub(super) async fn create(options: &Create) -> Result<Manifest> {
    let passphrase = options.passphrase.read()?;
    if passphrase.is_none() && !options.without_secrets {
        bail!("name a file with a passphrase by --passphrase-file, or say --without-secrets");
    }
    let (repository, store) = (options.repository.open()?, options.system.store()?);
    let id = id_of(OffsetDateTime::now_utc());
    let url = options.system.url()?;
    let hold = Hold::take(&url, &id).await?;
    let salt = sealing::new_salt()?;
    let keys = passphrase.map(|passphrase| Keys::derive(&passphrase, &salt));
    let keys = keys.transpose()?;
    let made = Backup {
        id: &id,
        url: &url,
        repository: &repository,
        store: &store,
    };
    let written = made
        .write(options, keys.as_ref().map(|keys| (keys, salt)))
        .await;
    let released = hold.release().await;
    let manifest = written?;
    released?;
    note(&url, &manifest).await?;
    Ok(manifest)
}

struct Backup<'a> {
    id: &'a str,
    url: &'a str,
    repository: &'a Repository,
    /// Of the system.
    store: &'a Store,
}

impl Backup<'_> {
    async fn write(&self, options: &Create, keys: Option<(&Keys, String)>) -> Result<Manifest> {
        self.repository
            .write(&Part::Begun.key(self.id), b"")
            .await?;
        let known = self.repository.known().await?;
        let mut snapshot = Snapshot::take(self.url).await?;
        let database = self.dump(&snapshot.name).await?;
        let rows = snapshot.rows().await?;
        // Listed after the moment: whatever it names lay there before.
        let found = snapshot.keys(self.store).await?;
        let (taken_at, lsn) = (snapshot.taken_at, snapshot.lsn.clone());
        let (schema, roles) = (snapshot.schema, snapshot.roles.clone());
        snapshot.close().await?;
        let entries = self.copy(found, &known).await?;
        let secrets = options.system.secrets()?;
        let sealed = self
            .seal(keys.as_ref().map(|(keys, _)| *keys), secrets)
            .await?;
        let mut manifest = Manifest {
            format: FORMAT,
            id: self.id.to_owned(),
            taken_at: taken_at.to_offset(UtcOffset::UTC).format(&Rfc3339)?,
            lsn,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            schema,
            roles,
            rows,
            database,
            list: self.repository.write_list(self.id, &entries).await?,
            objects: entries.len() as u64,
            object_bytes: entries.iter().map(|entry| entry.sum.bytes).sum(),
            secrets: sealed,
            salt: keys.as_ref().map(|(_, salt)| salt.clone()),
            signature: None,
        };
        if let Some((keys, _)) = keys {
            manifest.sign(keys)?;
        }
        let text = serde_json::to_vec_pretty(&manifest)?;
        self.repository
            .write(&Part::Manifest.key(self.id), &text)
            .await?;
        let begun = Part::Begun.key(self.id);
        self.repository.store.delete(&begun).await?;
        Ok(manifest)
    }

    async fn dump(&self, snapshot: &str) -> Result<Sum> {
        let mut dumping = programs::dump(self.url, snapshot)?;
        let out = dumping.stdout.take().context("pg_dump has no output")?;
        let key = Part::Database.key(self.id);
        let written = objects::write(
            out,
            &self.repository.store,
            &key,
            "application/octet-stream",
        );
        let sum = written.await.context("cannot write the dump")?;
        programs::ended(dumping, "pg_dump").await?;
        Ok(sum)
    }

    /// Copies what the repository does not have yet.
    async fn copy(
        &self,
        found: Vec<(String, u64)>,
        known: &HashMap<String, Sum>,
    ) -> Result<Vec<Entry>> {
        let all = found.len();
        let copies = found.into_iter().map(|(key, bytes)| async move {
            // Objects never change, so one of this name and size is this one.
            let sum = if let Some(sum) = known.get(&key).filter(|sum| sum.bytes == bytes) {
                sum.clone()
            } else {
                let to = &self.repository.store;
                objects::copy(self.store, &key, to, &object_key(&key)).await?
            };
            anyhow::Ok(Entry { key, sum })
        });
        let mut copies = stream::iter(copies).buffer_unordered(objects::AT_ONCE);
        let mut entries = Vec::with_capacity(all);
        while let Some(entry) = copies.try_next().await? {
            entries.push(entry);
            progress("objects", entries.len(), all);
        }
        entries.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(entries)
    }

    /// Whether there were secrets to seal.
    async fn seal(&self, keys: Option<&Keys>, secrets: Option<Vec<u8>>) -> Result<bool> {
        let (Some(keys), Some(secrets)) = (keys, secrets) else {
            return Ok(false);
        };
        let key = Part::Secrets.key(self.id);
        self.repository.write(&key, &keys.seal(&secrets)?).await?;
        Ok(true)
    }
}

/// For metrics and alerts: when the last backup was taken.
async fn note(url: &str, manifest: &Manifest) -> Result<()> {
    let mut session = PgConnection::connect(url).await?;
    let taken_at = OffsetDateTime::parse(&manifest.taken_at, &Rfc3339)?;
    sqlx::query("select storage.note_backup($1, $2, $3)")
        .bind(&manifest.id)
        .bind(taken_at)
        .bind(i64::try_from(manifest.bytes())?)
        .execute(&mut session)
        .await?;
    Ok(session.close().await?)
}

/// By time, so that they sort.
pub(super) fn id_of(at: OffsetDateTime) -> String {
    let (date, time) = (at.date(), at.time());
    format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// On a terminal's line, now and then.
pub(super) fn progress(what: &str, done: usize, of: usize) {
    if done.is_multiple_of(1000) || done == of {
        eprint!("\r{what}: {done} of {of}");
        if done == of {
            eprintln!();
        }
        // Whoever does not see it misses nothing.
        let _ = std::io::stderr().flush();
    }
}

pub(super) fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let bytes = bytes as f64;
    let units = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)];
    let unit = units.into_iter().find(|(_, unit)| bytes >= *unit);
    unit.map_or(format!("{bytes} bytes"), |(name, unit)| {
        format!("{:.1} {name}", bytes / unit)
    })
}
