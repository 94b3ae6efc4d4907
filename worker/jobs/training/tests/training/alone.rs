//! Tests that set limits of their process: each has one of its own, in which this program runs it and nothing else.

use std::{fs, process::Command, thread::available_parallelism};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::runtime::Builder;

const ALONE: &str = "KISKADEE_TEST_ALONE";

/// Whether this process was started for one test.
pub(crate) fn is_alone() -> bool {
    std::env::var_os(ALONE).is_some()
}

/// Runs a test, which goes by that name with its module's, in a process of its own.
pub(crate) fn alone(name: &str, test: impl Future<Output = ()>) {
    if is_alone() {
        let threads = available_parallelism().map_or(2, usize::from);
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build();
        return runtime.unwrap().block_on(test);
    }
    let ended = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(ALONE, "yes")
        // Each further one takes 64 MiB of addresses when its first thread comes.
        .env("MALLOC_ARENA_MAX", "2")
        // What is given back goes to the system, or the next run would find more memory than the limit says, now much and now little.
        .env("MALLOC_MMAP_THRESHOLD_", "131072")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    let cried = String::from_utf8_lossy(&ended.stderr);
    assert!(
        ended.status.success() && said.contains("1 passed"),
        "{}\n{said}\n{cried}",
        ended.status
    );
}

/// Sets a limit that can be taken back.
pub(crate) fn limit(resource: Resource, bytes: Option<u64>) {
    let limit = Rlimit {
        current: bytes,
        maximum: getrlimit(resource).maximum,
    };
    setrlimit(resource, limit).unwrap();
}

/// From now on the process can have so much more memory than it has.
pub(crate) fn allow_memory(bytes: u64) {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:"));
    let kilobytes = line.unwrap().trim().strip_suffix("kB").unwrap().trim();
    let has: u64 = kilobytes.parse::<u64>().unwrap() << 10;
    limit(Resource::As, Some(has + bytes));
}
