//! Keeps a child process alive: starts it again when it dies, stops it when asked, and writes what it says to its log.
//!
//! Children ask the kernel to die with the *thread* that started them, so everything here runs on the main thread, in
//! its `LocalSet`.

use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::pin::Pin;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::logs::LogFile;
use crate::stop::Stop;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A child that lived this long has started well: its next death is a new trouble, not the old one again.
const SETTLED: Duration = Duration::from_secs(30);

pub(crate) type Aftermath = Pin<Box<dyn Future<Output = ()>>>;

pub(crate) struct Recipe {
    pub(crate) name: String,
    pub(crate) command: Box<dyn Fn() -> anyhow::Result<std::process::Command>>,
    pub(crate) log: LogFile,
    /// The signal of an orderly stop and of a quick one, and the time that the first may take.
    pub(crate) orderly: Signal,
    pub(crate) quick: Signal,
    pub(crate) patience: Duration,
    /// What is done after each death that nobody asked for, before the next start.
    pub(crate) on_death: Box<dyn Fn() -> Aftermath>,
}

pub(crate) struct Supervised {
    stop: Stop,
    deaths: watch::Receiver<u32>,
    task: JoinHandle<()>,
}

impl Supervised {
    /// Must be called in the main thread's `LocalSet`.
    pub(crate) fn start(recipe: Recipe) -> Self {
        let stop = Stop::default();
        let (count, deaths) = watch::channel(0);
        let task = tokio::task::spawn_local(keep_alive(recipe, stop.clone(), count));
        Self { stop, deaths, task }
    }

    /// How often the child died unasked so far.
    pub(crate) fn deaths(&self) -> u32 {
        *self.deaths.borrow()
    }

    /// Ends the child in order, or quickly from the moment that `hurry` is cancelled.
    pub(crate) async fn stop(mut self, hurry: &CancellationToken) {
        self.stop.orderly.cancel();
        tokio::select! {
            _ = &mut self.task => return,
            () = hurry.cancelled() => self.stop.quick.cancel(),
        }
        // The task has nothing to say but that it ended.
        let _ = self.task.await;
    }
}

async fn keep_alive(recipe: Recipe, stop: Stop, deaths: watch::Sender<u32>) {
    let mut pause = FIRST_PAUSE;
    while !stop.orderly.is_cancelled() {
        let started = Instant::now();
        match spawn(&recipe) {
            Ok(mut child) => {
                let Some(status) = live(&recipe, &mut child, &stop).await else {
                    return;
                };
                tracing::error!(
                    process = recipe.name,
                    status = describe(status),
                    "process died, starting it again"
                );
            }
            Err(error) => {
                tracing::error!(process = recipe.name, %error, "cannot start process, trying again");
            }
        }
        (recipe.on_death)().await;
        deaths.send_modify(|count| *count += 1);
        if started.elapsed() > SETTLED {
            pause = FIRST_PAUSE;
        }
        tokio::select! {
            () = stop.orderly.cancelled() => {}
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
        }
    }
}

fn spawn(recipe: &Recipe) -> anyhow::Result<Child> {
    let (reader, writer) = io::pipe()?;
    let mut command = (recipe.command)()?;
    // A group of its own, so that Ctrl-C in the terminal reaches this process alone.
    command
        .process_group(0)
        .stdout(writer.try_clone()?)
        .stderr(writer);
    let child = Command::from(command).spawn()?;
    let log = recipe.log.clone();
    std::thread::Builder::new()
        .name(format!("log {}", recipe.name))
        .spawn(move || log.copy_lines(reader))?;
    tracing::info!(process = recipe.name, pid = child.id(), "process started");
    Ok(child)
}

/// Waits for the child's end: its status when it died by itself, none when it was asked to.
async fn live(recipe: &Recipe, child: &mut Child, stop: &Stop) -> Option<ExitStatus> {
    tokio::select! {
        status = child.wait() => return status.ok().or_else(|| Some(ExitStatus::from_raw(0))),
        () = stop.orderly.cancelled() => {}
    }
    send(child, recipe.orderly);
    tokio::select! {
        _ = child.wait() => return None,
        () = stop.quick.cancelled() => {}
        () = tokio::time::sleep(recipe.patience) => {
            tracing::warn!(process = recipe.name, "process did not stop in time");
        }
    }
    send(child, recipe.quick);
    if tokio::time::timeout(Duration::from_secs(5), child.wait())
        .await
        .is_err()
    {
        // What is still there dies with this process's end at the latest.
        let _ = child.kill().await;
    }
    None
}

fn send(child: &Child, signal: Signal) {
    if let Some(pid) = child.id() {
        // The child may have ended meanwhile.
        let _ = kill(Pid::from_raw(pid.cast_signed()), signal);
    }
}

fn describe(status: ExitStatus) -> String {
    match status.signal() {
        Some(signal) => format!("signal {signal}"),
        None => format!("exit code {}", status.code().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;

    fn recipe(script: &'static str, deaths: &Rc<Cell<u32>>) -> Recipe {
        let deaths = Rc::clone(deaths);
        Recipe {
            name: "child".to_owned(),
            command: Box::new(move || {
                let mut command = std::process::Command::new("sh");
                command.args(["-c", script]);
                Ok(command)
            }),
            log: LogFile::open(std::path::Path::new("/dev/null")).unwrap(),
            orderly: Signal::SIGTERM,
            quick: Signal::SIGKILL,
            patience: Duration::from_secs(20),
            on_death: Box::new(move || {
                deaths.set(deaths.get() + 1);
                Box::pin(async {})
            }),
        }
    }

    fn on_main_thread(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        tokio::task::LocalSet::new().block_on(&runtime, test);
    }

    #[test]
    fn a_child_that_dies_is_started_again() {
        on_main_thread(async {
            let deaths = Rc::new(Cell::new(0));
            let mut child = Supervised::start(recipe("exit 3", &deaths));
            child.deaths.wait_for(|count| *count >= 2).await.unwrap();
            child.stop(&CancellationToken::new()).await;
            assert!(deaths.get() >= 2);
        });
    }

    #[test]
    fn a_child_that_does_not_stop_is_killed_on_request() {
        on_main_thread(async {
            let deaths = Rc::new(Cell::new(0));
            let child = Supervised::start(recipe(
                "trap '' TERM; while :; do sleep 0.05; done",
                &deaths,
            ));
            tokio::time::sleep(Duration::from_millis(200)).await;
            let hurry = CancellationToken::new();
            hurry.cancel();
            let begun = Instant::now();
            child.stop(&hurry).await;
            assert!(begun.elapsed() < Duration::from_secs(10));
            assert_eq!(deaths.get(), 0);
        });
    }
}
