//! A session for as long as a statement takes, and where it stays when the statement left something in it.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::{
    pool::{Pool, Pooled},
    session::Session,
};
use crate::bindings::postgres::Error;

/// Where a component's connection keeps the session it must go on with, if there is one.
#[derive(Default)]
pub(super) struct Slot(Mutex<Option<Pooled>>);

impl Slot {
    pub(super) fn put(&self, session: Pooled) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(session);
    }

    fn take(&self) -> Option<Pooled> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A session for one statement.
pub(super) struct Lease {
    session: Pooled,
    home: Weak<Slot>,
}

impl Lease {
    /// The session that the connection must go on with, or any free one.
    pub(super) async fn take(pool: &Pool, home: &Arc<Slot>) -> Result<Self, Error> {
        let session = match home.take() {
            Some(session) => session,
            None => pool.session().await?,
        };
        Ok(Self {
            session,
            home: Arc::downgrade(home),
        })
    }

    pub(super) fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Ends the statement: the session goes back to the pool, or to its connection when that left something in it.
    pub(super) fn finish(mut self) {
        self.session.finished();
        if self.session.is_dirty()
            && let Some(home) = self.home.upgrade()
        {
            home.put(self.session);
        }
    }
}
