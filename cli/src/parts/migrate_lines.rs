//! What `kiskadee migrate` says of what it did, would do, or cannot do yet.

use kiskadee_queue::{Changes, FunctionChanges, PendingMigration};

/// Up to so many functions are named one by one when they have been applied; a plan names all.
pub(super) const NAMED: usize = 10;

/// A line for each thing that was or would be done.
pub(super) fn told(changes: &Changes, named: usize) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(newer) = &changes.newer {
        lines.push(newer.to_string());
    }
    if changes.takes_over {
        lines.push("take over the database of the release before".to_owned());
    }
    lines.extend(changes.migrations.iter().map(name));
    if let Some(functions) = &changes.functions {
        lines.extend(told_of_functions(functions, named));
    }
    if changes.is_empty() {
        lines.push("nothing to do".to_owned());
    }
    let left = changes.left.iter();
    lines.extend(left.map(|one| format!("left for later: {}, which contracts", name(one))));
    lines
}

/// The same in advance, with phases, locks and those who must end first.
pub(super) fn pending(changes: &Changes) -> Vec<String> {
    let mut lines = Vec::new();
    for migration in &changes.migrations {
        let outside = if migration.is_outside {
            ", outside of a transaction"
        } else {
            ""
        };
        let phase = migration.phase.as_str();
        lines.push(format!("{}: {phase}{outside}", name(migration)));
        lines.extend(migration.locks.iter().map(|lock| format!("  lock: {lock}")));
        let needs = migration.needs.as_ref();
        lines.extend(needs.map(|needs| format!("  needs: programs of {needs} or newer")));
        let older = migration.older.iter();
        lines.extend(older.map(|one| format!("  waits for the end of {one}")));
    }
    let without = Changes {
        migrations: Vec::new(),
        ..changes.clone()
    };
    if !without.is_empty() || changes.is_empty() {
        lines.extend(told(&without, NAMED));
    }
    lines
}

fn name(migration: &PendingMigration) -> String {
    format!("migration {} {}", migration.version, migration.description)
}

fn told_of_functions(functions: &FunctionChanges, named: usize) -> Vec<String> {
    let FunctionChanges { added, changed } = functions;
    if added.is_empty() && changed.is_empty() {
        return vec!["all functions anew: none of their bodies differs".to_owned()];
    }
    let sets = [("new", added), ("changed", changed)];
    sets.into_iter()
        .filter(|(_, names)| !names.is_empty())
        .flat_map(|(what, names)| {
            if names.len() > named {
                return vec![format!("{} {what} functions", names.len())];
            }
            names
                .iter()
                .map(|name| format!("{what} function {name}"))
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use kiskadee_queue::{Living, Phase, Release};

    use super::*;

    fn migration() -> PendingMigration {
        PendingMigration {
            version: 202_611_290_010,
            description: "function set".to_owned(),
            phase: Phase::Expand,
            needs: None,
            is_outside: false,
            locks: Vec::new(),
            older: Vec::new(),
        }
    }

    fn changes(added: usize) -> Changes {
        Changes {
            takes_over: true,
            migrations: vec![migration()],
            functions: Some(FunctionChanges {
                added: (0..added).map(|n| format!("queue.f{n}")).collect(),
                changed: vec!["queue.claim".to_owned()],
            }),
            ..Changes::default()
        }
    }

    #[test]
    fn each_change_has_a_line() {
        let lines = told(&changes(1), NAMED);
        assert_eq!(
            lines,
            [
                "take over the database of the release before",
                "migration 202611290010 function set",
                "new function queue.f0",
                "changed function queue.claim",
            ]
        );
        assert_eq!(told(&Changes::default(), NAMED), ["nothing to do"]);
    }

    #[test]
    fn many_functions_are_counted() {
        let many = changes(NAMED + 1);
        assert_eq!(told(&many, NAMED)[2], "11 new functions");
        assert_eq!(told(&many, usize::MAX).len(), 2 + NAMED + 2);
    }

    #[test]
    fn functions_may_be_applied_though_no_body_differs() {
        let functions = Some(FunctionChanges::default());
        let changes = Changes {
            functions,
            ..Changes::default()
        };
        assert_eq!(told(&changes, NAMED).len(), 1);
    }

    #[test]
    fn what_must_wait_is_told_with_whom_it_waits_for() {
        let older = Living {
            part: "worker".to_owned(),
            name: "gpu-1".to_owned(),
            host: "one".to_owned(),
            version: "0.1.0".to_owned(),
        };
        let contract = PendingMigration {
            phase: Phase::Contract,
            needs: Release::parse("0.2"),
            locks: vec!["access exclusive on queue.job".to_owned()],
            older: vec![older],
            ..migration()
        };
        let changes = Changes {
            migrations: vec![contract],
            ..Changes::default()
        };
        assert_eq!(
            pending(&changes),
            [
                "migration 202611290010 function set: contract",
                "  lock: access exclusive on queue.job",
                "  needs: programs of 0.2 or newer",
                "  waits for the end of the worker gpu-1 on one (0.1.0)",
            ]
        );
        assert_eq!(pending(&Changes::default()), ["nothing to do"]);
    }
}
