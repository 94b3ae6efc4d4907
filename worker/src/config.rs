//! What a worker is told at its start. Checked as a whole, so that every mistake is reported at once.

use std::{
    net::SocketAddr, num::NonZero, path::PathBuf, thread::available_parallelism, time::Duration,
};

use kiskadee_queue::DatabaseAddress;
use kiskadee_runner::{DEFAULT_POOL, MOST_SLOTS, PoolName, RunnerConfig, STORAGE_RESERVE, Slots};
use kiskadee_speech::Engines;
use kiskadee_speech_jobs::{EngineOptions, XttsOptions};
use kiskadee_training_jobs::DownloadOptions;

use crate::{FAMILIES, NoticeSource, WorkerError};

/// Stands for no engine at all.
pub const NO_ENGINES: &str = "none";
/// The families that need no model.
const WITHOUT_MODELS: [&str; 2] = ["archive", "uploads"];
/// Calls to others wait more than they work.
const NETWORK_SLOTS: usize = 16;
/// A second training on one device takes twice the memory, and both take twice as long.
const LONG_SLOTS: usize = 1;

/// Which webhooks a worker sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Webhooks {
    /// None; a fleet that has jobs with some needs other workers that do.
    Off,
    /// Those to addresses of the public internet.
    Public,
    /// Those to private addresses too. For development and closed networks.
    Everywhere,
}

#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// How this worker is called in lists; its id is new with every registration.
    pub name: String,
    /// The machine that it runs on.
    pub host: String,
    /// The pool of the fleet that it is of, by which scalers count.
    pub pool: String,
    pub database_url: DatabaseAddress,
    /// The database is reached through a transaction-mode pooler.
    pub behind_pooler: bool,
    /// Also wake up when somebody rings; needs a session of its own, so not through a pooler.
    pub doorbell: bool,
    /// See [`kiskadee_storage::Store::open`].
    pub storage_url: String,
    /// The families to serve; empty for all.
    pub families: Vec<String>,
    /// The resources to serve, with slots where those are not the usual ones; empty for all.
    pub resources: Vec<(PoolName, Option<usize>)>,
    /// The engines to serve; empty for all that can be started here, [`NO_ENGINES`] alone for none.
    pub engines: Vec<String>,
    /// The directory of imported models, where there is one.
    pub models: Option<PathBuf>,
    pub xtts: XttsOptions,
    /// How recordings come from addresses.
    pub downloads: DownloadOptions,
    /// How ffmpeg is called, for the formats that need it.
    pub ffmpeg: String,
    /// Where audio lies until it is uploaded.
    pub scratch: PathBuf,
    /// Jobs of the pool `device` that run at once, and threads of an engine that runs on the CPU.
    pub slots: usize,
    /// As many slots as an engine speaks texts together are made, up to this.
    pub most_slots: usize,
    /// The cost of one claim; a single job may pass it.
    pub max_batch_cost: i32,
    /// A worker that is not heard of for so long is dead, and its jobs are another's.
    pub lease_ttl: Duration,
    /// Bytes that are left free where results are written: with less, nothing is claimed.
    pub storage_reserve: u64,
    /// How long a shutdown may take; what has not finished by then is given back.
    pub drain: Duration,
    /// A worker that had nothing to do for so long leaves; none: it stays.
    pub idle_exit: Option<Duration>,
    /// Who tells that the machine is taken away.
    pub notice: NoticeSource,
    /// Where the cloud answers that, if not at its usual address.
    pub metadata_address: Option<String>,
    /// Where `/metrics`, `/health` and `/ready` are served.
    pub metrics_listen: Option<SocketAddr>,
    pub webhooks: Webhooks,
}

