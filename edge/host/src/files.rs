//! How many files the process may have open: a connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are no connections of clients: sessions with Postgres, connections to the storage, logs, code.
const OTHERS: usize = 512;

/// Raises the soft limit to the hard one, and says how many connections fit below it.
pub(crate) fn make_room(connections: usize) -> usize {
    let found = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: found.maximum,
        maximum: found.maximum,
    };
    if found.current != found.maximum
        && let Err(error) = setrlimit(Resource::Nofile, raised)
    {
        tracing::warn!(%error, "the limit of open files cannot be raised");
    }
    let limit = getrlimit(Resource::Nofile).current;
    let room = limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    });
    fitting(connections, room)
}

fn fitting(connections: usize, files: usize) -> usize {
    let room = files.saturating_sub(OTHERS).max(files / 2);
    if room < connections {
        tracing::warn!(
            files,
            connections,
            room,
            "the hard limit of open files is below what the connections need: fewer are taken; raise it (`ulimit -Hn`, `LimitNOFILE`)"
        );
    }
    connections.min(room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_to_the_others() {
        assert_eq!(fitting(4096, usize::MAX), 4096);
        assert_eq!(fitting(4096, 1024), 512);
        assert_eq!(fitting(4096, 256), 128);
        assert_eq!(fitting(100, 1024), 100);
    }

    #[test]
    fn the_soft_limit_is_raised_to_the_hard_one() {
        make_room(1);
        let found = getrlimit(Resource::Nofile);
        assert_eq!(found.current, found.maximum);
    }
}
