//! Who may try passwords, and how often: a guesser waits, the owner of the name does not.

use kiskadee_edge_testing::Database;

use crate::ACCOUNTS;

const PER_MINUTE: i32 = 20;

/// Somebody who signs in: the address, and the owner and date of a device's id where one is shown.
struct Guest {
    client: &'static str,
    device: &'static str,
}

fn at(client: &'static str) -> Guest {
    Guest {
        client,
        device: "null, null",
    }
}

/// With a device of Ann's.
fn known(client: &'static str) -> Guest {
    Guest {
        client,
        device: "'00000000-0000-7000-8000-000000000001', '2100-01-01'",
    }
}

/// Tries a password for a name; how long it must wait instead, where it must.
async fn attempt(database: &Database, guest: &Guest, name: &str, right: bool) -> Option<i32> {
    let Guest { client, device } = guest;
    let begun = database
        .row(&format!(
            "select l.retry_after, l.user_id::text from api.begin_sign_in('{name}', '{client}', {device}, {PER_MINUTE}) l"
        ))
        .await;
    let wait: Option<i32> = begun.get(0);
    if wait.is_none() {
        let user: Option<String> = begun.get(1);
        let user = user.map_or("null".to_owned(), |id| format!("'{id}'"));
        let end =
            format!("select api.end_sign_in('{name}', '{client}', {device}, {user}, {right})");
        database.run(&end).await;
    }
    wait
}

/// As the role of the component, which nothing here may go beyond.
async fn database() -> Database {
    let database = Database::create(ACCOUNTS).await;
    database.run("set role kiskadee_accounts").await;
    database
}

#[tokio::test]
async fn wrong_passwords_from_one_address_keep_nobody_else_out() {
    let database = database().await;
    let mut refused = 0;
    for _ in 0..60 {
        refused += i32::from(
            attempt(&database, &at("127.0.0.2"), "ann", false)
                .await
                .is_some(),
        );
    }
    assert!(refused >= 40, "{refused} of 60 were refused");
    assert_eq!(
        attempt(&database, &at("127.0.0.3"), "ann", true).await,
        None
    );
    // Nor are other names refused there for her sake, before the address itself is.
    assert_eq!(
        attempt(&database, &at("127.0.0.3"), "bob", true).await,
        None
    );
    database.drop().await;
}

#[tokio::test]
async fn the_waits_of_a_guesser_double_and_a_right_password_ends_them() {
    let database = database().await;
    for _ in 0..10 {
        assert_eq!(attempt(&database, &at("::1"), "Ann", false).await, None);
    }
    let mut waits = Vec::new();
    for _ in 0..14 {
        // The address has its rate for this test no more than once.
        database
            .run("reset role; delete from api.rate_bucket; set role kiskadee_accounts")
            .await;
        let wait = attempt(&database, &at("::1"), "ann", false).await;
        waits.push(wait.unwrap_or_default());
        let passed = format!(
            "reset role; update account.guess set failed_at = failed_at - interval '{} s'; set role kiskadee_accounts",
            waits.last().unwrap()
        );
        database.run(&passed).await;
        assert_eq!(
            attempt(&database, &at("::1"), "ann", false).await,
            None,
            "after {waits:?}"
        );
    }
    assert_eq!(waits[..5], [1, 2, 4, 8, 16], "{waits:?}");
    assert_eq!(waits.last(), Some(&900), "no longer than this: {waits:?}");

    database.run("reset role; update account.guess set failed_at = failed_at - interval '1000 s'; set role kiskadee_accounts").await;
    assert_eq!(attempt(&database, &at("::1"), "ann", true).await, None);
    for _ in 0..5 {
        assert_eq!(attempt(&database, &at("::1"), "ann", true).await, None);
    }
    database.drop().await;
}

#[tokio::test]
async fn a_known_device_waits_for_nobody_else_and_not_for_long() {
    let database = database().await;
    for _ in 0..60 {
        attempt(&database, &at("127.0.0.2"), "ann", false).await;
    }
    assert!(
        attempt(&database, &at("127.0.0.2"), "ann", true)
            .await
            .is_some()
    );
    assert_eq!(
        attempt(&database, &known("127.0.0.2"), "ann", true).await,
        None
    );
    // It is known for her alone.
    assert!(
        attempt(&database, &known("127.0.0.2"), "bob", true)
            .await
            .is_some()
    );
    for _ in 0..60 {
        let wait = attempt(&database, &known("127.0.0.9"), "ann", false).await;
        assert!(wait.unwrap_or_default() <= 5, "{wait:?}");
    }
    database.run("reset role; update account.\"user\" set tokens_valid_after = '2100-01-02'; set role kiskadee_accounts").await;
    assert!(
        attempt(&database, &known("127.0.0.2"), "ann", true)
            .await
            .is_some(),
        "all sessions were ended since"
    );
    database.drop().await;
}

#[tokio::test]
async fn names_that_nobody_has_are_counted_alike() {
    let database = database().await;
    let mut waited = Vec::new();
    for (name, client) in [("ann", "10.0.0.1"), ("nobody", "10.0.0.2")] {
        let mut waits = 0;
        for _ in 0..15 {
            waits += i32::from(attempt(&database, &at(client), name, false).await.is_some());
        }
        waited.push(waits);
    }
    assert_eq!(waited[0], waited[1], "{waited:?}");
    database.drop().await;
}

#[tokio::test]
async fn many_wrong_passwords_over_all_names_raise_an_alarm() {
    let database = Database::create(ACCOUNTS).await;
    let alarm = "select alarm from account.sign_ins()";
    for guess in 0..100 {
        assert!(!database.row(alarm).await.get::<_, bool>(0));
        let client = format!("10.0.{guess}.1");
        let end =
            format!("select api.end_sign_in('n{guess}', '{client}', null, null, null, false)");
        database.run(&end).await;
    }
    assert!(database.row(alarm).await.get::<_, bool>(0));
    let gauge = "select value from telemetry.gauges() g where g.name = 'sign_in_alarm'";
    assert!((database.row(gauge).await.get::<_, f64>(0) - 1.0).abs() < 0.1);
    let failed =
        "select sum(value)::float8 from telemetry.current c where c.name = 'sign_ins_total'";
    assert!((database.row(failed).await.get::<_, f64>(0) - 100.0).abs() < 0.1);
    database.drop().await;
}

#[tokio::test]
async fn guesses_are_written_down_sparsely_and_forgotten() {
    let database = Database::create(ACCOUNTS).await;
    for _ in 0..100 {
        attempt(&database, &at("10.0.0.1"), "ann", false).await;
    }
    let noted = database
        .count("account.audit where action = 'user.guessed_at'")
        .await;
    assert_eq!(noted, 1, "ten were wrong");
    database.run("update account.guess set failed_at = failed_at - interval '61 minutes'; select account.sweep(100)").await;
    assert_eq!(database.count("account.guess").await, 0);
    database.drop().await;
}
