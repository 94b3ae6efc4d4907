//! `kiskadee backup prune`.

use std::collections::{BTreeSet, HashSet};

use anyhow::Result;
use clap::Args;
use sqlx::{Connection as _, PgConnection};
use time::{Duration, OffsetDateTime};

use super::create::{id_of, size};
use super::options::RepositoryArgs;
use super::repository::{Repository, object_key};
use super::retention::RetentionArgs;
use crate::given;

#[derive(Args)]
pub(crate) struct Prune {
    #[command(flatten)]
    repository: RepositoryArgs,
    #[command(flatten)]
    retention: RetentionArgs,
    /// Of the system: the last backup that it knows to be verified stays
    #[arg(
        long,
        env = "KISKADEE_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    database_url: Option<String>,
    /// Say what would go, and delete nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(options: &Prune) -> Result<()> {
    let repository = options.repository.open()?;
    let url = given::database_url_if_any(options.database_url.as_ref())?;
    let pruned = prune(
        &repository,
        &options.retention,
        url.as_deref(),
        options.dry_run,
    )
    .await?;
    println!("{pruned}");
    Ok(())
}

/// Deletes what may go; says what.
pub(super) async fn prune(
    repository: &Repository,
    retention: &RetentionArgs,
    url: Option<&str>,
    dry_run: bool,
) -> Result<String> {
    let manifests = repository.manifests().await?;
    let verified = match url {
        Some(url) => verified(url).await?,
        None => BTreeSet::new(),
    };
    let gone = retention.superfluous(&manifests, &verified)?;
    if dry_run {
        return Ok(format!("would delete: {}", named(&gone)));
    }
    for id in &gone {
        repository.delete(id).await?;
    }
    let (objects, bytes) = drop_unnamed(repository).await?;
    if let Some(url) = url {
        let mut session = PgConnection::connect(url).await?;
        sqlx::query("select storage.note_pruned($1)")
            .bind(&gone)
            .execute(&mut session)
            .await?;
        session.close().await?;
    }
    Ok(format!(
        "deleted: {}; {objects} objects of {} that no backup names any more",
        named(&gone),
        size(bytes)
    ))
}

/// Objects that no backup names. Those of one that is being made have no name yet: the list of objects is older than the answer to whether there
/// is one, so that nothing of it is touched.
async fn drop_unnamed(repository: &Repository) -> Result<(usize, u64)> {
    let objects = repository.objects().await?;
    let (dead, under_way): (Vec<_>, Vec<_>) = repository
        .unfinished()
        .await?
        .into_iter()
        .partition(|id| *id < a_day_ago());
    for id in dead {
        repository.delete(&id).await?;
    }
    if !under_way.is_empty() {
        return Ok((0, 0));
    }
    let mut named: HashSet<String> = HashSet::new();
    for manifest in repository.manifests().await? {
        let entries = repository.entries(&manifest).await?;
        named.extend(entries.into_iter().map(|entry| entry.key));
    }
    let (mut dropped, mut freed) = (0, 0);
    for (key, bytes) in objects.into_iter().filter(|(key, _)| !named.contains(key)) {
        repository.store.delete(&object_key(&key)).await?;
        dropped += 1;
        freed += bytes;
    }
    Ok((dropped, freed))
}

/// As an id would be called.
fn a_day_ago() -> String {
    id_of(OffsetDateTime::now_utc() - Duration::days(1))
}

async fn verified(url: &str) -> Result<BTreeSet<String>> {
    let mut session = PgConnection::connect(url).await?;
    let ids: Vec<String> =
        sqlx::query_scalar("select id from storage.backup where verified_at is not null")
            .fetch_all(&mut session)
            .await?;
    session.close().await?;
    Ok(ids.into_iter().collect())
}

fn named(ids: &[String]) -> String {
    if ids.is_empty() {
        "nothing".to_owned()
    } else {
        ids.join(", ")
    }
}
