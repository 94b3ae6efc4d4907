//! `kiskadee migrate`: brings a database's schema to this version. Safe on a running system and from several at once.

use anyhow::{Context, Result};
use clap::Args;
use kiskadee_queue::{Changes, FunctionChanges};

/// Up to so many functions are named one by one when they have been applied; a plan names all.
const NAMED: usize = 10;

#[derive(Args)]
pub(crate) struct MigrateOptions {
    /// The database, as its owner, who may create roles
    #[arg(
        long,
        env = "KISKADEE_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    database_url: String,

    /// Show what would be run, by name, and change nothing
    #[arg(long)]
    plan: bool,
}

pub(crate) async fn run(options: &MigrateOptions) -> Result<()> {
    let url = &options.database_url;
    let lines = if options.plan {
        let changes = kiskadee_queue::plan(url)
            .await
            .context("cannot tell what the schema lacks")?;
        told(&changes, usize::MAX)
    } else {
        let changes = kiskadee_queue::migrate(url)
            .await
            .context("cannot bring the schema up to date")?;
        told(&changes, NAMED)
    };
    for line in lines {
        println!("{line}");
    }
    Ok(())
}

/// A line for each thing that was or would be done.
fn told(changes: &Changes, named: usize) -> Vec<String> {
    if changes.is_empty() {
        return vec!["nothing to do".to_owned()];
    }
    let mut lines = Vec::new();
    if changes.takes_over {
        lines.push("take over the database of the release before".to_owned());
    }
    for migration in &changes.migrations {
        lines.push(format!(
            "migration {} {}",
            migration.version, migration.description
        ));
    }
    if let Some(functions) = &changes.functions {
        lines.extend(told_of_functions(functions, named));
    }
    lines
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
    use kiskadee_queue::PendingMigration;

    use super::*;

    fn changes(added: usize) -> Changes {
        Changes {
            takes_over: true,
            migrations: vec![PendingMigration {
                version: 202_611_290_010,
                description: "function set".to_owned(),
            }],
            functions: Some(FunctionChanges {
                added: (0..added).map(|n| format!("queue.f{n}")).collect(),
                changed: vec!["queue.claim".to_owned()],
            }),
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
}
