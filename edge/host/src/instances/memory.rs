//! What an instance may have of memory, and what it has.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use wasmtime::ResourceLimiter;

/// Elements of a table; what tables hold is few functions.
const TABLE_ELEMENTS: usize = 100_000;

/// Counts the memory of one instance, which never shrinks.
#[derive(Debug)]
pub(crate) struct Memory {
    limit: usize,
    bytes: Arc<AtomicUsize>,
}

impl Memory {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            bytes: Arc::default(),
        }
    }

    /// What all memories of the instance have together.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The same for whoever does not hold the instance.
    pub(super) fn counter(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.bytes)
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let bytes = self.bytes().saturating_add(desired.saturating_sub(current));
        let fits = bytes <= self.limit;
        if fits {
            self.bytes.store(bytes, Ordering::Relaxed);
        }
        Ok(fits)
    }

    fn table_growing(
        &mut self,
        _: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_count_together() {
        let mut memory = Memory::new(100);
        assert!(memory.memory_growing(0, 40, None).unwrap());
        assert!(memory.memory_growing(0, 50, None).unwrap());
        assert!(!memory.memory_growing(40, 60, None).unwrap());
        assert!(memory.memory_growing(40, 50, None).unwrap());
        assert_eq!(memory.bytes(), 100);
    }
}
