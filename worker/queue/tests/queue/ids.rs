//! Ids are unique, and sort in the order in which they were made.

use kiskadee_queue::testing::{NewJob, TestDatabase, enqueue};
use kiskadee_shared::cell::Cell;
use uuid::Uuid;

const CAP: i64 = 100_000_000;

#[tokio::test]
async fn jobs_sort_in_the_order_of_their_enqueueing() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let owner = Uuid::now_v7();
    let job = NewJob::speech("speech:kiskadee", 1);
    let mut ids = Vec::new();
    for jobs in [1, 3000, 1, 1, 500, 2, 1] {
        let jobs = vec![job.clone(); jobs];
        ids.extend(enqueue(&queue, owner, CAP, &jobs).await.unwrap());
    }
    assert!(ids.is_sorted_by(|earlier, later| earlier < later));
    assert!(ids.iter().all(|id| id.get_version_num() == 7));
    let drift = "select abs(extract(epoch from max(created_at)) * 1000
        - ('x0000' || left(replace(max(id::text), '-', ''), 12))::bit(64)::bigint)::bigint from queue.job";
    let drift: i64 = sqlx::query_scalar(drift)
        .fetch_one(queue.pool())
        .await
        .unwrap();
    assert!(drift < 1000, "{drift} ms between an id and its job");
}

#[tokio::test]
async fn ids_of_one_microsecond_differ() {
    let database = TestDatabase::create().await;
    let (distinct, microseconds): (i64, i64) = sqlx::query_as(
        "select count(distinct id), count(distinct left(id::text, 18))
         from (select queue.uuid7_of(1800000000123456) as id from generate_series(1, 100000)) as made",
    )
    .fetch_one(database.queue().pool())
    .await
    .unwrap();
    assert_eq!((distinct, microseconds), (100_000, 1));
}

#[tokio::test]
async fn every_microsecond_has_its_place_in_the_order() {
    let database = TestDatabase::create().await;
    let unsorted: i64 = sqlx::query_scalar(
        "select count(*) from (
           select id <= lag(id) over (order by us) as is_late
           from (select us, queue.uuid7_of(us) as id
             from generate_series(1800000000122000, 1800000000126000) us) as made) as pair
         where is_late",
    )
    .fetch_one(database.queue().pool())
    .await
    .unwrap();
    assert_eq!(unsorted, 0);
}

#[tokio::test]
async fn ids_bear_the_cell_that_the_database_is() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let of_new = async || {
        let ids: Vec<Uuid> =
            sqlx::query_scalar("select queue.uuid7() from generate_series(1, 100)")
                .fetch_all(queue.pool())
                .await
                .unwrap();
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
        assert!(
            ids.iter()
                .all(|id| id.get_variant() == uuid::Variant::RFC4122)
        );
        let cells: std::collections::BTreeSet<Cell> = ids.into_iter().map(Cell::of_id).collect();
        Vec::from_iter(cells)
    };
    assert_eq!(of_new().await, [Cell::FIRST]);
    for number in [1, 683, 1023] {
        let become_cell = sqlx::query("select queue.become_cell($1)").bind(number);
        become_cell.execute(queue.pool()).await.unwrap();
        assert_eq!(of_new().await, [Cell::new(number).unwrap()]);
        let read: i32 = sqlx::query_scalar("select queue.cell_of(queue.uuid7())")
            .fetch_one(queue.pool())
            .await
            .unwrap();
        assert_eq!(read, number);
    }
    // A release that makes all functions anew leaves the number as it is.
    sqlx::query("delete from kiskadee.function_set")
        .execute(queue.pool())
        .await
        .unwrap();
    kiskadee_queue::migrate(database.url()).await.unwrap();
    assert_eq!(of_new().await, [Cell::LAST]);
}

#[tokio::test]
async fn a_database_with_users_stays_the_cell_that_it_is() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let user = "insert into account.\"user\" (username, email, password_hash) values ('ada', 'ada@example.org', 'x')";
    sqlx::query(user).execute(queue.pool()).await.unwrap();
    let become_cell = async |number: i32| {
        let query = sqlx::query("select queue.become_cell($1)").bind(number);
        query.execute(queue.pool()).await.map_err(|error| {
            let error = error.into_database_error().unwrap();
            error.code().unwrap().into_owned()
        })
    };
    assert_eq!(become_cell(7).await.unwrap_err(), "55000");
    assert_eq!(become_cell(1024).await.unwrap_err(), "22023");
    become_cell(0).await.unwrap();
}
