//! The servers that components are given addresses of: whether they can be reached, and what lies before them.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::time::timeout;
use tokio_postgres::{
    Client, Config, Error,
    config::{Host, SslMode},
    error::SqlState,
};

use super::tls;
use crate::component::Component;

/// So long an answer to whether a server can be reached may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// So long finding out what lies before a server may take.
const LOOK: Duration = Duration::from_secs(10);

/// A pooler has several sessions, of which one has the statement; which of them it gives is its own choice.
const ROUNDS: usize = 5;

/// How long another session may be waited for: a pooler with a single one has no other.
const ANOTHER: Duration = Duration::from_millis(500);

/// An address of a server, of which a component has at least one.
pub(crate) struct Server {
    /// `host:port`, without what is secret.
    pub(crate) name: String,
    address: String,
    config: Config,
    ca: Option<Arc<str>>,
    component: Arc<Component>,
}

/// What lies before a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    /// Nothing, or what knows of prepared statements.
    Nothing,
    /// What gives each transaction another session, and does not follow prepared statements.
    BlindPooler,
}

/// Whether a value is an address of Postgres, with somebody who logs in.
pub(crate) fn is_address(value: &str) -> bool {
    let schemes = ["postgres://", "postgresql://"];
    schemes.iter().any(|scheme| value.starts_with(scheme)) && value.contains('@')
}

/// Each once, however many components have its address.
pub(crate) fn servers<'a>(
    components: impl Iterator<Item = &'a Arc<Component>>,
    ca: Option<&Arc<str>>,
) -> Vec<Server> {
    let mut servers = BTreeMap::new();
    for component in components {
        for address in component.database_addresses() {
            let Ok(config) = address.parse::<Config>() else {
                continue;
            };
            let name = name(&config);
            let database = config.get_dbname().unwrap_or_default().to_owned();
            servers
                .entry((name.clone(), database))
                .or_insert_with(|| Server {
                    name,
                    address,
                    config,
                    ca: ca.cloned(),
                    component: Arc::clone(component),
                });
        }
    }
    servers.into_values().collect()
}

fn name(config: &Config) -> String {
    let hosts = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    });
    let ports = config.get_ports().iter().copied();
    let ports = ports.chain(std::iter::repeat(5432));
    let names = hosts
        .zip(ports)
        .map(|(host, port)| format!("{host}:{port}"));
    names.collect::<Vec<_>>().join(",")
}

impl Server {
    /// With a session that components have, or a new one among theirs.
    pub(crate) async fn is_reachable(&self) -> bool {
        let component = &self.component;
        let pool = component
            .pools()
            .pool(&self.address, None, component.allowed_hosts());
        let Ok(pool) = pool else {
            return false;
        };
        timeout(PATIENCE, pool.session())
            .await
            .is_ok_and(|session| session.is_ok())
    }

    /// `Err` says why it cannot be told.
    pub(crate) async fn before(&self) -> Result<Before, String> {
        let mut config = self.config.clone();
        config
            .connect_timeout(LOOK)
            .application_name("kiskadee-edge-start");
        let found = timeout(LOOK, look(&config, self.ca.as_deref())).await;
        found.unwrap_or_else(|_| Err("Postgres did not answer in time".to_owned()))
    }
}

/// A session of one's own remembers what was prepared in it, whatever others do meanwhile. Behind a pooler the other has by then the
/// session in which it was prepared.
async fn look(config: &Config, ca: Option<&str>) -> Result<Before, String> {
    let (one, other) = tokio::try_join!(connect(config, ca), connect(config, ca))?;
    for _ in 0..ROUNDS {
        match round(&one, &other).await {
            Ok(()) => {}
            Err(error) if is_lost(&error) => return Ok(Before::BlindPooler),
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(Before::Nothing)
}

async fn round(one: &Client, other: &Client) -> Result<(), Error> {
    let statement = one.prepare("select 1").await?;
    other.batch_execute("begin").await?;
    let executed = timeout(ANOTHER, one.query(&statement, &[])).await;
    other.batch_execute("commit").await?;
    executed.map_or(Ok(()), |rows| rows.map(drop))
}

/// A name that is not known, or is another's.
fn is_lost(error: &Error) -> bool {
    let lost = [
        SqlState::INVALID_SQL_STATEMENT_NAME,
        SqlState::DUPLICATE_PSTATEMENT,
    ];
    error.code().is_some_and(|code| lost.contains(code))
}

/// A connection of the host itself.
pub(crate) async fn connect(config: &Config, ca: Option<&str>) -> Result<Client, String> {
    let text = |error: Error| {
        let server = error.as_db_error();
        server.map_or_else(|| error.to_string(), |server| server.message().to_owned())
    };
    if config.get_ssl_mode() == SslMode::Disable {
        let (client, connection) = config.connect(tokio_postgres::NoTls).await.map_err(text)?;
        tokio::spawn(connection);
        return Ok(client);
    }
    let (client, connection) = config.connect(tls::connector(ca)?).await.map_err(text)?;
    tokio::spawn(connection);
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_without_its_secrets() {
        let named = |address: &str| name(&address.parse().unwrap());
        assert_eq!(named("postgres://me:secret@db:6432/kiskadee"), "db:6432");
        assert_eq!(named("postgres://me@db/kiskadee"), "db:5432");
        assert_eq!(named("host=a,b port=1,2 user=x"), "a:1,b:2");
    }
}
