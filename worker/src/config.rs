//! What a worker is told at its start. Checked as a whole, so that every mistake is reported at once.

use std::{
    net::SocketAddr, num::NonZero, path::PathBuf, thread::available_parallelism, time::Duration,
};

use kiskadee_speech::Engines;

use crate::{EngineOptions, XttsOptions};

const MOST_SLOTS: usize = 4096;

#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// How this worker is called in lists; its id is new with every registration.
    pub name: String,
    /// The machine that it runs on.
    pub host: String,
    pub database_url: String,
    /// The database is reached through a transaction-mode pooler.
    pub behind_pooler: bool,
    /// Also wake up when somebody rings; needs a session of its own, so not through a pooler.
    pub doorbell: bool,
    /// See [`crate::store::Store::open`].
    pub storage_url: String,
    /// The engines to serve; empty for all that can be started here.
    pub engines: Vec<String>,
    /// The directory of imported models, where there is one.
    pub models: Option<PathBuf>,
    pub xtts: XttsOptions,
    /// How ffmpeg is called, for the formats that need it.
    pub ffmpeg: String,
    /// Where audio lies until it is uploaded.
    pub scratch: PathBuf,
    /// Jobs that run at once, and threads of an engine that runs on the CPU.
    pub slots: usize,
    /// As many slots as an engine speaks texts together are made, up to this.
    pub most_slots: usize,
    /// Jobs of one claim; at most `slots` are of use.
    pub max_batch_jobs: usize,
    /// The cost of one claim; a single job may pass it.
    pub max_batch_cost: i32,
    /// A worker that is not heard of for so long is dead, and its jobs are another's.
    pub lease_ttl: Duration,
    /// How long a shutdown may take; what has not finished by then is given back.
    pub drain: Duration,
    /// Where `/metrics`, `/health` and `/ready` are served.
    pub metrics_listen: Option<SocketAddr>,
    /// Send webhooks to private addresses too. For development and closed networks.
    pub allow_private_webhooks: bool,
}

impl WorkerConfig {
    pub fn new(database_url: impl Into<String>, storage_url: impl Into<String>) -> Self {
        let slots = available_parallelism().map_or(1, NonZero::get);
        Self {
            name: format!("worker-{}", std::process::id()),
            host: std::env::var("HOSTNAME").unwrap_or_else(|_| "localhost".to_owned()),
            database_url: database_url.into(),
            behind_pooler: false,
            doorbell: false,
            storage_url: storage_url.into(),
            engines: Vec::new(),
            models: None,
            xtts: XttsOptions::default(),
            ffmpeg: "ffmpeg".to_owned(),
            scratch: std::env::temp_dir(),
            slots,
            most_slots: MOST_SLOTS,
            max_batch_jobs: slots,
            max_batch_cost: 20_000,
            lease_ttl: Duration::from_secs(30),
            drain: Duration::from_secs(25),
            metrics_listen: None,
            allow_private_webhooks: false,
        }
    }

    pub(crate) fn engine_options(&self) -> EngineOptions {
        EngineOptions::new(self.slots, self.models.clone(), self.xtts.clone())
    }

    /// With slots enough for what the engines speak together.
    pub(crate) fn with_slots_for(mut self, engines: &Engines) -> Self {
        let rows = engines.rows().min(self.most_slots);
        self.slots = self.slots.max(rows);
        self.max_batch_jobs = self.max_batch_jobs.max(rows);
        self
    }

    /// Everything that is wrong, in words; empty when the configuration can be used.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut require = |holds: bool, problem: &str| {
            if !holds {
                problems.push(problem.to_owned());
            }
        };
        require(self.slots > 0, "slots must be at least 1");
        require(self.slots <= MOST_SLOTS, "slots must be at most 4096");
        require(
            self.max_batch_jobs > 0,
            "the jobs of a batch must be at least 1",
        );
        require(
            self.max_batch_cost > 0,
            "the cost of a batch must be at least 1",
        );
        require(
            (Duration::from_secs(3)..=Duration::from_hours(1)).contains(&self.lease_ttl),
            "the lease must last from 3 s to 1 h",
        );
        require(
            !(self.doorbell && self.behind_pooler),
            "the doorbell is not heard through a transaction-mode pooler",
        );
        require(self.scratch.is_dir(), "the scratch directory must exist");
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
                max_batch_jobs: 2,
                most_slots,
                ..WorkerConfig::new("postgres://localhost/kiskadee", "/tmp")
            };
            let config = config.with_slots_for(engines);
            (config.slots, config.max_batch_jobs)
        };
        assert_eq!(slots(4096, &choir), (32, 32));
        assert_eq!(slots(2, &choir), (2, 2));
        assert_eq!(slots(4096, &Engines::default()), (2, 2));
    }

    #[test]
    fn every_mistake_is_told() {
        let config = WorkerConfig {
            slots: 0,
            lease_ttl: Duration::from_secs(1),
            behind_pooler: true,
            doorbell: true,
            ..WorkerConfig::new("postgres://localhost/kiskadee", "/tmp")
        };
        assert_eq!(config.problems().len(), 3);
    }
}
