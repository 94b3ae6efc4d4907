//! How far a process is on its way out, for its connections and for those who send it requests.

use tokio::sync::watch;

/// They follow each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    #[default]
    Serving,
    /// It answers, and asks to be asked no more.
    Draining,
    /// It takes no connection, and finishes what runs.
    Closing,
}

/// Told to all who ask for it.
#[derive(Debug, Default)]
pub(crate) struct Stages(watch::Sender<Stage>);

/// Held by each connection until its end.
pub(crate) type Follower = watch::Receiver<Stage>;

impl Stages {
    pub(crate) fn now(&self) -> Stage {
        *self.0.borrow()
    }

    pub(crate) fn reach(&self, stage: Stage) {
        self.0.send_if_modified(|now| {
            let is_new = *now < stage;
            *now = stage.max(*now);
            is_new
        });
    }

    pub(crate) fn follow(&self) -> Follower {
        self.0.subscribe()
    }

    /// Returns when nobody follows any more.
    pub(crate) async fn left(&self) {
        self.0.closed().await;
    }
}

/// Returns when the stage is reached, or was.
pub(crate) async fn reached(follower: &mut Follower, stage: Stage) {
    // Without a sender there is no process.
    let _ = follower.wait_for(|now| *now >= stage).await;
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn stages_follow_each_other() {
        let stages = Stages::default();
        let mut follower = stages.follow();
        assert!(
            reached(&mut follower, Stage::Draining)
                .now_or_never()
                .is_none()
        );
        stages.reach(Stage::Closing);
        stages.reach(Stage::Draining);
        assert_eq!(stages.now(), Stage::Closing);
        reached(&mut follower, Stage::Draining).await;
        assert!(stages.left().now_or_never().is_none());
        drop(follower);
        stages.left().await;
    }
}
