//! `postgresql.conf` of the private cluster, written anew at every start.

use std::fmt::Write as _;

/// How much the cluster must outlive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Every commit is on disk before it is acknowledged.
    Full,
    /// For tests: nothing needs to survive the process.
    None,
}

const HEADER: &str = "\
# Written by kiskadee at every start: changes here are lost.
# Use `alter system set …` instead; it is kept in postgresql.auto.conf and wins over this file.
";

/// Settings for a queue: short transactions, many updates of few rows, an edge and a handful of workers.
const FIXED: &[(&str, &str)] = &[
    ("listen_addresses", "127.0.0.1"),
    ("unix_socket_directories", ""),
    ("password_encryption", "scram-sha-256"),
    ("cluster_name", "kiskadee"),
    ("max_connections", "200"),
    // A stuck session must not hold back vacuum: that is what makes queues slow.
    ("idle_in_transaction_session_timeout", "60s"),
    // Dead rows of the hot tables are cleared within seconds; the tables set their own thresholds.
    ("autovacuum_naptime", "5s"),
    ("autovacuum_max_workers", "4"),
    ("autovacuum_vacuum_cost_delay", "0"),
    ("wal_compression", "on"),
    ("max_wal_size", "4GB"),
    ("checkpoint_timeout", "15min"),
    // Every statement here is short, so planning for many cores or compiling a plan only costs time.
    ("jit", "off"),
    ("max_parallel_workers_per_gather", "0"),
    ("random_page_cost", "1.1"),
    ("track_io_timing", "on"),
    ("log_line_prefix", "%m [%p] %q%u@%d "),
    ("log_min_duration_statement", "1s"),
    ("log_lock_waits", "on"),
    ("log_checkpoints", "off"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("lc_messages", "C"),
];

const NOT_DURABLE: &[(&str, &str)] = &[
    ("fsync", "off"),
    ("synchronous_commit", "off"),
    ("full_page_writes", "off"),
    // Several test programs, each with systems of its own.
    ("max_connections", "400"),
];

pub(crate) fn render(port: u16, memory_bytes: u64, durability: Durability) -> String {
    let port = port.to_string();
    let buffers = shared_buffers(memory_bytes);
    let own = [
        ("port", port.as_str()),
        ("shared_buffers", buffers.as_str()),
    ];
    let extra = if durability == Durability::None {
        NOT_DURABLE
    } else {
        &[]
    };
    own.iter()
        .chain(FIXED)
        .chain(extra)
        .fold(HEADER.to_owned(), |mut text, (name, value)| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name} = '{value}'");
            text
        })
}

/// An eighth of the memory, between 128 MiB and 2 GiB: the models need the rest.
fn shared_buffers(memory_bytes: u64) -> String {
    format!("{}MB", (memory_bytes / 8 / (1 << 20)).clamp(128, 2048))
}

pub(crate) fn machine_memory_bytes() -> u64 {
    std::fs::read_to_string("/proc/meminfo")
        .ok()
        .as_deref()
        .and_then(total_of)
        .unwrap_or(0)
}

fn total_of(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find(|line| line.starts_with("MemTotal:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_name_the_port_and_stay_durable() {
        let text = render(5_670, 8 << 30, Durability::Full);
        assert!(text.contains("port = '5670'\n"));
        assert!(text.contains("shared_buffers = '1024MB'\n"));
        assert!(!text.contains("fsync"));
        assert!(render(1, 0, Durability::None).contains("fsync = 'off'"));
    }

    #[test]
    fn memory_is_read_from_meminfo() {
        assert_eq!(
            total_of("MemTotal:       2048 kB\nMemFree: 1 kB\n"),
            Some(2 << 20)
        );
        assert_eq!(total_of("nothing"), None);
    }
}
