//! Which locks a migration takes on what is there already, read from its text: for people who decide when to run it.

use std::collections::BTreeSet;

/// `access exclusive on queue.job`, in the order of the names. What a `do` block does is not looked into.
pub(super) fn locks(text: &str) -> BTreeSet<String> {
    let statements: Vec<_> = statements(text);
    let made: BTreeSet<_> = statements
        .iter()
        .filter_map(|words| made_table(words))
        .collect();
    let all = statements.iter().flat_map(|words| locks_of(words));
    all.filter(|(_, table)| !made.contains(table.as_str()))
        .map(|(mode, table)| format!("{mode} on {table}"))
        .collect()
}

type Words<'a> = Vec<&'a str>;

/// The words of each statement, in lower case as the files have them. Bodies of functions and blocks are left out.
fn statements(text: &str) -> Vec<Words<'_>> {
    let outside = text.split("$$").step_by(2);
    let mut all = vec![Words::new()];
    for line in outside.flat_map(str::lines) {
        let code = line.split_once("--").map_or(line, |(code, _)| code);
        for (number, part) in code.split(';').enumerate() {
            if number > 0 {
                all.push(Words::new());
            }
            let words = part.split(|c: char| c.is_whitespace() || "(),".contains(c));
            if let Some(statement) = all.last_mut() {
                statement.extend(words.filter(|word| !word.is_empty()));
            }
        }
    }
    all
}

fn made_table<'a>(words: &[&'a str]) -> Option<&'a str> {
    match words {
        ["create", "table", "if", "not", "exists", table, ..] | ["create", "table", table, ..] => {
            Some(table)
        }
        _ => None,
    }
}

/// Modes and tables of one statement.
fn locks_of(words: &[&str]) -> Vec<(&'static str, String)> {
    let one = |mode, table: &str| vec![(mode, table.to_owned())];
    match words {
        ["alter", "table", "only" | "if", rest @ ..] => {
            let table = rest.iter().find(|word| **word != "exists");
            table.map_or_else(Vec::new, |table| alter(table, words))
        }
        ["alter", "table", table, ..] => alter(table, words),
        ["drop", "table" | "view" | "index", "if", "exists", name, ..]
        | ["drop", "table" | "view" | "index", name, ..]
            if *name != "concurrently" =>
        {
            one("access exclusive", name)
        }
        ["create", "or", "replace", "view", name, ..] | ["truncate", name, ..] => {
            one("access exclusive", name)
        }
        ["create", "index", ..] | ["create", "unique", "index", ..] => {
            let mode = if words.contains(&"concurrently") {
                "share update exclusive"
            } else {
                "share"
            };
            after(words, "on").map_or_else(Vec::new, |table| one(mode, table))
        }
        ["create", "trigger", ..] => {
            after(words, "on").map_or_else(Vec::new, |table| one("share row exclusive", table))
        }
        ["create", "table", ..] => references(words),
        ["update", table, ..] | ["insert", "into", table, ..] | ["delete", "from", table, ..] => {
            one("row exclusive", table)
        }
        ["do", ..] => one("whatever a block takes", "what it names"),
        _ => Vec::new(),
    }
}

fn alter(table: &str, words: &[&str]) -> Vec<(&'static str, String)> {
    let is_weak =
        words.contains(&"validate") || words.contains(&"set") && !words.contains(&"column");
    let mode = if is_weak {
        "share update exclusive"
    } else {
        "access exclusive"
    };
    let mut all = vec![(mode, table.to_owned())];
    all.extend(references(words));
    all
}

fn references(words: &[&str]) -> Vec<(&'static str, String)> {
    let pairs = words.windows(2).filter(|pair| pair[0] == "references");
    pairs
        .map(|pair| ("share row exclusive", pair[1].to_owned()))
        .collect()
}

fn after<'a>(words: &[&'a str], word: &str) -> Option<&'a str> {
    let mut rest = words.iter().skip_while(|other| **other != word).skip(1);
    rest.find(|other| **other != "only").copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_already_is_locked() {
        let found = locks(
            "-- phase: expand
create table queue.new (id uuid references queue.job (id)); -- alter table queue.comment
create index new_id on queue.new (id);
alter table queue.ready add column weight int not null default 1;
alter table queue.lease set (fillfactor = 50);
create index concurrently if not exists x on queue.done (id);
create unique index y on only queue.wait (id);
create trigger t after insert on queue.later for each row execute function queue.f();
create or replace function queue.f() returns int language sql as $$ delete from queue.gone; $$;
insert into queue.kind values ('x');",
        );
        let found: Vec<_> = found.iter().map(String::as_str).collect();
        assert_eq!(
            found,
            [
                "access exclusive on queue.ready",
                "row exclusive on queue.kind",
                "share on queue.wait",
                "share row exclusive on queue.job",
                "share row exclusive on queue.later",
                "share update exclusive on queue.done",
                "share update exclusive on queue.lease",
            ]
        );
    }
}
