//! What a component calls: `spin:postgres/postgres`.

use std::sync::Arc;

use wasmtime::component::{Accessor, FutureReader, Resource, ResourceTable, StreamReader};

use super::{lease::Slot, pool::Pool, query, rows::Answer, tls};
use crate::{
    bindings::postgres::{
        self, Column, Error, HostConnection, HostConnectionBuilder, HostConnectionBuilderWithStore,
        HostConnectionWithStore, ParameterValue, Row, RowSet,
    },
    component::Component,
    instances::{Platform, PlatformView},
};

/// Rows that the synchronous `query` may hold at once.
const MAX_ROW_SET_BYTES: usize = 128 << 20;

/// A component's connection.
#[derive(Clone)]
#[expect(unreachable_pub, reason = "the generated bindings name it publicly")]
pub struct Connection {
    pool: Arc<Pool>,
    slot: Arc<Slot>,
}

/// An address and the certificate authority to trust for it.
#[derive(Clone)]
#[expect(unreachable_pub, reason = "the generated bindings name it publicly")]
pub struct ConnectionBuilder {
    address: String,
    ca_root: Option<String>,
}

type Rows = (
    Vec<Column>,
    StreamReader<Row>,
    FutureReader<Result<(), Error>>,
);

impl Connection {
    /// Connects, so that `open` fails when Postgres is away. The first statement uses the session.
    async fn open(
        component: &Component,
        address: &str,
        ca_root: Option<&str>,
    ) -> Result<Self, Error> {
        let pool = component
            .pools()
            .pool(address, ca_root, component.allowed_hosts())?;
        let slot = Arc::new(Slot::default());
        slot.put(pool.session().await?);
        Ok(Self { pool, slot })
    }

    async fn query(
        &self,
        sql: &str,
        parameters: Vec<ParameterValue>,
    ) -> Result<(Vec<Column>, Answer), Error> {
        query::query(&self.pool, &self.slot, sql, parameters).await
    }

    async fn execute(&self, sql: &str, parameters: Vec<ParameterValue>) -> Result<u64, Error> {
        query::execute(&self.pool, &self.slot, sql, parameters).await
    }
}

fn lookup<T: Clone + Send + 'static>(
    table: &ResourceTable,
    resource: &Resource<T>,
) -> Result<T, Error> {
    table
        .get(resource)
        .cloned()
        .map_err(|error| Error::Other(error.to_string()))
}

fn store<T: Send + 'static>(table: &mut ResourceTable, value: T) -> Result<Resource<T>, Error> {
    table
        .push(value)
        .map_err(|error| Error::ConnectionFailed(error.to_string()))
}

impl postgres::Host for PlatformView<'_> {}

impl HostConnectionBuilder for PlatformView<'_> {
    async fn new(&mut self, address: String) -> wasmtime::Result<Resource<ConnectionBuilder>> {
        Ok(self.table.push(ConnectionBuilder {
            address,
            ca_root: None,
        })?)
    }

    async fn set_ca_root(
        &mut self,
        builder: Resource<ConnectionBuilder>,
        certificate: String,
    ) -> Result<(), Error> {
        tls::connector(Some(&certificate)).map_err(Error::Other)?;
        let builder = self
            .table
            .get_mut(&builder)
            .map_err(|error| Error::Other(error.to_string()))?;
        builder.ca_root = Some(certificate);
        Ok(())
    }

    async fn build(
        &mut self,
        builder: Resource<ConnectionBuilder>,
    ) -> Result<Resource<Connection>, Error> {
        let builder = lookup(self.table, &builder)?;
        let connection =
            Connection::open(self.component, &builder.address, builder.ca_root.as_deref()).await?;
        store(self.table, connection)
    }

    async fn drop(&mut self, builder: Resource<ConnectionBuilder>) -> wasmtime::Result<()> {
        self.table.delete(builder)?;
        Ok(())
    }
}

impl<T: Send> HostConnectionBuilderWithStore<T> for Platform {
    async fn build_async(
        accessor: &Accessor<T, Self>,
        builder: Resource<ConnectionBuilder>,
    ) -> Result<Resource<Connection>, Error> {
        let (component, builder) = accessor.with(|mut access| {
            let view = access.get();
            lookup(view.table, &builder).map(|builder| (Arc::clone(view.component), builder))
        })?;
        let connection =
            Connection::open(&component, &builder.address, builder.ca_root.as_deref()).await?;
        accessor.with(|mut access| store(access.get().table, connection))
    }
}

impl HostConnection for PlatformView<'_> {
    async fn open(&mut self, address: String) -> Result<Resource<Connection>, Error> {
        let connection = Connection::open(self.component, &address, None).await?;
        store(self.table, connection)
    }

    async fn query(
        &mut self,
        connection: Resource<Connection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> Result<RowSet, Error> {
        let connection = lookup(self.table, &connection)?;
        let (columns, answer) = connection.query(&statement, params).await?;
        let rows = answer.collect(MAX_ROW_SET_BYTES).await?;
        Ok(RowSet { columns, rows })
    }

    async fn execute(
        &mut self,
        connection: Resource<Connection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> Result<u64, Error> {
        lookup(self.table, &connection)?
            .execute(&statement, params)
            .await
    }

    async fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

impl<T: Send> HostConnectionWithStore<T> for Platform {
    async fn open_async(
        accessor: &Accessor<T, Self>,
        address: String,
    ) -> Result<Resource<Connection>, Error> {
        let component = accessor.with(|mut access| Arc::clone(access.get().component));
        let connection = Connection::open(&component, &address, None).await?;
        accessor.with(|mut access| store(access.get().table, connection))
    }

    async fn query_async(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> Result<Rows, Error> {
        let connection = accessor.with(|mut access| lookup(access.get().table, &connection))?;
        let (columns, answer) = connection.query(&statement, params).await?;
        let (rows, end) = accessor
            .with(|mut access| match answer {
                Answer::Whole(rows) => {
                    let end = async { wasmtime::error::Ok(Ok(())) };
                    Ok((
                        StreamReader::new(&mut access, rows)?,
                        FutureReader::new(&mut access, end)?,
                    ))
                }
                Answer::Long(rows, end) => {
                    // The producer always says how it ended, except when the component stopped reading.
                    let end = async { wasmtime::error::Ok(end.await.unwrap_or(Ok(()))) };
                    Ok((
                        StreamReader::new(&mut access, *rows)?,
                        FutureReader::new(&mut access, end)?,
                    ))
                }
            })
            .map_err(|error: wasmtime::Error| Error::Other(error.to_string()))?;
        Ok((columns, rows, end))
    }

    async fn execute_async(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> Result<u64, Error> {
        let connection = accessor.with(|mut access| lookup(access.get().table, &connection))?;
        connection.execute(&statement, params).await
    }
}
