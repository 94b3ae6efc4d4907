//! Secrets whose files change while the host runs: read again, tried, and given to the components.
//!
//! An address of a database is not taken before somebody can log in with it: until then the one of before serves. So the order in
//! which a password and its file are changed does not matter.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use kiskadee_secret::Changes;
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::Config;

use crate::{
    component::Component,
    pg::{self, Hurry},
    variables::{Sources, Values},
};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// The same when somebody waits for a change.
const HURRIED_LOOK: Duration = Duration::from_millis(100);

/// How long such a hurry lasts.
const HURRY: Duration = Duration::from_secs(4);

/// What a login that is tried may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Takes what has changed.
pub(crate) struct Renewal {
    sources: Arc<Sources>,
    changes: Changes,
    /// What the components have.
    values: Values,
    components: Vec<Arc<Component>>,
    database_ca: Option<Arc<str>>,
    hurry: Hurry,
    /// What cannot be used as it is, by variable, so that it is told once.
    troubles: BTreeMap<String, String>,
}

impl Renewal {
    pub(crate) fn new(
        sources: Sources,
        changes: Changes,
        values: Values,
        hurry: Hurry,
        database_ca: Option<Arc<str>>,
    ) -> Self {
        Self {
            sources: Arc::new(sources),
            changes,
            values,
            components: Vec::new(),
            database_ca,
            hurry,
            troubles: BTreeMap::new(),
        }
    }

    /// For these.
    pub(crate) fn of(mut self, components: impl Iterator<Item = Arc<Component>>) -> Self {
        self.components.extend(components);
        self
    }

    /// Until it is dropped.
    pub(crate) async fn run(mut self) {
        let mut hurried_until = Instant::now();
        loop {
            let pause = if Instant::now() < hurried_until {
                HURRIED_LOOK
            } else {
                LOOK
            };
            let hurry = self.hurry.clone();
            tokio::select! {
                () = sleep(pause) => {}
                () = hurry.asked() => hurried_until = Instant::now() + HURRY,
            }
            let has_changed = self.look().await;
            if has_changed || !self.troubles.is_empty() {
                self.renew().await;
            }
        }
    }

    /// A disk may be slow.
    async fn look(&mut self) -> bool {
        let mut changes = self.changes.clone();
        let looking = tokio::task::spawn_blocking(move || {
            let has_changed = changes.look();
            (changes, has_changed)
        });
        let Ok((changes, has_changed)) = looking.await else {
            return false;
        };
        self.changes = changes;
        has_changed
    }

    async fn renew(&mut self) {
        let sources = Arc::clone(&self.sources);
        let Ok(read) = tokio::task::spawn_blocking(move || sources.read()).await else {
            return;
        };
        let found = match read {
            Ok(found) => found,
            // Another change follows.
            Err(error) => return self.trouble("", error.to_string()),
        };
        self.troubles.remove("");
        let mut values = self.values.clone();
        let mut taken = Vec::new();
        for (name, value) in found {
            if self.values.get(&name) == Some(&value) {
                self.troubles.remove(&name);
            } else if let Err(reason) = self.try_out(&name, &value).await {
                self.trouble(&name, reason);
            } else {
                self.troubles.remove(&name);
                taken.push(name.clone());
                values.insert(name, value);
            }
        }
        if !taken.is_empty() {
            self.give(values, &taken);
        }
    }

    /// Whether a value can be used.
    async fn try_out(&self, name: &str, value: &str) -> Result<(), String> {
        let mut components = self.components.iter();
        if components.any(|component| component.fixed().contains(name)) {
            return Err(
                "says what components may reach, and is taken at the next start".to_owned(),
            );
        }
        if !pg::is_address(value) {
            return Ok(());
        }
        let config: Config = value
            .parse()
            .map_err(|_| "is no address of Postgres".to_owned())?;
        let connecting = pg::connect(&config, self.database_ca.as_deref());
        let tried = timeout(PATIENCE, connecting).await;
        let tried = tried.unwrap_or_else(|_| Err("Postgres did not answer in time".to_owned()));
        tried.map(drop)
    }

    fn give(&mut self, values: Values, taken: &[String]) {
        for component in &self.components {
            if let Err(reason) = component.renew(&values) {
                tracing::error!(component = %component.name(), reason, "changed variables cannot be given to a component");
            }
        }
        self.values = values;
        tracing::info!(variables = taken.join(", "), "changed variables are in use");
    }

    fn trouble(&mut self, name: &str, reason: String) {
        if self.troubles.get(name) != Some(&reason) {
            tracing::warn!(
                variable = name,
                reason,
                "a changed variable cannot be used, or not yet: the value of before serves"
            );
            self.troubles.insert(name.to_owned(), reason);
        }
    }
}
