//! The archive of a batch.

use kiskadee_shared::job::ArchiveResult;

use super::{ArchiveTask, Attempt, JobError, Tools};
use crate::{archive, store::ResultRef};

/// Packs a finished batch.
pub async fn archive_job(tools: &Tools, task: ArchiveTask) -> Result<ArchiveResult, JobError> {
    let ArchiveTask { attempt, items } = task;
    let key = ResultRef {
        job: attempt.job,
        token: attempt.token,
    }
    .key("archive.zip");
    let Attempt {
        cancel, progress, ..
    } = attempt;
    let bytes = archive::pack(&tools.store, &items, &key, &cancel, |share| {
        progress.set(share);
    })
    .await?;
    Ok(ArchiveResult {
        key,
        content_type: archive::CONTENT_TYPE.to_owned(),
        bytes,
    })
}
