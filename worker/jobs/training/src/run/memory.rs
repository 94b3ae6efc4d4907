//! Memory: whether a run can have what it needs, and whose doing it is where it cannot.

use std::{
    fs,
    hint::black_box,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use kiskadee_xtts_trainer::free_memory;
use serde::Serialize;

use super::rates::memory;

/// What is asked of the allocator at a time: small enough to lie where something else was before.
const PIECE: u64 = 16 << 20;
/// A process cannot have any number of them.
const MOST_PIECES: u64 = 1024;

/// What the process had in memory before it trained, and the most that was found for a run since.
static BEFORE: OnceLock<u64> = OnceLock::new();
static FOUND: AtomicU64 = AtomicU64::new(0);

/// Less memory than a step needs.
#[derive(Debug, Default, Serialize)]
pub(super) struct Short {
    pub(super) needed_bytes: Option<u64>,
    pub(super) free_bytes: Option<u64>,
    /// What a device said that tells no figures.
    pub(super) said: Option<String>,
    /// There would be enough if others gave back what they hold now.
    #[serde(skip)]
    pub(super) others: bool,
}

impl Short {
    pub(super) fn of(needed: u64, free: u64) -> Self {
        Self {
            needed_bytes: Some(needed),
            free_bytes: Some(free),
            ..Self::default()
        }
    }

    /// What an operation of a device failed with, if that was the memory.
    pub(super) fn said_by(error: &candle_core::Error) -> Option<Self> {
        const SAID: [&str; 3] = ["OUT_OF_MEMORY", "out of memory", "ALLOC_FAILED"];
        let text = error.to_string();
        let said = SAID.iter().any(|said| text.contains(said));
        said.then(|| Self {
            said: text.lines().next().map(str::to_owned),
            ..Self::default()
        })
    }
}

/// Whether so many bytes can be had on the CPU. A limit of this process is nobody else's doing; what the machine lacks may be.
pub(super) fn check(needed: u64) -> Result<(), Short> {
    let own = room(needed);
    if own < needed {
        return Err(Short::of(needed, own));
    }
    let free = free_memory().map(|free| free.saturating_add(kept()));
    match free {
        Some(free) if free < needed => Err(Short {
            others: most().is_some_and(|most| needed <= most),
            ..Short::of(needed, free)
        }),
        _ => {
            FOUND.fetch_max(needed, Ordering::Relaxed);
            Ok(())
        }
    }
}

/// What runs had before and the allocator has kept since: whoever comes next gets it.
fn kept() -> u64 {
    let has = memory().unwrap_or_default();
    let more = has.saturating_sub(*BEFORE.get_or_init(|| has));
    more.min(FOUND.load(Ordering::Relaxed))
}

/// How many of so many bytes the process can have, which are given back at once. Nothing is written to them, so that it takes no time.
pub(super) fn room(bytes: u64) -> u64 {
    if reserved(bytes).is_some() {
        return bytes;
    }
    // Not at once, but in pieces: what was given back before lies about in such.
    let (mut held, mut found) = (Vec::new(), 0);
    while found < bytes {
        let size = PIECE.max(bytes / MOST_PIECES).min(bytes - found);
        let Some(piece) = reserved(size) else { break };
        held.push(piece);
        found += size;
    }
    drop(held);
    bytes.min(found + kept())
}

fn reserved(bytes: u64) -> Option<Vec<u8>> {
    let mut piece = Vec::new();
    piece.try_reserve_exact(usize::try_from(bytes).ok()?).ok()?;
    // What nobody looks at would not be reserved.
    Some(black_box(piece))
}

/// Bytes that the machine, or the control group of this process, has in all.
fn most() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    let group = fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let group = group.and_then(|text| text.trim().parse().ok());
    Some((kilobytes << 10).min(group.unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_had_is_found_and_given_back() {
        for _ in 0..100 {
            assert_eq!(room(1 << 30), 1 << 30);
        }
        assert!(room(u64::MAX >> 1) < u64::MAX >> 1);
        assert!(check(1 << 20).is_ok());
    }

    #[test]
    fn what_no_machine_has_is_not_waited_for() {
        let short = check(1 << 60).unwrap_err();
        assert!(!short.others, "{short:?}");
        assert_eq!(short.needed_bytes, Some(1 << 60));
        assert!(short.free_bytes < short.needed_bytes);
        assert!(most().is_none_or(|most| most > 1 << 28));
    }

    #[test]
    fn devices_say_so_in_their_own_words() {
        let of = |said: &str| Short::said_by(&candle_core::Error::Cuda(said.into()));
        let driver = "DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")";
        assert_eq!(of(driver).unwrap().said.as_deref(), Some(driver));
        assert!(of("CublasError(CUBLAS_STATUS_ALLOC_FAILED)").is_some());
        assert!(of("DriverError(CUDA_ERROR_ILLEGAL_ADDRESS)").is_none());
    }
}