impl WorkerConfig {
    pub fn new(database_url: impl Into<DatabaseAddress>, storage_url: impl Into<String>) -> Self {
        let slots = available_parallelism().map_or(1, NonZero::get);
        Self {
            name: format!("worker-{}", std::process::id()),
            host: std::env::var("HOSTNAME").unwrap_or_else(|_| "localhost".to_owned()),
            pool: DEFAULT_POOL.to_owned(),
            database_url: database_url.into(),
            behind_pooler: false,
            doorbell: false,
            storage_url: storage_url.into(),
            families: Vec::new(),
            resources: Vec::new(),
            engines: Vec::new(),
            models: None,
            xtts: XttsOptions::default(),
            downloads: DownloadOptions::default(),
            ffmpeg: "ffmpeg".to_owned(),
            scratch: std::env::temp_dir(),
            slots,
            most_slots: MOST_SLOTS,
            max_batch_cost: 20_000,
            lease_ttl: Duration::from_secs(30),
            storage_reserve: STORAGE_RESERVE,
            drain: Duration::from_secs(25),
            idle_exit: None,
            notice: NoticeSource::None,
            metadata_address: None,
            metrics_listen: None,
            webhooks: Webhooks::Public,
        }
    }

    pub(crate) fn engine_options(&self) -> EngineOptions {
        EngineOptions::new(self.slots, self.models.clone(), self.xtts.clone())
    }

    /// With slots enough for what the engines speak together.
    pub(crate) fn with_slots_for(mut self, engines: &Engines) -> Self {
        let rows = engines.rows().min(self.most_slots);
        self.slots = self.slots.max(rows);
        self
    }

    /// Without engines, and where nobody says which families: those that need no model, so that a small machine can be there for
    /// the chores of the fleet, and takes no work that is long.
    pub(crate) fn serves(&self, family: &str) -> bool {
        if self.families.is_empty() {
            return !self.has_no_engines() || WITHOUT_MODELS.contains(&family);
        }
        self.families.iter().any(|name| name == family)
    }

    pub(crate) fn has_no_engines(&self) -> bool {
        self.engines.iter().any(|name| name == NO_ENGINES)
    }

    /// As the runner is told.
    pub(crate) fn runner(&self) -> RunnerConfig {
        RunnerConfig {
            name: self.name.clone(),
            host: self.host.clone(),
            pool: self.pool.clone(),
            behind_pooler: self.behind_pooler,
            doorbell: self.doorbell,
            slots: self.slots_by_pool(),
            max_batch_cost: self.max_batch_cost,
            lease_ttl: self.lease_ttl,
            storage_reserve: self.storage_reserve,
            drain: self.drain,
            idle_exit: self.idle_exit,
            metrics_listen: self.metrics_listen,
            ..RunnerConfig::new(self.database_url.clone())
        }
    }

    fn slots_by_pool(&self) -> Slots {
        let usual = |pool| match pool {
            PoolName::Device => self.slots,
            PoolName::Cpu => available_parallelism().map_or(1, |cores| cores.get().div_ceil(2)),
            PoolName::Network => NETWORK_SLOTS,
            PoolName::Long => LONG_SLOTS,
        };
        let asked = self.resources.iter().copied();
        if self.resources.is_empty() {
            PoolName::ALL.map(|pool| (pool, usual(pool))).into()
        } else {
            let slots = |(pool, slots): (PoolName, Option<usize>)| {
                (pool, slots.unwrap_or_else(|| usual(pool)))
            };
            asked.map(slots).collect()
        }
    }

    pub(crate) fn check(&self) -> Result<(), WorkerError> {
        let mut families = self.families.iter();
        if let Some(unknown) = families.find(|name| !FAMILIES.contains(&name.as_str())) {
            return Err(WorkerError::UnknownFamily(unknown.clone()));
        }
        let problems = self.problems();
        if problems.is_empty() {
            Ok(())
        } else {
            Err(WorkerError::Config(problems))
        }
    }

