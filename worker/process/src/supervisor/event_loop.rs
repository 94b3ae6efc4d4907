//! The life of the engine over all lives of its process.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep, sleep_until},
};

use super::{Call, EngineProgram, ledger::Ledger, life::Life};
use crate::{
    Protocol,
    frame::encode,
    messages::{Reply, Request, RequestOf},
};

/// A checkpoint of gigabytes may lie on a slow disk, and kernels may have to be compiled for the device.
const LOADING: Duration = Duration::from_mins(10);
/// A process that has work and shows no sign of it for so long hangs; a step takes seconds at most.
const STANDSTILL: Duration = Duration::from_mins(2);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// A process that lived this long was well: its death is a new trouble, not the old one again.
const HEALTHY: Duration = Duration::from_mins(1);

pub(super) struct EventLoop<P: Protocol> {
    program: EngineProgram,
    load: P::Load,
    calls: mpsc::UnboundedReceiver<Call<P::End>>,
    ledger: Ledger<P::End>,
    restarts: Arc<AtomicU64>,
}

/// Nobody can ask any more: the engine and all its streams are gone.
struct Deserted;

/// Why a life of the process ended, in words.
type Death = String;

impl<P: Protocol> EventLoop<P> {
    pub(super) fn new(
        program: EngineProgram,
        load: P::Load,
        calls: mpsc::UnboundedReceiver<Call<P::End>>,
        restarts: Arc<AtomicU64>,
    ) -> Self {
        Self {
            program,
            load,
            calls,
            ledger: Ledger::default(),
            restarts,
        }
    }

    /// Until nobody can ask any more. `first` hears how the first start went; when it failed, that is the end.
    pub(super) async fn run(mut self, first: oneshot::Sender<Result<P::Hello, String>>) {
        let mut first = Some(first);
        let mut pause = FIRST_PAUSE;
        loop {
            let started = Instant::now();
            let Ok(why) = self.live(&mut first).await else {
                return;
            };
            if let Some(first) = first.take() {
                let name = P::NAME;
                let _ = first.send(Err(format!("the engine {name} does not start: {why}")));
                return;
            }
            tracing::error!(engine = P::NAME, %why, "the speech process died, starting it again");
            self.ledger
                .fail(&format!("the speech process died ({why}); try again"));
            self.restarts.fetch_add(1, Ordering::Relaxed);
            if started.elapsed() > HEALTHY {
                pause = FIRST_PAUSE;
            }
            if self.meanwhile(sleep(pause)).await.is_err() {
                return;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// One life of the process.
    async fn live(
        &mut self,
        first: &mut Option<oneshot::Sender<Result<P::Hello, String>>>,
    ) -> Result<Death, Deserted> {
        let mut process = match Life::<P>::start(&self.program) {
            Ok(process) => process,
            Err(error) => {
                let program = self.program.path.display();
                return Ok(format!("cannot start {program}: {error}"));
            }
        };
        let Ok(greeted) = self.greet(&mut process).await else {
            process.end(true).await;
            return Err(Deserted);
        };
        let end = match greeted {
            Ok(hello) => {
                P::log(&hello);
                if let Some(first) = first.take() {
                    let _ = first.send(Ok(hello));
                }
                self.serve(&mut process).await
            }
            Err(trouble) => trouble,
        };
        match end {
            End::Deserted => {
                process.end(false).await;
                Err(Deserted)
            }
            End::Died => Ok(process.end(false).await),
            End::Unusable(why) => {
                let status = process.end(true).await;
                tracing::warn!(%status, "the speech process was stopped");
                Ok(why)
            }
        }
    }

    /// Has the model loaded.
    async fn greet(&mut self, process: &mut Life<P>) -> Result<Result<P::Hello, End>, Deserted> {
        let load = Request::Load {
            version: P::VERSION,
            load: self.load.clone(),
        };
        if let Err(end) = tell(process, &load) {
            return Ok(Err(end));
        }
        let greeting = tokio::time::timeout(LOADING, process.next());
        Ok(match self.meanwhile(greeting).await? {
            Err(_) => Err(End::Unusable(format!(
                "the model was not loaded within {} s",
                LOADING.as_secs()
            ))),
            Ok(None) => Err(End::Died),
            Ok(Some(Ok((Reply::Hello { version, hello }, _)))) if version == P::VERSION => {
                Ok(hello)
            }
            Ok(Some(Ok(_))) => Err(End::Unusable(
                "the speech process is of another version; restart the worker".to_owned(),
            )),
            Ok(Some(Err(error))) => Err(End::Unusable(error.to_string())),
        })
    }

    /// Notes what is asked while there is no process to ask, and gives up what has waited too long.
    async fn meanwhile<F: Future>(&mut self, work: F) -> Result<F::Output, Deserted> {
        tokio::pin!(work);
        loop {
            let expiry = self.ledger.next_expiry();
            tokio::select! {
                output = &mut work => return Ok(output),
                call = self.calls.recv() => {
                    // Without a process there is nothing to cancel in one.
                    let _ = self.ledger.note(call.ok_or(Deserted)?);
                }
                () = at(expiry), if expiry.is_some() => self.ledger.expire(Instant::now()),
            }
        }
    }

    /// Passes questions and answers to and fro until the process has ended or must be ended.
    async fn serve(&mut self, process: &mut Life<P>) -> End {
        let mut progress = Instant::now();
        loop {
            if self.ledger.is_idle() {
                progress = Instant::now();
            }
            while let Some(frame) = self.ledger.take() {
                process.send(frame);
            }
            tokio::select! {
                frame = process.next() => match frame {
                    Some(Ok((reply, body))) => {
                        progress = Instant::now();
                        self.ledger.answer(reply, body);
                    }
                    Some(Err(error)) => return End::Unusable(error.to_string()),
                    None => return End::Died,
                },
                call = self.calls.recv() => {
                    let Some(call) = call else {
                        return End::Deserted;
                    };
                    if let Some(id) = self.ledger.note(call)
                        && let Err(end) = tell(process, &Request::Cancel { id })
                    {
                        return end;
                    }
                }
                () = sleep_until(progress + STANDSTILL), if !self.ledger.is_idle() => {
                    let seconds = STANDSTILL.as_secs();
                    return End::Unusable(format!("it stood still for {seconds} s"));
                }
            }
        }
    }
}

/// How the service of a process ended.
enum End {
    Deserted,
    /// Its output has ended; its status tells why.
    Died,
    /// It lives, but is of no use.
    Unusable(String),
}

fn tell<P: Protocol>(process: &Life<P>, request: &RequestOf<P>) -> Result<(), End> {
    let frame = encode(request, &[]).map_err(|error| End::Unusable(error.to_string()))?;
    process.send(frame);
    Ok(())
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
