//! A component that is loaded and ready to be instantiated, with what its manifest grants it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use wasmtime::{Engine, component::Linker};
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::{
    allowed_hosts::AllowedHosts,
    config::Limits,
    error::HostError,
    instances::Instance,
    manifest::ComponentManifest,
    pg::{PoolLimits, Pools},
    variables::{self, Values},
};

/// A loaded component.
pub(crate) struct Component {
    name: Arc<str>,
    code: ServicePre<Instance>,
    engine: Engine,
    limits: Arc<Limits>,
    allowed_hosts: AllowedHosts,
    variables: Values,
    environment: Values,
    pools: Pools,
    live: AtomicUsize,
    breaks: AtomicUsize,
}

/// Counts an instance as long as it lives.
pub(crate) struct Live(Arc<Component>);

impl Live {
    pub(crate) fn of(component: &Arc<Component>) -> Self {
        component.live.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(component))
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.0.live.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Component {
    pub(crate) fn new(
        name: &str,
        manifest: &ComponentManifest,
        values: &Values,
        code: &wasmtime::component::Component,
        linker: &Linker<Instance>,
        limits: &Arc<Limits>,
    ) -> Result<Self, HostError> {
        let failed = |reason: String| HostError::Component {
            component: name.to_owned(),
            reason,
        };
        let hosts = manifest
            .allowed_outbound_hosts
            .iter()
            .map(|host| variables::render(host, values));
        let hosts = hosts.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        let code = linker.instantiate_pre(code).and_then(ServicePre::new);
        Ok(Self {
            name: name.into(),
            code: code.map_err(|error| failed(format!("{error:#}")))?,
            engine: linker.engine().clone(),
            allowed_hosts: AllowedHosts::parse(&hosts).map_err(failed)?,
            variables: variables::render_all(&manifest.variables, values).map_err(failed)?,
            environment: manifest.environment.clone(),
            pools: Pools::new(PoolLimits {
                sessions: limits.postgres_sessions,
                wait: limits.postgres_wait,
                connect: limits.postgres_connect,
                behind_pooler: limits.behind_pooler,
            }),
            live: AtomicUsize::new(0),
            breaks: AtomicUsize::new(0),
            limits: Arc::clone(limits),
        })
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn code(&self) -> &ServicePre<Instance> {
        &self.code
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn allowed_hosts(&self) -> &AllowedHosts {
        &self.allowed_hosts
    }

    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// Its variables that are addresses of Postgres, with somebody who logs in.
    pub(crate) fn database_addresses(&self) -> impl Iterator<Item = &str> {
        let values = self.variables.values().map(String::as_str);
        values.filter(|value| {
            let schemes = ["postgres://", "postgresql://"];
            schemes.iter().any(|scheme| value.starts_with(scheme)) && value.contains('@')
        })
    }

    pub(crate) fn environment(&self) -> &Values {
        &self.environment
    }

    pub(crate) fn pools(&self) -> &Pools {
        &self.pools
    }

    /// Counts an instance that is discarded for what it did.
    pub(crate) fn broke(&self) {
        self.breaks.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn breaks(&self) -> usize {
        self.breaks.load(Ordering::Relaxed)
    }

    pub(crate) fn live_instances(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }
}
