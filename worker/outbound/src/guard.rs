//! Names are resolved here, and every address is checked before a connection is made to it.
//!
//! The HTTP client asks this resolver for each connection and connects to the very addresses that it returns, so a name
//! cannot answer one thing to the check and another to the connection.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use futures::{FutureExt, future::BoxFuture};
use kiskadee_shared::address::AddressError;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::reach::Reach;

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

/// Why nothing is connected to. The addresses are left out: they would tell a stranger about the network here.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    #[error("the name of the host does not resolve")]
    NotFound(#[source] io::Error),
    #[error("the name of the host has no address")]
    Empty,
    #[error("the name of the host resolves to an address that is not on the public internet")]
    NotPublic,
}

/// Lets only allowed addresses through. One bad address among good ones refuses them all.
#[derive(Clone)]
pub struct Guard {
    resolver: Arc<dyn HostResolver>,
    reach: Reach,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("reach", &self.reach)
            .finish_non_exhaustive()
    }
}

impl Guard {
    pub fn new(resolver: Arc<dyn HostResolver>, reach: Reach) -> Self {
        Self { resolver, reach }
    }

    /// With the names that the operating system knows.
    pub fn of_system(reach: Reach) -> Self {
        Self::new(Arc::new(SystemResolver), reach)
    }

    /// What can be said of an address before its name is resolved.
    pub fn check(&self, url: &Url) -> Result<(), AddressError> {
        self.reach.check(url)
    }

    /// The addresses of a host, all of which may be called.
    pub async fn addresses(&self, host: &Host<&str>) -> Result<Vec<IpAddr>, ResolveError> {
        let found = match host {
            Host::Ipv4(address) => vec![(*address).into()],
            Host::Ipv6(address) => vec![(*address).into()],
            Host::Domain(name) => {
                let found = self.resolver.resolve(name).await;
                found.map_err(ResolveError::NotFound)?
            }
        };
        if found.is_empty() {
            Err(ResolveError::Empty)
        } else if found.iter().all(|address| self.reach.allows(*address)) {
            Ok(found)
        } else {
            Err(ResolveError::NotPublic)
        }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let addresses = guard.addresses(&Host::Domain(name.as_str())).await?;
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

    fn guarded(answers: &[&[&'static str]], reach: Reach) -> Guard {
        let script = answers.iter().map(|answer| answer.to_vec()).collect();
        Guard::new(Arc::new(Scripted(Mutex::new(script))), reach)
    }

    async fn ask(guard: &Guard) -> Result<Vec<IpAddr>, ResolveError> {
        guard.addresses(&Host::Domain("hooks.example")).await
    }

    #[tokio::test]
    async fn a_name_that_turns_private_is_refused_from_then_on() {
        let resolver = guarded(
            &[&["8.8.8.8"], &["127.0.0.1"], &["::ffff:10.0.0.1"]],
            Reach::Public,
        );
        assert!(ask(&resolver).await.is_ok());
        assert!(matches!(ask(&resolver).await, Err(ResolveError::NotPublic)));
        assert!(matches!(ask(&resolver).await, Err(ResolveError::NotPublic)));
    }

    #[tokio::test]
    async fn one_private_address_refuses_the_others() {
        let resolver = guarded(&[&["8.8.8.8", "fd00::1"], &[]], Reach::Public);
        assert!(matches!(ask(&resolver).await, Err(ResolveError::NotPublic)));
        assert!(matches!(ask(&resolver).await, Err(ResolveError::Empty)));
    }

    #[tokio::test]
    async fn configuration_may_allow_private_addresses() {
        let resolver = guarded(&[&["127.0.0.1"]], Reach::Everything);
        assert_eq!(
            ask(&resolver).await.unwrap(),
            ["127.0.0.1".parse::<IpAddr>().unwrap()]
        );
    }
}
