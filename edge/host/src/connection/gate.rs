//! Who may connect, and how many at once.

use std::{net::SocketAddr, sync::Arc};

use crate::{
    admission::{Bound, Place, Shares, Who},
    problem::{Refusal, What},
};

/// Connections beyond the bound that are told so.
const SPARE: Shares = Shares {
    all: 64,
    per_address: 8,
    per_caller: usize::MAX,
};

/// Who may connect.
pub(super) struct Gate {
    connections: Arc<Bound>,
    /// Connections through proxies, by the client that is known only by the proxy's header.
    proxied: Arc<Bound>,
    spare: Arc<Bound>,
}

/// A place of a connection, and what it is told when it is one too many.
pub(super) struct Entry {
    places: Vec<Place>,
    pub(super) refusal: Option<Refusal>,
}

impl Gate {
    pub(super) fn new(shares: Shares) -> Self {
        Self {
            connections: Bound::new(shares),
            proxied: Bound::new(shares),
            spare: Bound::new(SPARE),
        }
    }

    /// `None` where not even a refusal has room.
    pub(super) fn enter(&self, who: Who) -> Option<Entry> {
        let (place, refusal) = match self.connections.enter(who) {
            Ok(place) => (place, None),
            Err(whose) => {
                let place = self.spare.enter(who).ok()?;
                (place, Some(Refusal::Full(What::Connections, whose)))
            }
        };
        Some(Entry {
            places: vec![place],
            refusal,
        })
    }

    /// Counts a connection to the client whose it is.
    pub(super) fn attribute(&self, entry: &mut Entry, client: SocketAddr) {
        match self.proxied.enter(Who::at(client)) {
            Ok(place) => entry.places.push(place),
            Err(whose) => entry.refusal = Some(Refusal::Full(What::Connections, whose)),
        }
    }
}
