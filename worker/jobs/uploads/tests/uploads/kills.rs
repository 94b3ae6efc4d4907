//! Everything dies between two steps of an upload, at each place in turn. Nothing that is referred to may go, nothing else may
//! stay, and whoever comes back can end what was begun.

use crate::journey::{FILE, Journey, STEPS};

/// An upload that died after so many steps.
async fn killed_after(steps: usize) -> Journey {
    let mut journey = Journey::new().await;
    for step in &STEPS[..steps] {
        journey.step(*step).await;
    }
    journey.bury_worker().await;
    journey
}

#[tokio::test]
async fn what_is_old_stays_exactly_where_something_refers_to_it() {
    for steps in 0..=STEPS.len() {
        let journey = killed_after(steps).await;
        let young = journey.stored();
        journey.sweep().await;
        assert_eq!(journey.stored(), young, "after {:?}", &STEPS[..steps]);
        journey.age(false).await;
        journey.delete_discarded().await;
        journey.sweep().await;
        let referenced = journey.referenced().await;
        assert_eq!(journey.stored(), referenced, "after {:?}", &STEPS[..steps]);
    }
}

#[tokio::test]
async fn whoever_comes_back_ends_what_was_begun() {
    for steps in 0..=STEPS.len() {
        let mut journey = killed_after(steps).await;
        journey.resume().await;
        assert_eq!(
            journey.taken_content().await,
            FILE,
            "after {:?}",
            &STEPS[..steps]
        );
        journey.age(false).await;
        journey.delete_discarded().await;
        journey.sweep().await;
        assert_eq!(journey.stored().len(), 1, "after {:?}", &STEPS[..steps]);
        assert_eq!(journey.taken_content().await, FILE);
    }
}

#[tokio::test]
async fn what_nobody_comes_back_for_goes() {
    // While it is checked it is the queue's, which ends every job.
    let checked = 11..14;
    for steps in (0..STEPS.len()).filter(|steps| !checked.contains(steps)) {
        let journey = killed_after(steps).await;
        journey.age(true).await;
        journey.delete_discarded().await;
        journey.sweep().await;
        assert!(
            journey.stored().is_empty(),
            "after {:?}: {:?}",
            &STEPS[..steps],
            journey.stored()
        );
    }
}
