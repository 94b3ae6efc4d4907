//! Connections: HTTP/1.1 and HTTP/2 on one port, with TLS or without, with bounds on heads and idle time, and an orderly end. One too
//! many is told so in an answer, as long as there is room for that, and whether the process lives is answered to anybody.

mod acme;
mod gate;
mod opening;
mod proxy_protocol;
mod redirect;
mod speak;
mod tls;
mod wire;

use std::{sync::Arc, time::Duration};

use tokio::{net::TcpListener, time::sleep};

pub(crate) use self::acme::run as keep_certificate;
pub use self::acme::{Acme, AcmeChallenge, AcmeError};
pub use self::redirect::Redirect;
pub(crate) use self::redirect::run as redirect;
pub(crate) use self::tls::Tls;
pub use self::tls::{TlsError, TlsFiles};
use self::{gate::Gate, opening::Accepted};
use crate::{
    admission::Who,
    serve::Service,
    stage::{Stage, reached},
};

/// Waits after a failed accept: most often the process has no file descriptors left for the moment.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections until the process closes, then ends them in order: requests that run are finished, idle connections close, and
/// what is not done after the deadline is cut when the caller drops this future.
pub(crate) async fn run(listener: TcpListener, tls: Option<Arc<Tls>>, service: Arc<Service>) {
    let gate = Arc::new(Gate::new(service.limits().connections));
    let mut follower = service.stages().follow();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = reached(&mut follower, Stage::Closing) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Proxies carry the connections of many.
                let trusted = service.proxies().trusts(peer.ip());
                let who = if trusted {
                    Who::default()
                } else {
                    Who::at(peer)
                };
                let Some(entry) = gate.enter(who) else {
                    continue;
                };
                let accepted = Accepted {
                    stream,
                    peer,
                    trusted,
                    entry,
                    tls: tls.clone(),
                };
                let follower = service.stages().follow();
                tokio::spawn(accepted.serve(Arc::clone(&service), Arc::clone(&gate), follower));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    // Whoever connects from here on is refused by the system and tries the next machine.
    drop((listener, follower));
    service.stages().left().await;
}
