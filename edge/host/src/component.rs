//! A component that is loaded and ready to be instantiated, with what its manifest grants it.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use wasmtime::{Engine, component::Linker};
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::{
    allowed_hosts::AllowedHosts,
    config::Limits,
    error::HostError,
    instances::Instance,
    manifest::ComponentManifest,
    pg::{self, Hurry, PoolLimits, Pools},
    variables::{self, Values},
};

/// A loaded component.
pub(crate) struct Component {
    name: Arc<str>,
    code: ServicePre<Instance>,
    engine: Engine,
    limits: Arc<Limits>,
    allowed_hosts: AllowedHosts,
    /// Of its variables, as the manifest has them.
    templates: Values,
    variables: RwLock<Arc<Values>>,
    /// The variables of the application that say what it may reach.
    fixed: BTreeSet<String>,
    environment: Values,
    pools: Pools,
    live: AtomicUsize,
    breaks: AtomicUsize,
}

/// What is the same for all components.
pub(crate) struct Surroundings {
    pub(crate) limits: Arc<Limits>,
    /// Certificates in PEM.
    pub(crate) database_ca: Option<Arc<str>>,
    /// Where secrets may change.
    pub(crate) hurry: Option<Hurry>,
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
        surroundings: &Surroundings,
    ) -> Result<Self, HostError> {
        let failed = |reason: String| HostError::Component {
            component: name.to_owned(),
            reason,
        };
        let limits = &surroundings.limits;
        let fixed = manifest.allowed_outbound_hosts.iter();
        let fixed = fixed.flat_map(|host| variables::names(host));
        let fixed = fixed.map(ToOwned::to_owned).collect();
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
            variables: RwLock::new(Arc::new(
                variables::render_all(&manifest.variables, values).map_err(failed)?,
            )),
            templates: manifest.variables.clone(),
            fixed,
            environment: manifest.environment.clone(),
            pools: Pools::new(
                PoolLimits {
                    sessions: limits.postgres_sessions,
                    wait: limits.postgres_wait,
                    connect: limits.postgres_connect,
                    behind_pooler: limits.behind_pooler,
                },
                surroundings.database_ca.clone(),
                surroundings.hurry.clone(),
            ),
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

    /// What an instance that begins now has for all its life: what belongs together stays together.
    pub(crate) fn variables(&self) -> Arc<Values> {
        let variables = self.variables.read();
        Arc::clone(&variables.unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether an instance that has these variables may go on to the next request.
    pub(crate) fn is_current(&self, variables: &Arc<Values>) -> bool {
        let now = self.variables.read();
        Arc::ptr_eq(&now.unwrap_or_else(PoisonError::into_inner), variables)
    }

    /// Variables of the application that cannot change: what the component may reach is checked once.
    pub(crate) fn fixed(&self) -> &BTreeSet<String> {
        &self.fixed
    }

    /// Takes other values of the application's variables: instances that are there finish what they do, and where they ask for a
    /// database at its address of before they are given sessions of today's.
    pub(crate) fn renew(&self, values: &Values) -> Result<(), String> {
        let before = self.variables();
        let now = variables::render_all(&self.templates, values)?;
        if now == *before {
            return Ok(());
        }
        for (name, address) in &now {
            let old = before.get(name).filter(|old| *old != address);
            if let Some(old) = old.filter(|old| pg::is_address(old)) {
                self.pools.replace(old, address)?;
            }
        }
        let mut variables = self
            .variables
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *variables = Arc::new(now);
        Ok(())
    }

    /// Its variables that are addresses of Postgres, with somebody who logs in.
    pub(crate) fn database_addresses(&self) -> Vec<String> {
        let variables = self.variables();
        let values = variables.values();
        values
            .filter(|value| pg::is_address(value))
            .cloned()
            .collect()
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
