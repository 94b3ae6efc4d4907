//! The attempts that run now, and which messages they hold.

use std::collections::HashMap;

use tokio::task::{Id, JoinSet};
use tracing::{Instrument as _, debug, info, warn};
use uuid::Uuid;

use crate::{
    attempt::{Courier, Report},
    outbox::{Claimed, Outbox},
    span::attempt_span,
};

struct Held {
    message_id: Uuid,
    lock_token: i64,
}

pub(super) struct Flight {
    outbox: Outbox,
    courier: Courier,
    tasks: JoinSet<()>,
    held: HashMap<Id, Held>,
}

impl Flight {
    pub(super) fn new(outbox: Outbox, courier: Courier) -> Self {
        Self {
            outbox,
            courier,
            tasks: JoinSet::new(),
            held: HashMap::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    /// The messages that are under way.
    pub(super) fn held(&self) -> Vec<Uuid> {
        self.held.values().map(|held| held.message_id).collect()
    }

    pub(super) fn launch(&mut self, message: Claimed) {
        let held = Held {
            message_id: message.message_id,
            lock_token: message.lock_token,
        };
        let (outbox, courier) = (self.outbox.clone(), self.courier.clone());
        let span = attempt_span(&message);
        let attempt = async move {
            let report = courier.attempt(&message).await;
            record(&outbox, &message, &report).await;
        };
        let task = self.tasks.spawn(attempt.instrument(span));
        self.held.insert(task.id(), held);
    }

    /// Waits for an attempt to end; forever while none runs.
    pub(super) async fn next_landed(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => self.forget(id),
            Some(Err(error)) => {
                warn!(%error, "a webhook attempt did not end well; its message is sent again");
                self.forget(error.id());
            }
            None => std::future::pending().await,
        }
    }

    /// Waits until none runs.
    pub(super) async fn land(&mut self) {
        while !self.tasks.is_empty() {
            self.next_landed().await;
        }
    }

    /// Cuts the attempts that run and says which messages they held.
    pub(super) fn abandon(self) -> Vec<(Uuid, i64)> {
        self.held
            .into_values()
            .map(|held| (held.message_id, held.lock_token))
            .collect()
    }

    fn forget(&mut self, id: Id) {
        self.held.remove(&id);
    }
}

async fn record(outbox: &Outbox, message: &Claimed, report: &Report) {
    let duration_ms = report.duration.as_millis() as u64;
    match outbox
        .record(message.message_id, message.lock_token, report)
        .await
    {
        Ok(Some(status)) => {
            let (code, error) = (report.status_code, report.error.as_deref());
            info!(status, code, error, duration_ms, "webhook attempt made");
        }
        Ok(None) => debug!("the webhook message was claimed again meanwhile"),
        Err(error) => {
            warn!(%error, "cannot record a webhook attempt; it is made again");
        }
    }
}
