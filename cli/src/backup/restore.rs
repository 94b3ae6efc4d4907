//! `kiskadee backup restore`: objects first, then the database that names them, then the fence against workers of before.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kiskadee_queue::MigrationOptions;
use kiskadee_storage::Store;
use sqlx::{Connection as _, PgConnection};

use super::create::{progress, size};
use super::manifest::{Entry, Manifest};
use super::options::{PassphraseArgs, RepositoryArgs};
use super::repository::{Part, Repository, object_key};
use super::state::StateServer;
use super::{objects, programs, snapshot, verify};
use crate::artefacts::Artefacts;
use crate::given;
use crate::postgres::ClusterOptions;

#[derive(Args)]
pub(crate) struct Restore {
    /// As in `kiskadee backup list`
    #[arg(default_value = "latest")]
    id: String,
    #[command(flatten)]
    repository: RepositoryArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// An empty database, as its owner, who may create roles; or a file that `KISKADEE_DATABASE_URL_FILE` names
    #[arg(
        long,
        env = "KISKADEE_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true,
        conflicts_with = "state_dir",
        requires = "storage"
    )]
    database_url: Option<String>,
    /// A state directory that is made, for `kiskadee up`
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// Where the system will keep audio [default: the state directory's `storage`]
    #[arg(long, env = "KISKADEE_STORAGE", value_name = "ADDRESS")]
    storage: Option<String>,
    /// Delete what the database holds now; its name, so that it is not the wrong one
    #[arg(long, value_name = "DATABASE")]
    force: Option<String>,
    #[command(flatten)]
    cluster: ClusterOptions,
    #[command(flatten)]
    artefacts: Artefacts,
}

pub(crate) async fn run(options: &Restore) -> Result<()> {
    let repository = options.repository.open()?;
    let manifest = repository.find(&options.id).await?;
    let passphrase = options.passphrase.read()?;
    verify::authentic(&manifest, passphrase.as_deref())?;
    let url = given::database_url_if_any(options.database_url.as_ref())?;
    match (&url, &options.state_dir) {
        (Some(_), Some(_)) => {
            bail!("KISKADEE_DATABASE_URL_FILE and --state-dir exclude each other")
        }
        (Some(url), None) => {
            let storage = options.storage.as_deref();
            let storage = storage.context("say with --storage where the system will keep audio")?;
            let store = Store::open(storage)?;
            bring_back(
                &repository,
                &manifest,
                (url, &store),
                options.force.as_deref(),
            )
            .await?;
        }
        (None, Some(directory)) => {
            let secrets = opened(&repository, &manifest, passphrase.as_deref()).await?;
            let manifest_file = options.artefacts.manifest()?;
            let server =
                StateServer::start(directory, secrets, &options.cluster, &manifest_file).await?;
            let storage = directory.join("storage").to_string_lossy().into_owned();
            let store = Store::open(options.storage.as_ref().unwrap_or(&storage))?;
            let place = (server.url.as_str(), &store);
            let restored = bring_back(&repository, &manifest, place, None).await;
            server.stop().await;
            restored?;
        }
        (None, None) => bail!("say where to: --database-url and --storage, or --state-dir"),
    }
    println!("{}", advice(options, &manifest));
    Ok(())
}

/// The sealed secrets; none where the backup has none.
async fn opened(
    repository: &Repository,
    manifest: &Manifest,
    passphrase: Option<&str>,
) -> Result<Option<Vec<u8>>> {
    if !manifest.secrets {
        return Ok(None);
    }
    let keys = manifest.keys(passphrase)?;
    let keys = keys.context("the backup's secrets are sealed: --passphrase-file opens them")?;
    let sealed = repository.read(&Part::Secrets.key(&manifest.id)).await?;
    keys.open(&sealed).map(Some)
}

async fn bring_back(
    repository: &Repository,
    manifest: &Manifest,
    (url, store): (&str, &Store),
    force: Option<&str>,
) -> Result<()> {
    let mut session = PgConnection::connect(url)
        .await
        .context("cannot connect to the database")?;
    let held = held_schemas(&mut session, force).await?;
    let entries = repository.entries(manifest).await?;
    copy_back(repository, entries, store).await?;
    let dump = fetched(repository, manifest).await?;
    // Not before all of the backup is known to be whole.
    drop_schemas(&mut session, &held).await?;
    make_groups(&mut session, &manifest.roles).await?;
    programs::restore(url, dump.path()).await?;
    compare(&mut session, manifest).await?;
    // Whoever is registered there died with the system of before.
    let alone = MigrationOptions {
        alone: true,
        ..MigrationOptions::default()
    };
    kiskadee_queue::migrate_with(url, &alone)
        .await
        .context("cannot bring the restored schema up to date")?;
    let ran: i32 = sqlx::query_scalar(include_str!("../../queries/fence.sql"))
        .fetch_one(&mut session)
        .await?;
    session.close().await?;
    println!(
        "{}: the database as of {}, {} objects of {}; {ran} jobs that ran then will run again",
        manifest.id,
        manifest.taken_at,
        manifest.objects,
        size(manifest.object_bytes)
    );
    Ok(())
}

