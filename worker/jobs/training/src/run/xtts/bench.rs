//! What a slice stands on: the corpus, the last checkpoint, and memory enough.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use kiskadee_runner::{Attempt, JobError};
use kiskadee_xtts_trainer::{Estimate, Recipe, RunOptions, path_of};
use tempfile::TempDir;

use super::{
    Broken, XttsTrainer,
    corpus::Corpus,
    ledger::Slice,
    memory, not_trained,
    objects::{fetch_file, no_scratch},
    recipe,
    telling::Telling,
};
use crate::family::Workshop;

/// What a slice works with, in files.
pub(super) struct Bench {
    pub(super) trainer: Arc<XttsTrainer>,
    pub(super) corpus: Arc<Corpus>,
    pub(super) options: RunOptions,
    pub(super) folder: TempDir,
}

impl Bench {
    /// Where the checkpoint of that step lies.
    pub(super) fn checkpoint(&self, step: u64) -> PathBuf {
        path_of(&self.options.out, step)
    }
}

/// Fetches what the slice stands on.
pub(super) async fn open(
    workshop: &Workshop,
    attempt: &Attempt,
    (slice, trainer): (&Slice, Arc<XttsTrainer>),
    telling: &Telling,
) -> Result<Bench, Broken> {
    attempt.progress.enter("fetching");
    let folder = TempDir::new_in(&workshop.scratch).map_err(|error| no_scratch(&error))?;
    let path = folder.path().join("corpus");
    let key = slice.corpus_key.as_deref().unwrap_or_default();
    fetch_file(
        &workshop.store,
        key,
        &path,
        "what the run was prepared with",
    )
    .await?;
    let corpus = Corpus::open(&path).map_err(not_trained)?;
    let plan = slice.plan.as_ref();
    let plan = plan.ok_or_else(|| JobError::Retry("the run was not prepared".to_owned()))?;
    let recipe = recipe::recipe(plan, &slice.recipe, slice.halved_from);
    let out = folder.path().join("run");
    fs::create_dir_all(&out).map_err(|error| no_scratch(&error))?;
    let begin_with = fetch_beginning(workshop, slice, &out, folder.path()).await?;
    let options = RunOptions {
        recompute: !fits(&trainer, &corpus, &recipe)?,
        recipe,
        out,
        resume: true,
        begin_with,
        checkpoint_every: u64::MAX,
        keep: 1,
        device: trainer.device.clone(),
        interrupt: Some(telling.stop_flag()),
        room: Some(memory::room),
    };
    Ok(Bench {
        trainer,
        corpus: Arc::new(corpus),
        options,
        folder,
    })
}

/// Puts the last checkpoint where the trainer looks for it, or fetches what the run begins with.
async fn fetch_beginning(
    workshop: &Workshop,
    slice: &Slice,
    out: &Path,
    folder: &Path,
) -> Result<Option<PathBuf>, JobError> {
    let store = &workshop.store;
    if let Some(last) = &slice.checkpoint {
        let path = path_of(out, last.step);
        let sha256 = fetch_file(store, &last.key, &path, "the run's last checkpoint").await?;
        if sha256 != last.sha256 {
            let why = "the run's last checkpoint is damaged".to_owned();
            return Err(JobError::Reject(why));
        }
        return Ok(None);
    }
    let Some(key) = &slice.base_key else {
        return Ok(None);
    };
    let path = folder.join("beginning");
    fetch_file(store, key, &path, "what the run begins with").await?;
    Ok(Some(path))
}

/// Whether all fits into memory as it is; where it only does with less kept, steps take longer and come to the same. A GPU tells when it has
/// no more.
fn fits(trainer: &XttsTrainer, corpus: &Corpus, recipe: &Recipe) -> Result<bool, Broken> {
    if !trainer.device.is_cpu() {
        return Ok(true);
    }
    let longest = corpus.dataset().longest();
    let needed = |recompute| {
        let (config, tokens) = (&trainer.config, trainer.text_tokens);
        Estimate::new(config, tokens, recipe, longest, recompute).total
    };
    if memory::check(needed(false)).is_ok() {
        return Ok(true);
    }
    memory::check(needed(true)).map_err(Broken::Memory)?;
    Ok(false)
}
