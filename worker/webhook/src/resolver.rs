//! Names are resolved here, and every address is checked before a connection is made to it.
//!
//! The HTTP client asks this resolver for each connection and connects to the very addresses that it returns, so a name
//! cannot answer one thing to the check and another to the connection.

use std::{io, net::IpAddr, net::SocketAddr, sync::Arc};

use futures::{FutureExt, future::BoxFuture};
use kiskadee_shared::address::is_public;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Finds the addresses of a host.
pub trait HostResolver: Send + Sync {
    /// All of its addresses, of both families.
    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// Asks the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl HostResolver for SystemResolver {
    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let host = host.to_owned();
        async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        }
        .boxed()
    }
}

/// Why a name may not be connected to. The addresses are left out: they would tell a stranger about the network here.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResolveError {
    #[error("the name of the host does not resolve")]
    NotFound(#[source] io::Error),
    #[error("the name of the host has no address")]
    Empty,
    #[error("the name of the host resolves to an address that is not on the public internet")]
    NotPublic,
}

/// Lets only public addresses through. One bad address among good ones refuses them all.
#[derive(Clone)]
pub(super) struct GuardedResolver {
    inner: Arc<dyn HostResolver>,
    allow_private: bool,
}

impl GuardedResolver {
    pub(super) fn new(inner: Arc<dyn HostResolver>, allow_private: bool) -> Self {
        Self {
            inner,
            allow_private,
        }
    }

    fn check(&self, found: Vec<IpAddr>) -> Result<Vec<IpAddr>, ResolveError> {
        if found.is_empty() {
            Err(ResolveError::Empty)
        } else if self.allow_private || found.iter().all(|address| is_public(*address)) {
            Ok(found)
        } else {
            Err(ResolveError::NotPublic)
        }
    }

    async fn resolve_checked(self, host: String) -> Result<Vec<IpAddr>, ResolveError> {
        let found = self
            .inner
            .resolve(&host)
            .await
            .map_err(ResolveError::NotFound)?;
        self.check(found)
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let checked = self.clone().resolve_checked(name.as_str().to_owned());
        Box::pin(async move {
            let addresses = checked.await?;
            // Port 0 leaves the port to the address that is called.
            let addresses = addresses
                .into_iter()
                .map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Gives one answer after the other.
    struct Scripted(Mutex<Vec<Vec<&'static str>>>);

    impl HostResolver for Scripted {
        fn resolve(&self, _host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
            let answer = self.0.lock().unwrap().remove(0);
            let answer = answer.iter().map(|text| text.parse().unwrap()).collect();
            async { Ok(answer) }.boxed()
        }
    }

    fn guarded(answers: &[&[&'static str]], allow_private: bool) -> GuardedResolver {
        let script = answers.iter().map(|answer| answer.to_vec()).collect();
        GuardedResolver::new(Arc::new(Scripted(Mutex::new(script))), allow_private)
    }

    async fn ask(resolver: &GuardedResolver) -> Result<Vec<IpAddr>, ResolveError> {
        resolver
            .clone()
            .resolve_checked("hooks.example".to_owned())
            .await
    }

    #[tokio::test]
    async fn a_name_that_turns_private_is_refused_from_then_on() {
        let resolver = guarded(&[&["8.8.8.8"], &["127.0.0.1"], &["::ffff:10.0.0.1"]], false);
        assert!(ask(&resolver).await.is_ok());
        assert!(matches!(ask(&resolver).await, Err(ResolveError::NotPublic)));
        assert!(matches!(ask(&resolver).await, Err(ResolveError::NotPublic)));
    }

    #[tokio::test]
    async fn one_private_address_refuses_the_others() {
        let resolver = guarded(&[&["8.8.8.8", "fd00::1"], &[]], false);
        assert!(matches!(ask(&resolver).await, Err(ResolveError::NotPublic)));
        assert!(matches!(ask(&resolver).await, Err(ResolveError::Empty)));
    }

    #[tokio::test]
    async fn configuration_may_allow_private_addresses() {
        let resolver = guarded(&[&["127.0.0.1"]], true);
        assert_eq!(
            ask(&resolver).await.unwrap(),
            ["127.0.0.1".parse::<IpAddr>().unwrap()]
        );
    }
}
