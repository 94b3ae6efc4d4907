//! What a database is: everything of its schema, and the rows that it is born with, as sorted lines of text.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, PgConnection};

pub(crate) type Lines = BTreeSet<String>;

/// The questions, each with the name of what it asks for. `OURS` stands for the list of schemas.
const QUESTIONS: &[(&str, &str)] = &[
    ("function", include_str!("catalog/functions.sql")),
    ("relation", include_str!("catalog/relations.sql")),
    ("column", include_str!("catalog/columns.sql")),
    ("constraint", include_str!("catalog/constraints.sql")),
    ("sequence", include_str!("catalog/sequences.sql")),
    ("type", include_str!("catalog/types.sql")),
    ("trigger", include_str!("catalog/triggers.sql")),
    ("grant", include_str!("catalog/grants.sql")),
    ("role", include_str!("catalog/roles.sql")),
];
/// Asks tables that only this release has.
const SEED: (&str, &str) = ("row", include_str!("catalog/seed.sql"));
const OURS: &str = "('account', 'api', 'kiskadee', 'queue', 'speech', 'storage', 'telemetry', 'training', 'webhook')";

/// Everything but what lies in the tables.
pub(crate) async fn of(connection: &mut PgConnection) -> Lines {
    let mut lines = schema(connection).await;
    lines.extend(answered(connection, &[SEED]).await);
    lines
}

/// Without any row.
pub(crate) async fn schema(connection: &mut PgConnection) -> Lines {
    answered(connection, QUESTIONS).await
}

/// Every row of every table, and what sqlx writes of migrations, to the microsecond in which each was run.
pub(crate) async fn contents(connection: &mut PgConnection) -> Lines {
    let records = "select to_jsonb(t)::text from _sqlx_migrations t";
    let mut lines = rows(connection).await;
    lines.extend(ask(connection, records).await);
    lines
}

async fn answered(connection: &mut PgConnection, questions: &[(&str, &str)]) -> Lines {
    let mut lines = Lines::new();
    for (what, question) in questions {
        let answers = ask(connection, &question.replace("OURS", OURS)).await;
        assert!(
            !answers.is_empty() || *what == "trigger",
            "no {what} was found"
        );
        lines.extend(answers.iter().map(|line| format!("{what} {line}")));
    }
    lines
}

/// All rows of all tables but those that `migrate` keeps for itself.
pub(crate) async fn rows(connection: &mut PgConnection) -> Lines {
    let tables = "select c.oid::regclass::text from pg_class c
        where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace::regnamespace::text in OURS
          and c.relnamespace is distinct from to_regnamespace('kiskadee')";
    let mut lines = Lines::new();
    for table in ask(connection, &tables.replace("OURS", OURS)).await {
        let rows = ask(
            connection,
            &format!("select to_jsonb(t)::text from {table} t"),
        )
        .await;
        lines.extend(rows.iter().map(|row| format!("{table} {row}")));
    }
    lines
}

async fn ask(connection: &mut PgConnection, question: &str) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(question.to_owned()))
        .fetch_all(connection)
        .await
        .unwrap()
}
