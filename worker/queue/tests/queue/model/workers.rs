//! What workers do: claim, renew, settle, die.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use kiskadee_queue::{ClaimRequest, Error, Held, Settlement, Verdict};
use uuid::Uuid;

use crate::agree;

use super::{
    run::{ARCHIVE_LANE, Checked, Run},
    state::{End, Place},
    step::{How, LANES},
};

const TTL: Duration = Duration::from_mins(10);
/// How many of its past attempts a worker still believes in.
const BELIEFS: usize = 12;

impl Run<'_> {
    pub(super) async fn claim(&mut self, worker: usize, max_jobs: i32, max_cost: i32) -> Checked {
        let lanes: Vec<String> = [LANES[0], LANES[1], ARCHIVE_LANE]
            .map(str::to_owned)
            .to_vec();
        let request = ClaimRequest {
            worker: self.workers[worker].id,
            batch_keys: &lanes,
            resident: &lanes[..1],
            max_jobs,
            max_cost,
            load: Duration::from_secs(1),
        };
        let claimed = match self.queue.claim(&request).await {
            Err(Error::Fenced) if !self.workers[worker].alive => return Ok(()),
            Ok(claimed) if self.workers[worker].alive => claimed,
            other => {
                return Err(format!(
                    "claim of a worker (alive: {}): {other:?}",
                    self.workers[worker].alive
                ));
            }
        };
        self.check_claim(&claimed, max_jobs, max_cost)?;
        for job in claimed {
            let lease = Place::Leased {
                token: job.token,
                cancel: false,
            };
            self.model.jobs.get_mut(&job.job_id).unwrap().place = lease;
            self.holder.insert(job.job_id, self.workers[worker].id);
            self.overrun.remove(&job.job_id);
            let held = &mut self.workers[worker].held;
            held.push((job.job_id, job.token));
            let forgotten = held
                .len()
                .saturating_sub(BELIEFS.max(usize::try_from(max_jobs).unwrap()));
            held.drain(..forgotten);
        }
        Ok(())
    }

    pub(super) async fn heartbeat(&mut self, worker: usize) -> Checked {
        let worker = &self.workers[worker];
        let held: Vec<Held> = worker
            .held
            .iter()
            .map(|(job, token)| Held {
                job: *job,
                token: *token,
                progress: 50,
                detail: None,
            })
            .collect();
        let answer = self
            .queue
            .heartbeat(worker.id, TTL, &serde_json::json!({}), &held)
            .await;
        let warnings = match answer {
            Err(Error::Fenced) if !worker.alive => return Ok(()),
            Ok(warnings) if worker.alive => warnings,
            other => {
                return Err(format!(
                    "heartbeat of a worker (alive: {}): {other:?}",
                    worker.alive
                ));
            }
        };
        let told: HashSet<(Uuid, i64, bool)> = warnings
            .iter()
            .map(|w| (w.job, w.token, w.verdict == Verdict::Lost))
            .collect();
        let expected: HashSet<(Uuid, i64, bool)> = worker
            .held
            .iter()
            .filter_map(|(id, token)| match self.model.jobs[id].place {
                Place::Leased {
                    token: current,
                    cancel,
                } if current == *token => cancel.then_some((*id, *token, false)),
                _ => Some((*id, *token, true)),
            })
            .collect();
        agree!(told, expected, "what the heartbeat tells");
        Ok(())
    }

    pub(super) async fn settle(&mut self, worker: usize, picks: &[(usize, How)]) -> Checked {
        let held = &self.workers[worker].held;
        let mut chosen: BTreeMap<(Uuid, i64), How> = BTreeMap::new();
        for (pick, how) in picks.iter().filter(|_| !held.is_empty()) {
            chosen.entry(held[pick % held.len()]).or_insert(*how);
        }
        let settlements: Vec<Settlement> = chosen
            .iter()
            .map(|((job, token), how)| Settlement {
                job: *job,
                token: *token,
                outcome: how.outcome(),
            })
            .collect();
        let accepted = self
            .queue
            .settle(self.workers[worker].id, &settlements)
            .await
            .unwrap();
        let mut expected = HashSet::new();
        for ((id, token), how) in chosen {
            if matches!(self.model.jobs[&id].place, Place::Leased { token: current, .. } if current == token)
            {
                expected.insert((id, token));
                self.model.end(id, End::Settled(how));
            }
        }
        let ended: Vec<Uuid> = expected.iter().map(|(id, _)| *id).collect();
        self.model.carry(&ended);
        agree!(accepted, expected, "the settlements accepted");
        Ok(())
    }

    pub(super) async fn expire(&mut self, worker: usize) {
        self.workers[worker].alive = false;
        self.execute(
            "update queue.worker set expires_at = '-infinity' where id = $1",
            self.workers[worker].id,
        )
        .await;
    }

    pub(super) async fn register(&mut self, worker: usize) {
        let worker = &mut self.workers[worker];
        let before = std::mem::replace(&mut worker.id, Uuid::now_v7());
        worker.alive = true;
        self.queue
            .register(worker.id, &serde_json::json!({}), TTL)
            .await
            .unwrap();
        self.queue.retire(before).await.unwrap();
    }

    pub(super) async fn crash(&mut self, worker: usize) -> Checked {
        self.register(worker).await;
        self.claim(worker, 2, 100).await?;
        self.expire(worker).await;
        self.rescue().await?;
        self.register(worker).await;
        Ok(())
    }

    pub(super) async fn rescue(&mut self) -> Checked {
        let live: HashSet<Uuid> = self
            .workers
            .iter()
            .filter(|w| w.alive)
            .map(|w| w.id)
            .collect();
        let mut ended = Vec::new();
        for id in self
            .model
            .ids(|job| matches!(job.place, Place::Leased { .. }))
        {
            let end = match (live.contains(&self.holder[&id]), self.overrun.contains(&id)) {
                (false, _) => End::Crashed,
                (true, true) => End::TimedOut,
                (true, false) => continue,
            };
            ended.push(id);
            self.model.end(id, end);
        }
        self.model.carry(&ended);
        agree!(
            self.queue.rescue(1000).await.unwrap() as usize,
            ended.len(),
            "the leases rescued"
        );
        Ok(())
    }

    pub(super) async fn overrun(&mut self, pick: usize) {
        let running = self
            .model
            .ids(|job| matches!(job.place, Place::Leased { .. }));
        if running.is_empty() {
            return;
        }
        let id = running[pick % running.len()];
        self.overrun.insert(id);
        self.execute(
            "update queue.lease set begun_at = claimed_at, deadline_at = '-infinity' where job_id = $1",
            id,
        )
        .await;
    }
}
