//! What a process of Linux uses, as a page for Prometheus, by the names that its client libraries have given these figures.

use std::fmt::Write as _;

/// The kernel counts in hundredths of a second for everybody (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// Files of `/proc` as they were read; what could not be is empty, and its figures are left out.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProcessFiles<'a> {
    /// `/proc/self/stat`
    pub stat: &'a str,
    /// `/proc/self/status`
    pub status: &'a str,
    /// `/proc/self/limits`
    pub limits: &'a str,
    /// `/proc/stat`, for the time of the boot.
    pub machine: &'a str,
    /// Entries of `/proc/self/fd`.
    pub open_files: Option<usize>,
}

/// The page of this process; what the system does not tell is left out.
pub fn own_page() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let files = ["stat", "status", "limits"].map(|file| read(format!("/proc/self/{file}")));
    let open = std::fs::read_dir("/proc/self/fd").map(Iterator::count);
    page(&ProcessFiles {
        stat: &files[0],
        status: &files[1],
        limits: &files[2],
        machine: &read("/proc/stat".to_owned()),
        open_files: open.ok(),
    })
}

/// The page: seconds of the processor, memory, open files and their limit, threads, and the time of the start.
pub fn page(files: &ProcessFiles<'_>) -> String {
    let figures = [
        (
            "process_cpu_seconds_total",
            "counter",
            "Seconds of the processor, of the program and of the kernel for it.",
            cpu_seconds(files.stat),
        ),
        (
            "process_resident_memory_bytes",
            "gauge",
            "Memory of the process that is in memory.",
            status(files.status, "VmRSS:").map(|kib| kib * 1024.0),
        ),
        (
            "process_threads",
            "gauge",
            "Threads of the process.",
            status(files.status, "Threads:"),
        ),
        (
            "process_open_fds",
            "gauge",
            "Open files and connections.",
            files.open_files.map(|count| count as f64),
        ),
        (
            "process_max_fds",
            "gauge",
            "Open files and connections that the process may have.",
            most_files(files.limits),
        ),
        (
            "process_start_time_seconds",
            "gauge",
            "When the process was started, in seconds since 1970.",
            started_at(files),
        ),
    ];
    let mut page = String::new();
    for (name, kind, help, value) in figures {
        if let Some(value) = value {
            // Writing to a string cannot fail.
            let _ = writeln!(
                page,
                "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}"
            );
        }
    }
    page
}

/// A field of `stat` by its number in proc(5); the name of the program, in brackets, may hold spaces.
fn stat(text: &str, field: usize) -> Option<f64> {
    let (_, rest) = text.rsplit_once(')')?;
    rest.split_whitespace()
        .nth(field.checked_sub(3)?)?
        .parse()
        .ok()
}

fn cpu_seconds(text: &str) -> Option<f64> {
    Some((stat(text, 14)? + stat(text, 15)?) / TICKS_PER_SECOND)
}

fn status(text: &str, field: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The soft limit; none where there is no limit.
fn most_files(text: &str) -> Option<f64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn started_at(files: &ProcessFiles<'_>) -> Option<f64> {
    let boot = status(files.machine, "btime")?;
    Some(boot + stat(files.stat, 22)? / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str =
        "42 (kis (ka) dee) S 1 42 42 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 9 0 1000 1 2 3";

    #[test]
    fn each_figure_is_read() {
        let page = page(&ProcessFiles {
            stat: STAT,
            status: "Name:\tkiskadee\nVmRSS:\t    2048 kB\nThreads:\t9\n",
            limits: "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 524288               files\n",
            machine: "cpu 1 2 3\nbtime 1700000000\n",
            open_files: Some(17),
        });
        for line in [
            "process_cpu_seconds_total 3",
            "process_resident_memory_bytes 2097152",
            "process_threads 9",
            "process_open_fds 17",
            "process_max_fds 1024",
            "process_start_time_seconds 1700000010",
        ] {
            assert!(
                page.lines().any(|seen| seen == line),
                "{line} is not in\n{page}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        assert_eq!(page(&ProcessFiles::default()), "");
        let unlimited = ProcessFiles {
            limits: "Max open files            unlimited            unlimited            files\n",
            ..ProcessFiles::default()
        };
        assert_eq!(page(&unlimited), "");
    }
}
