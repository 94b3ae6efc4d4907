//! What belongs to one instance of a component: its resources, its memory limit and its view of the host.

use std::sync::Arc;

use wasmtime::{
    Store,
    component::{HasData, ResourceTable},
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView};

use super::memory::Memory;
use crate::{
    component::{Component, Live},
    cpu::Computing,
    guest_log::GuestLog,
    outbound::Outbound,
    variables::Values,
};

/// A store for one instance, and what counts its computing.
pub(super) fn new(component: &Arc<Component>) -> (Store<Instance>, Computing) {
    let mut store = Store::new(component.engine(), Instance::new(Arc::clone(component)));
    store.limiter(|instance| &mut instance.memory);
    let computing = Computing::default();
    let clock = computing.clone();
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| Ok(clock.interrupt()));
    (store, computing)
}

/// The data of a store.
pub(crate) struct Instance {
    component: Arc<Component>,
    variables: Arc<Values>,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: Outbound,
    table: ResourceTable,
    memory: Memory,
    _live: Live,
}

impl Instance {
    /// No files, no sockets, no arguments; only the variables of the manifest and a log.
    fn new(component: Arc<Component>) -> Self {
        let mut wasi = WasiCtx::builder();
        wasi.stdout(GuestLog::new(component.name(), "stdout"));
        wasi.stderr(GuestLog::new(component.name(), "stderr"));
        wasi.allow_tcp(false).allow_udp(false);
        for (name, value) in component.environment() {
            wasi.env(name, value);
        }
        Self {
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            outbound: Outbound::new(Arc::clone(&component)),
            table: ResourceTable::new(),
            memory: Memory::new(component.limits().instance_memory_bytes),
            variables: component.variables(),
            _live: Live::of(&component),
            component,
        }
    }

    /// Whether it would begin with the same variables today.
    pub(crate) fn is_current(&self) -> bool {
        self.component.is_current(&self.variables)
    }

    pub(crate) fn variables(&self) -> &Arc<Values> {
        &self.variables
    }

    pub(crate) fn memory(&self) -> &Memory {
        &self.memory
    }

    pub(crate) fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: &mut self.outbound,
        }
    }

    pub(crate) fn platform(&mut self) -> PlatformView<'_> {
        PlatformView {
            component: &self.component,
            variables: &self.variables,
            table: &mut self.table,
        }
    }
}

impl WasiView for Instance {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl wasmtime_wasi_http::WasiHttpView for Instance {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        Instance::http(self)
    }
}

/// Names the host's own interfaces towards Wasmtime.
pub(crate) struct Platform;

impl HasData for Platform {
    type Data<'a> = PlatformView<'a>;
}

/// What the host's own interfaces see of an instance.
pub(crate) struct PlatformView<'a> {
    pub(crate) component: &'a Arc<Component>,
    pub(crate) variables: &'a Arc<Values>,
    pub(crate) table: &'a mut ResourceTable,
}