    /// Everything that is wrong, in words; empty when the configuration can be used.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = self.runner().problems();
        if self.slots == 0 || self.slots > MOST_SLOTS {
            problems.push(format!("the slots must be from 1 to {MOST_SLOTS}"));
        }
        if self.has_no_engines() && self.engines.len() > 1 {
            problems.push(format!("`{NO_ENGINES}` stands alone among engines"));
        }
        if !self.scratch.is_dir() {
            problems.push("the scratch directory must exist".to_owned());
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kiskadee_speech::{Engine, EngineInfo, SpeechError, SpeechRequest, Utterance};

    use super::*;

    #[test]
    fn the_defaults_are_sound() {
        let config = WorkerConfig::new("postgres://localhost/kiskadee", "/tmp");
        assert!(config.problems().is_empty(), "{:?}", config.problems());
    }

    struct Choir(EngineInfo);

    impl Engine for Choir {
        fn info(&self) -> &EngineInfo {
            &self.0
        }

        fn speak(&self, _: Vec<SpeechRequest>) -> Vec<Result<Utterance, SpeechError>> {
            Vec::new()
        }

        fn rows(&self) -> Option<usize> {
            Some(32)
        }
    }

    #[test]
    fn there_is_a_slot_for_each_text_that_is_spoken_together() {
        let info = EngineInfo {
            name: "choir".to_owned(),
            description: String::new(),
            sample_rate: 24_000,
            languages: Vec::new(),
            quality_profiles: Vec::new(),
            voices: Vec::new(),
        };
        let choir = Engines::new([Arc::new(Choir(info)) as _]);
        let slots = |most_slots, engines: &Engines| {
            let config = WorkerConfig {
                slots: 2,
                most_slots,
                ..WorkerConfig::new("postgres://localhost/kiskadee", "/tmp")
            };
            let config = config.with_slots_for(engines);
            config.slots
        };
        assert_eq!(slots(4096, &choir), 32);
        assert_eq!(slots(2, &choir), 2);
        assert_eq!(slots(4096, &Engines::default()), 2);
    }

    #[test]
    fn resources_may_be_chosen() {
        let slots = |resources: &[(PoolName, Option<usize>)]| {
            WorkerConfig {
                slots: 4,
                resources: resources.to_vec(),
                ..WorkerConfig::new("postgres://localhost/kiskadee", "/tmp")
            }
            .slots_by_pool()
        };
        let all = slots(&[]);
        assert_eq!((all[&PoolName::Device], all[&PoolName::Long]), (4, 1));
        let chosen = slots(&[(PoolName::Device, None), (PoolName::Long, Some(2))]);
        let expected = Slots::from([(PoolName::Device, 4), (PoolName::Long, 2)]);
        assert_eq!(chosen, expected);
    }

    #[test]
    fn without_engines_only_what_needs_no_model_is_served() {
        let config = |engines: &[&str], families: &[&str]| WorkerConfig {
            engines: engines.iter().map(|&name| name.to_owned()).collect(),
            families: families.iter().map(|&name| name.to_owned()).collect(),
            ..WorkerConfig::new("postgres://localhost/kiskadee", "/tmp")
        };
        let chores = config(&["none"], &[]);
        let served = FAMILIES.map(|family| chores.serves(family));
        assert_eq!(served, [false, true, true, false]);
        assert!(config(&["none"], &["training"]).serves("training"));
        assert!(
            FAMILIES
                .iter()
                .all(|family| config(&[], &[]).serves(family))
        );
        assert_eq!(config(&["none", "espeak"], &[]).problems().len(), 1);
    }

    #[test]
    fn every_mistake_is_told() {
        let config = WorkerConfig {
            slots: 0,
            scratch: "/nowhere/at/all".into(),
            ..WorkerConfig::new("postgres://localhost/kiskadee", "/tmp")
        };
        let problems = config.problems();
        assert_eq!(problems.len(), 3, "{problems:?}");
        let config = WorkerConfig {
            families: vec!["songs".to_owned()],
            ..WorkerConfig::new("postgres://localhost/kiskadee", "/tmp")
        };
        let unknown = config.check().unwrap_err().to_string();
        assert!(unknown.contains("`songs`") && unknown.contains("speech"));
    }
}
