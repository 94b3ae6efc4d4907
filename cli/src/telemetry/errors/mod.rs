//! Errors and panics to Sentry, where `SENTRY_DSN` names one: what happened and where, and nothing that a person wrote.
//!
//! What is sent is on a list ([`TAGS`]), so a field that somebody adds to a line stays here until it is added there, too.

mod transport;

use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use sentry_core::protocol::Event;
use sentry_core::types::Dsn;
use sentry_core::{Client, ClientOptions, Level};
use serde_json::Value;
use tracing::Metadata;

use super::fields::Fields;
use transport::Sending;

const DSN: &str = "SENTRY_DSN";
const ENVIRONMENT: &str = "SENTRY_ENVIRONMENT";
const USUAL_ENVIRONMENT: &str = "production";

/// Fields that are no words of a person's, nor names that a caller chose. Numbers, states, ids that were drawn here.
const TAGS: [&str; 18] = [
    "attempt",
    "batch_id",
    "chore",
    "component",
    "engine",
    "job_id",
    "kind",
    "location",
    "message_id",
    "ms",
    "outcome",
    "pid",
    "process",
    "route",
    "service",
    "status",
    "trace_id",
    "worker_id",
];

/// At its end a process waits so long for what is still to be sent.
const LAST_WORDS: Duration = Duration::from_secs(2);

#[derive(Clone)]
pub(super) struct Errors {
    client: Arc<Client>,
    service: &'static str,
}

impl Errors {
    /// None without an address.
    pub(super) fn from_environment(service: &'static str) -> Result<Option<Self>> {
        let Some(dsn) = std::env::var(DSN).ok().filter(|dsn| !dsn.is_empty()) else {
            return Ok(None);
        };
        // It holds a key, so it is not repeated.
        let dsn: Dsn = dsn
            .parse()
            .with_context(|| format!("the address in {DSN} cannot be used"))?;
        let environment = std::env::var(ENVIRONMENT).ok();
        let environment = environment.unwrap_or_else(|| USUAL_ENVIRONMENT.to_owned());
        let errors = Self::start(dsn, environment, service)?;
        errors.clone().hear_panics();
        Ok(Some(errors))
    }

    fn start(dsn: Dsn, environment: String, service: &'static str) -> Result<Self> {
        let mut options = ClientOptions::new();
        options.transport = Some(Arc::new(Arc::new(Sending::start(&dsn)?)));
        options.dsn = Some(dsn);
        options.release = Some(concat!("kiskadee@", env!("CARGO_PKG_VERSION")).into());
        options.environment = Some(environment.into());
        options.default_integrations = false;
        options.before_send = Some(Arc::new(|event| Some(allowed(event))));
        Ok(Self {
            client: Arc::new(Client::with_options(options)),
            service,
        })
    }

    /// Takes a line; those that are no errors go no further.
    pub(super) fn hear(&self, metadata: &Metadata<'_>, fields: &Fields) {
        if *metadata.level() != tracing::Level::ERROR {
            return;
        }
        let mut event = self.event(fields.message.clone(), metadata.target());
        for (name, value) in fields.iter().filter(|(name, _)| TAGS.contains(name)) {
            let text = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            event.tags.insert(name.to_owned(), text);
        }
        self.client.capture_event(event, None);
    }

    /// Panics are heard as well, before whoever was told of them until now.
    fn hear_panics(self) {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            self.hear_panic(panic);
            before(panic);
        }));
    }

    fn hear_panic(&self, panic: &PanicHookInfo<'_>) {
        let mut event = self.event(words_of(panic), "panic");
        event.level = Level::Fatal;
        if let Some(location) = panic.location() {
            let location = format!("{}:{}", location.file(), location.line());
            event.tags.insert("location".to_owned(), location);
        }
        self.client.capture_event(event, None);
        // It may be the last that this process does.
        self.client.flush(Some(LAST_WORDS));
    }

    fn event(&self, message: String, logger: &str) -> Event<'static> {
        let mut event = Event {
            message: Some(message),
            logger: Some(logger.to_owned()),
            level: Level::Error,
            ..Event::default()
        };
        let service = self.service.to_owned();
        event.tags.insert("service".to_owned(), service);
        event
    }

    pub(super) fn close(&self) {
        self.client.close(Some(LAST_WORDS));
    }
}

/// Words that stand in the source have nothing of a person's; what was put together at run time may.
fn words_of(panic: &PanicHookInfo<'_>) -> String {
    match panic.payload().downcast_ref::<&'static str>() {
        Some(words) => format!("panicked: {words}"),
        None => "panicked".to_owned(),
    }
}

/// An event of what may be sent, and nothing else, whoever made it.
fn allowed(event: Event<'static>) -> Event<'static> {
    let mut tags = event.tags;
    tags.retain(|name, _| TAGS.contains(&name.as_str()));
    // The service that takes it knows fractions of a second; a clock before 1970 is none.
    let timestamp = event.timestamp.max(UNIX_EPOCH);
    Event {
        event_id: event.event_id,
        level: event.level,
        message: event.message,
        logger: event.logger,
        platform: event.platform,
        timestamp,
        release: event.release,
        environment: event.environment,
        sdk: event.sdk,
        tags,
        ..Event::default()
    }
}

#[cfg(test)]
mod tests;
