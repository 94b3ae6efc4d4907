//! Recognisers: the imported Whisper models of this machine, in memory while somebody needs them.

use std::{
    num::NonZero,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::available_parallelism,
    time::Duration,
};

use candle_core::Device;
use kiskadee_cache::{CacheError, ModelCache};
use kiskadee_checkpoint::{ModelFolder, folder::files};
use kiskadee_runner::JobError;
use kiskadee_whisper::{Config, Precision, Whisper, WhisperError, import::ENGINE, tags};
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde_json::{Value, json};
use tokio::{runtime::Handle, task::spawn_blocking, time::sleep};

use crate::computing::step_back;

/// What the models take in memory together: the largest published one fits in 8 bits.
const BUDGET: u64 = 4 << 30;
/// A model stays in memory for so long after its last use, for a job that goes on, or the next one.
const LINGER: Duration = Duration::from_mins(1);
/// Weights are kept in full as far as they take no more; larger models hear well in 8 bits, too.
const MOST_IN_FULL: u64 = 2 << 30;

/// Parameters up to which a model listens to what somebody waits for.
const QUICK: u64 = 300_000_000;

/// The recognisers of this machine. Cheap to clone.
#[derive(Clone)]
pub struct Recognisers(Arc<All>);

struct All {
    models: Vec<Recogniser>,
    cache: ModelCache<Whisper>,
    /// Counts uses, so that a model in use again is not given back.
    uses: AtomicU64,
    /// Hears beside speech, and so behind it and with half of the cores; none where threads cannot be made.
    threads: Option<ThreadPool>,
}

/// A model that lies on the disk.
#[derive(Debug, Clone)]
pub(crate) struct Recogniser {
    /// As its folder is called.
    pub(crate) name: String,
    /// Codes of languages.
    languages: Vec<String>,
    parameters: u64,
    folder: PathBuf,
    precision: Precision,
    /// In memory.
    bytes: u64,
}

/// A model in memory.
pub(crate) struct Listener {
    whisper: Arc<Whisper>,
    all: Arc<All>,
}

impl Default for Recognisers {
    fn default() -> Self {
        Self::of(Vec::new(), BUDGET)
    }
}

impl Recognisers {
    /// Those in a directory of imported models, a folder for each. One that cannot be used is passed over, and the log says why.
    pub fn find(models: Option<&Path>) -> Self {
        let entries = models.and_then(|models| std::fs::read_dir(models).ok());
        let paths = entries.into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = paths.map(|entry| entry.path()).collect();
        paths.sort();
        let found = paths.into_iter().filter_map(|path| {
            let recogniser = Recogniser::open(&path)?;
            let opened = recogniser.map_err(|reason| {
                let model = path.display();
                tracing::warn!(%model, reason, "a recogniser cannot be used");
            });
            opened.ok()
        });
        Self::of(found.collect(), BUDGET)
    }

    fn of(models: Vec<Recogniser>, budget: u64) -> Self {
        let threads = available_parallelism().map_or(1, NonZero::get).div_ceil(2);
        let threads = ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|number| format!("recogniser-{number}"))
            .start_handler(|_| step_back());
        Self(Arc::new(All {
            // Threads that nobody needs would only stand around.
            threads: threads.build().ok().filter(|_| !models.is_empty()),
            models,
            cache: ModelCache::new(budget),
            uses: AtomicU64::new(0),
        }))
    }

    pub(crate) fn models(&self) -> &[Recogniser] {
        &self.0.models
    }

    /// As `training.announce_recognisers` takes them.
    pub(crate) fn describe(&self) -> Vec<Value> {
        let described = self.models().iter().map(|model| {
            json!({"name": model.name, "languages": tags(&model.languages), "parameters": model.parameters})
        });
        described.collect()
    }

    /// The one that listens to what somebody waits for: the best of the quick ones that know a language, else the quickest.
    pub(crate) fn witness(&self, code: &str) -> Option<&str> {
        let knowing = || self.0.models.iter().filter(|model| model.knows(code));
        let quick = knowing().filter(|model| model.parameters <= QUICK);
        let best = quick.max_by_key(|model| model.parameters);
        let best = best.or_else(|| knowing().min_by_key(|model| model.parameters));
        best.map(|model| model.name.as_str())
    }

    /// Has a model ready.
    pub(crate) async fn listener(&self, name: &str) -> Result<Listener, JobError> {
        let models = self.0.models.iter();
        let model = models.clone().find(|model| model.name == name);
        let model = model.ok_or_else(|| {
            JobError::Retry(format!("this worker has no recogniser `{name}` any more"))
        })?;
        self.0.uses.fetch_add(1, Ordering::Relaxed);
        let loaded = self.0.cache.get(name, model.bytes, async || {
            let (folder, precision) = (model.folder.clone(), model.precision);
            let open = move || Whisper::open_with(&folder, &Device::Cpu, precision);
            let opened = spawn_blocking(open).await.map_err(|error| broken(&error))?;
            opened.map_err(|error| JobError::Retry(error.to_string()))
        });
        let whisper = loaded.await.map_err(|error| match error {
            CacheError::Load(error) => error,
            CacheError::Full { .. } => JobError::Snooze(error.to_string()),
            CacheError::TooLarge { .. } => JobError::Retry(error.to_string()),
        })?;
        Ok(Listener {
            whisper,
            all: Arc::clone(&self.0),
        })
    }
}

impl Recogniser {
    fn knows(&self, code: &str) -> bool {
        self.languages.iter().any(|known| known == code)
    }

    /// None where the folder holds something else.
    fn open(path: &Path) -> Option<Result<Self, String>> {
        let folder = ModelFolder::open(path).ok()?;
        (folder.manifest().engine == ENGINE).then(|| Self::read(&folder))
    }

    fn read(folder: &ModelFolder) -> Result<Self, String> {
        let path = folder.path();
        let said = |error: WhisperError| error.to_string();
        let config = Config::read(&path.join(files::CONFIG)).map_err(said)?;
        let precision = if config.memory(Precision::Full) <= MOST_IN_FULL {
            Precision::Full
        } else {
            Precision::EightBits
        };
        let bytes = config.memory(precision);
        if bytes > BUDGET {
            return Err(format!(
                "it takes {} MiB of memory, and recognisers have {}",
                bytes >> 20,
                BUDGET >> 20
            ));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(Self {
            name: name.into_owned(),
            languages: Whisper::languages_of(path).map_err(said)?,
            parameters: folder.manifest().parameters,
            folder: path.to_owned(),
            precision,
            bytes,
        })
    }
}

impl Listener {
    /// Computes with the model on threads of its own; goes on to its end when nobody waits any more.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Whisper) -> Result<T, WhisperError> + Send + 'static,
    ) -> Result<Result<T, WhisperError>, JobError> {
        let (whisper, all) = (Arc::clone(&self.whisper), Arc::clone(&self.all));
        let working = spawn_blocking(move || match &all.threads {
            Some(threads) => threads.install(|| work(&whisper)),
            None => work(&whisper),
        });
        working.await.map_err(|error| broken(&error))
    }

    /// Codes of the languages that the model knows.
    pub(crate) fn knows(&self, code: &str) -> bool {
        self.whisper.languages().contains(&code)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let all = Arc::clone(&self.all);
        let used = all.uses.load(Ordering::Relaxed);
        runtime.spawn(async move {
            sleep(LINGER).await;
            if all.uses.load(Ordering::Relaxed) == used {
                all.cache.release_idle();
            }
        });
    }
}

fn broken(error: &tokio::task::JoinError) -> JobError {
    JobError::Retry(format!("the recogniser broke down: {error}"))
}