/// What a database holds, which is to go. One that holds something is left alone, unless its name says that it is meant.
async fn held_schemas(session: &mut PgConnection, force: Option<&str>) -> Result<Vec<String>> {
    let name: String = sqlx::query_scalar("select current_database()")
        .fetch_one(&mut *session)
        .await?;
    let schemas: Vec<String> = sqlx::query_scalar(include_str!("../../queries/own_schemas.sql"))
        .fetch_all(&mut *session)
        .await?;
    if schemas.is_empty() {
        return Ok(schemas);
    }
    match force {
        Some(wanted) if wanted == name => Ok(schemas),
        Some(wanted) => bail!("the database is called `{name}`, not `{wanted}`"),
        None => bail!(
            "the database `{name}` is not empty; nothing was changed. Restore into an empty one, or delete what it holds with --force {name}"
        ),
    }
}

async fn drop_schemas(session: &mut PgConnection, schemas: &[String]) -> Result<()> {
    if schemas.is_empty() {
        return Ok(());
    }
    let list = schemas.join(", ");
    // Quoted where they were listed.
    let drop = format!("drop schema {list} cascade; drop table if exists public._sqlx_migrations");
    sqlx::raw_sql(sqlx::AssertSqlSafe(drop))
        .execute(session)
        .await?;
    Ok(())
}

async fn copy_back(repository: &Repository, entries: Vec<Entry>, store: &Store) -> Result<()> {
    let all = entries.len();
    let copies = entries.into_iter().map(|Entry { key, sum }| async move {
        let from = &repository.store;
        let copied = objects::copy(from, &object_key(&key), store, &key).await?;
        if copied != sum {
            bail!("the object {key} in the repository is damaged; `verify` names all that are");
        }
        Ok(())
    });
    let mut copies = stream::iter(copies).buffer_unordered(objects::AT_ONCE);
    let mut done = 0;
    while copies.try_next().await?.is_some() {
        done += 1;
        progress("objects", done, all);
    }
    Ok(())
}

/// The dump as a file, as it was written.
async fn fetched(repository: &Repository, manifest: &Manifest) -> Result<tempfile::NamedTempFile> {
    let file = tempfile::NamedTempFile::new()?;
    let folder = file.path().parent().unwrap_or(std::path::Path::new("/"));
    let local = Store::open(&folder.to_string_lossy())?;
    let name = file
        .path()
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let key = Part::Database.key(&manifest.id);
    let sum = objects::copy(&repository.store, &key, &local, &name).await?;
    if sum != manifest.database {
        bail!("the dump of {} is damaged", manifest.id);
    }
    Ok(file)
}

/// Groups belong to the cluster and are in no dump; members are made by whoever installs.
async fn make_groups(session: &mut PgConnection, roles: &[String]) -> Result<()> {
    for role in roles {
        let make: Option<String> = sqlx::query_scalar(include_str!("../../queries/make_group.sql"))
            .bind(role)
            .fetch_optional(&mut *session)
            .await?;
        if let Some(make) = make {
            sqlx::raw_sql(sqlx::AssertSqlSafe(make))
                .execute(&mut *session)
                .await?;
        }
    }
    Ok(())
}

async fn compare(session: &mut PgConnection, manifest: &Manifest) -> Result<()> {
    let found = snapshot::rows(session).await?;
    let other = |(table, rows): &(&String, &u64)| found.get(*table) != Some(*rows);
    let differs: Vec<String> = manifest
        .rows
        .iter()
        .filter(other)
        .map(|(table, rows)| format!("{table} ({rows})"))
        .collect();
    if differs.is_empty() {
        return Ok(());
    }
    bail!(
        "the restored database has other numbers of rows than the backup in {}",
        differs.join(", ")
    )
}

fn advice(options: &Restore, manifest: &Manifest) -> String {
    let Some(directory) = &options.state_dir else {
        return "Give each login role its group and password again where the cluster is a new one, then start the parts.".to_owned();
    };
    let start = format!("Start it: kiskadee up --state-dir {}", directory.display());
    if manifest.secrets {
        return start;
    }
    format!(
        "{start}\nIts secrets are new: tokens of before are refused, API keys and passwords are good."
    )
}
