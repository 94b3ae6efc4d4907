//! The WebAssembly engine: pooled memory, bounded stacks, and a clock that interrupts components that only compute.

use std::{thread, time::Duration};

use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, component::Linker,
};

use crate::{
    bindings,
    config::Limits,
    error::HostError,
    instances::{Instance, Platform},
};

/// How often a component that computes lets others go on.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Modules that one component is made of at most: the program and the adapters that the toolchain puts beside it.
const MODULES_PER_COMPONENT: u32 = 6;

/// An engine for `components` different components.
pub(crate) fn engine(limits: &Limits, components: usize) -> Result<Engine, HostError> {
    let shared = [limits.downloads, limits.events].map(|kind| kind.instances_per_component);
    let for_streams = shared.iter().sum::<usize>().saturating_mul(components);
    // One more, as in `Pool`.
    let all = (limits.instances.all + 1).saturating_add(for_streams);
    let instances = u32::try_from(all).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(instances);
    pool.total_core_instances(instances.saturating_mul(MODULES_PER_COMPONENT));
    pool.total_memories(instances.saturating_mul(2));
    pool.total_tables(instances.saturating_mul(MODULES_PER_COMPONENT));
    pool.total_stacks(instances.saturating_mul(4));
    pool.max_memory_size(limits.instance_memory_bytes);
    pool.max_unused_warm_slots(16);
    let mut config = Config::new();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config.wasm_component_model_async(true);
    config.epoch_interruption(true);
    let engine = Engine::new(&config).map_err(|error| HostError::Engine(format!("{error:#}")))?;
    start_clock(&engine).map_err(|error| HostError::Engine(error.to_string()))?;
    Ok(engine)
}

/// A thread of its own: when every worker of the runtime is inside a component, it still ticks. It ends with the engine.
fn start_clock(engine: &Engine) -> std::io::Result<()> {
    let engine = engine.weak();
    let tick = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    };
    thread::Builder::new()
        .name("epoch".to_owned())
        .spawn(tick)
        .map(drop)
}

/// Everything a component may import.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Instance>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    bindings::Platform::add_to_linker::<_, Platform>(&mut linker, Instance::platform)?;
    Ok(linker)
}
