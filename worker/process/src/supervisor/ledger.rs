//! Who waits for what: questions that the process has, and questions that wait for a process.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use tokio::time::Instant;

use super::{Answer, Answers, Call, OrderError};
use crate::messages::Reply;

/// How long a question waits for a process that starts: a model of gigabytes may have to be read.
pub(super) const PATIENCE: Duration = Duration::from_mins(2);

/// A question that waits.
struct Waiting<E> {
    id: u64,
    frame: Vec<u8>,
    answers: Answers<E>,
    until: Instant,
}

pub(super) struct Ledger<E> {
    in_flight: HashMap<u64, Answers<E>>,
    waiting: VecDeque<Waiting<E>>,
}

impl<E> Default for Ledger<E> {
    fn default() -> Self {
        Self {
            in_flight: HashMap::new(),
            waiting: VecDeque::new(),
        }
    }
}

impl<E> Ledger<E> {
    /// Notes a call. Gives the id of what the process need not do any more.
    pub(super) fn note(&mut self, call: Call<E>) -> Option<u64> {
        match call {
            Call::Ask { id, frame, answers } => {
                self.waiting.push_back(Waiting {
                    id,
                    frame,
                    answers,
                    until: Instant::now() + PATIENCE,
                });
                None
            }
            Call::Cancel(id) => {
                self.waiting.retain(|waiting| waiting.id != id);
                let known = self.in_flight.remove(&id).is_some();
                known.then_some(id)
            }
        }
    }

    /// The next question for the process; from now on its death is its answer.
    pub(super) fn take(&mut self) -> Option<Vec<u8>> {
        let waiting = self.waiting.pop_front()?;
        self.in_flight.insert(waiting.id, waiting.answers);
        Some(waiting.frame)
    }

    pub(super) fn is_idle(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// Passes an answer on. An answer that is wanted no more is dropped.
    pub(super) fn answer<H>(&mut self, reply: Reply<H, E>, body: Vec<u8>) {
        let Some(id) = reply.id() else {
            return;
        };
        let answers = if reply.is_last() {
            self.in_flight.remove(&id)
        } else {
            self.in_flight.get(&id).cloned()
        };
        if let (Some(answers), Some(answer)) = (answers, read(reply, body)) {
            // Its ticket is being dropped; the cancel is under way.
            let _ = answers.send(answer);
        }
    }

    /// The process has died: whoever it worked for hears why.
    pub(super) fn fail(&mut self, why: &str) {
        for (_, answers) in self.in_flight.drain() {
            let _ = answers.send(Err(retry(why)));
        }
    }

    /// Gives up questions that have waited too long.
    pub(super) fn expire(&mut self, now: Instant) {
        while self.waiting.front().is_some_and(|first| first.until <= now) {
            if let Some(waiting) = self.waiting.pop_front() {
                let why = "the speech process does not come back; its log says why";
                let _ = waiting.answers.send(Err(retry(why)));
            }
        }
    }

    /// When the next question is to be given up.
    pub(super) fn next_expiry(&self) -> Option<Instant> {
        self.waiting.front().map(|first| first.until)
    }
}

fn retry(why: &str) -> OrderError {
    OrderError::Retry(why.to_owned())
}

/// None for a reply that answers nobody.
fn read<H, E>(reply: Reply<H, E>, body: Vec<u8>) -> Option<Result<Answer<E>, OrderError>> {
    Some(match reply {
        Reply::Hello { .. } | Reply::Alive => return None,
        Reply::Part { .. } => Ok(Answer::Part(body)),
        Reply::Finished { end, .. } => Ok(Answer::Finished { end, body }),
        Reply::Failed {
            failure, message, ..
        } => Err(OrderError::new(failure, message)),
    })
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::Failure;

    type Answered = mpsc::UnboundedReceiver<Result<Answer<char>, OrderError>>;
    type Said = Reply<(), char>;

    fn ask(ledger: &mut Ledger<char>, id: u64) -> Answered {
        let (answers, answered) = mpsc::unbounded_channel();
        let call = Call::Ask {
            id,
            frame: id.to_le_bytes().to_vec(),
            answers,
        };
        assert!(ledger.note(call).is_none());
        answered
    }

    #[tokio::test]
    async fn answers_go_to_whoever_asked() {
        let mut ledger = Ledger::default();
        let (mut first, mut second) = (ask(&mut ledger, 1), ask(&mut ledger, 2));
        assert!(ledger.is_idle());
        assert!(ledger.take().is_some() && ledger.take().is_some() && ledger.take().is_none());
        ledger.answer(Said::Alive, Vec::new());
        ledger.answer(Said::Part { id: 2 }, b"part".to_vec());
        ledger.answer(Said::Part { id: 9 }, b"nobody's".to_vec());
        ledger.answer(Said::Finished { id: 2, end: 'z' }, b"rest".to_vec());
        let failed = Said::Failed {
            id: 1,
            failure: Failure::Retry,
            message: "it went wrong".to_owned(),
        };
        ledger.answer(failed, Vec::new());
        assert!(matches!(second.try_recv(), Ok(Ok(Answer::Part(body))) if body == b"part"));
        assert!(matches!(
            second.try_recv(),
            Ok(Ok(Answer::Finished { end: 'z', body })) if body == b"rest"
        ));
        assert!(second.recv().await.is_none());
        assert!(matches!(first.try_recv(), Ok(Err(OrderError::Retry(_)))));
    }

    #[tokio::test]
    async fn a_death_is_told_to_those_in_flight_only() {
        let mut ledger = Ledger::default();
        let (mut flying, mut waiting) = (ask(&mut ledger, 1), ask(&mut ledger, 2));
        ledger.take();
        ledger.fail("it died");
        assert!(flying.recv().await.unwrap().is_err() && flying.recv().await.is_none());
        assert!(waiting.try_recv().is_err());
        assert_eq!(ledger.take().unwrap(), 2_u64.to_le_bytes());
    }

    #[tokio::test]
    async fn a_question_does_not_wait_for_ever() {
        let mut ledger = Ledger::default();
        let mut asked = ask(&mut ledger, 1);
        let until = ledger.next_expiry().unwrap();
        ledger.expire(until - Duration::from_millis(1));
        assert!(asked.try_recv().is_err());
        ledger.expire(until);
        assert!(asked.recv().await.unwrap().is_err() && ledger.next_expiry().is_none());
    }

    #[test]
    fn what_was_never_sent_needs_no_cancel() {
        let mut ledger = Ledger::default();
        let _asked = [ask(&mut ledger, 1), ask(&mut ledger, 2)];
        assert_eq!(ledger.note(Call::Cancel(1)), None);
        assert_eq!(ledger.take().unwrap(), 2_u64.to_le_bytes());
        assert_eq!(ledger.note(Call::Cancel(2)), Some(2));
        assert_eq!(ledger.note(Call::Cancel(2)), None);
        assert!(ledger.is_idle());
    }
}
