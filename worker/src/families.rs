//! The families that a worker can run: what a new one adds is its line here.

use std::{path::Path, sync::Arc};

use kiskadee_archive_jobs::Archive;
use kiskadee_queue::Queue;
use kiskadee_runner::Family;
use kiskadee_speech::{Engines, XttsConfig};
use kiskadee_speech_jobs::{Speech, Tools};
use kiskadee_storage::Store;
use kiskadee_training_jobs::{Downloads, Recognisers, Training, Workshop, XttsTrainer};
use kiskadee_upload_jobs::Uploads;

use crate::{WorkerConfig, WorkerError};

pub const FAMILIES: [&str; 4] = ["speech", "archive", "uploads", "training"];

/// What families are made with.
pub(crate) struct Services<'a> {
    pub(crate) config: &'a WorkerConfig,
    pub(crate) queue: &'a Queue,
    pub(crate) store: &'a Store,
    /// Where the files of jobs lie; gone with the process.
    pub(crate) scratch: &'a Path,
    pub(crate) engines: Engines,
}

/// Those that the configuration names, or all.
pub(crate) fn start(services: &Services<'_>) -> Result<Vec<Arc<dyn Family>>, WorkerError> {
    let named = FAMILIES.into_iter();
    named
        .filter(|name| services.config.serves(name))
        .map(|name| one(name, services))
        .collect()
}

fn one(name: &str, services: &Services<'_>) -> Result<Arc<dyn Family>, WorkerError> {
    let (queue, store) = (services.queue.clone(), services.store.clone());
    Ok(match name {
        "speech" => Arc::new(speech(services)?),
        "archive" => Arc::new(Archive::new(queue, store)),
        "uploads" => Arc::new(Uploads::new(store)),
        "training" => Arc::new(Training::new(Workshop {
            queue,
            store,
            engines: services.engines.clone(),
            recognisers: Recognisers::find(services.config.models.as_deref()),
            xtts: xtts_trainer(services).map(Arc::new),
            ffmpeg: services.config.ffmpeg.clone().into(),
            scratch: services.scratch.to_owned(),
            downloads: Downloads::new(&services.config.downloads)?,
        })),
        _ => return Err(WorkerError::UnknownFamily(name.to_owned())),
    })
}

/// Where the engine xtts may be served, its model may be trained.
fn xtts_trainer(services: &Services<'_>) -> Option<XttsTrainer> {
    let config = services.config;
    let wanted = config.engines.is_empty() || config.engines.iter().any(|name| name == "xtts");
    let models = config.models.as_deref().filter(|_| wanted)?;
    let options = config.engine_options();
    XttsTrainer::find(models, |model| XttsConfig {
        scratch: services.scratch.to_owned(),
        ..options.xtts_config(model)
    })
}

fn speech(services: &Services<'_>) -> Result<Speech, WorkerError> {
    let tools = Tools::new(
        services.engines.clone(),
        services.store.clone(),
        &services.config.ffmpeg,
        services.scratch,
    );
    let tools = tools.map_err(WorkerError::Client)?;
    Ok(Speech::new(tools, services.queue.clone()))
}
