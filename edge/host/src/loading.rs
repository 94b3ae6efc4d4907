//! Reading an application: its manifest, its variables, and its components, made ready to be served.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use kiskadee_secret::SecretSource;

use crate::{
    compiled::Cache,
    component::{Component, Surroundings},
    config::{HostConfig, Limits},
    engine,
    error::HostError,
    files,
    manifest::Manifest,
    pg::{self, Hurry},
    renewal::Renewal,
    route::Router,
    serve::{Served, Service},
    variables::{Given, Sources, Values},
};

/// An application that is ready to serve.
pub(crate) struct Loaded {
    pub(crate) service: Service,
    /// Certificates of authorities that may vouch for databases.
    pub(crate) database_ca: Option<Arc<str>>,
    /// Of variables that are files.
    pub(crate) renewal: Option<Renewal>,
}

/// Reads the manifest and makes every component ready.
pub(crate) fn load(config: &HostConfig) -> Result<Loaded, HostError> {
    let manifest = Manifest::read(&config.manifest)?;
    let variables = variables(config, &manifest)?;
    let changes = variables.changes();
    let values = variables.read()?;
    variables.warn();
    let hurry = (!changes.are_impossible()).then(Hurry::default);
    let surroundings = Surroundings {
        limits: Arc::new(limits(config)),
        database_ca: database_ca(config)?,
        hurry: hurry.clone(),
    };
    let served = components(config, &manifest, &values, &surroundings)?;
    let Surroundings {
        limits,
        database_ca,
        ..
    } = surroundings;
    let renewal = hurry.map(|hurry| {
        let components = served.iter().map(|served| Arc::clone(&served.component));
        Renewal::new(variables, changes, values, hurry, database_ca.clone()).of(components)
    });
    Ok(Loaded {
        service: service(config, &manifest, served, (limits, database_ca.as_ref()))?,
        database_ca,
        renewal,
    })
}

fn variables(config: &HostConfig, manifest: &Manifest) -> Result<Sources, HostError> {
    let given = Given {
        values: &config.variables,
        files: &config.variable_files,
    };
    Sources::resolve(&manifest.variables, given, SecretSource::from_environment)
}

/// Those asked for, as far as the process may hold so many connections.
fn limits(config: &HostConfig) -> Limits {
    let mut limits = config.limits.clone();
    limits.connections.all = files::make_room(limits.connections.all);
    limits
}

fn components(
    config: &HostConfig,
    manifest: &Manifest,
    values: &Values,
    surroundings: &Surroundings,
) -> Result<Vec<Served>, HostError> {
    let sources = manifest.sources(&config.manifest, config.component_dir.as_deref());
    all_there(&sources)?;
    let engine = engine::engine(&surroundings.limits, sources.len())?;
    let cache = Cache::open(&config.cache_dir, &engine)?;
    let linker =
        engine::linker(&engine).map_err(|error| HostError::Engine(format!("{error:#}")))?;
    let mut served = Vec::new();
    for (name, source) in &sources {
        let code = cache.load(source).map_err(|reason| HostError::Component {
            component: name.clone(),
            reason,
        })?;
        if let Some(granted) = manifest.component.get(name) {
            let component = Component::new(name, granted, values, &code, &linker, surroundings)?;
            served.push(Served::new(Arc::new(component)));
        }
    }
    Ok(served)
}

fn all_there(sources: &BTreeMap<String, PathBuf>) -> Result<(), HostError> {
    let missing = sources.values().filter(|path| !path.is_file());
    let missing: Vec<PathBuf> = missing.cloned().collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(HostError::MissingComponents(missing))
    }
}

/// The certificates of authorities that may vouch for databases.
fn database_ca(config: &HostConfig) -> Result<Option<Arc<str>>, HostError> {
    let Some(path) = &config.database_ca else {
        return Ok(None);
    };
    let failed = |reason: String| HostError::DatabaseCa {
        path: path.clone(),
        reason,
    };
    let pem = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    pg::certificates(&pem).map_err(failed)?;
    Ok(Some(pem.into()))
}

fn service(
    config: &HostConfig,
    manifest: &Manifest,
    served: Vec<Served>,
    (limits, database_ca): (Arc<Limits>, Option<&Arc<str>>),
) -> Result<Service, HostError> {
    let failed = |reason| HostError::Manifest {
        path: config.manifest.clone(),
        reason,
    };
    let routes = manifest.trigger.http.iter().filter_map(|trigger| {
        let place = served
            .iter()
            .position(|served| served.component.name().as_ref() == trigger.component.as_str())?;
        Some((trigger.route.clone(), place))
    });
    let all = Router::new(routes).map_err(failed)?;
    Ok(Service::new(all, served, limits, config, database_ca))
}
