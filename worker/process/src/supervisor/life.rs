//! One life of a process: its three pipes, each read or written by a task of its own.

use std::{io, process::Stdio, time::Duration};

use tokio::{
    io::{
        AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines,
    },
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    sync::mpsc,
    task::JoinHandle,
    time::timeout,
};

use super::EngineProgram;
use crate::{
    Protocol,
    frame::{FrameError, HEAD_BYTES, Head},
    messages::ReplyOf,
};

/// What the process may take to end after its input was closed.
pub(super) const PARTING: Duration = Duration::from_secs(5);
/// What the process is told of its surroundings: how to compute and how to log, and none of the parent's secrets.
const VARIABLES: [&str; 12] = [
    "CANDLE_", "CUDA_", "HOME", "LANG", "LC_", "LD_", "MKL_", "NVIDIA_", "PATH", "RAYON_", "RUST_",
    "TMPDIR",
];

/// How many threads candle has in the process that speaks and trains side by side; one with a model of its own has as many as rayon.
const PARENTS_OWN: &str = "CANDLE_NUM_THREADS";

/// A reply with its body.
type Frame<P> = Result<(ReplyOf<P>, Vec<u8>), FrameError>;

pub(super) struct Life<P: Protocol> {
    child: Child,
    input: mpsc::UnboundedSender<Vec<u8>>,
    output: mpsc::Receiver<Frame<P>>,
    log: JoinHandle<String>,
}

impl<P: Protocol> Life<P> {
    /// Must be called within a `LocalSet` or runtime of the thread whose end is to be the end of the process.
    pub(super) fn start(program: &EngineProgram) -> io::Result<Self> {
        let variables = std::env::vars_os().filter(|(name, _)| {
            let name = name.to_string_lossy();
            VARIABLES.iter().any(|known| name.starts_with(known)) && name != PARENTS_OWN
        });
        let mut child = Command::new(&program.path)
            .args(&program.arguments)
            .env_clear()
            .envs(variables)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let closed = || io::Error::from(io::ErrorKind::BrokenPipe);
        let stdin = child.stdin.take().ok_or_else(closed)?;
        let stdout = child.stdout.take().ok_or_else(closed)?;
        let stderr = child.stderr.take().ok_or_else(closed)?;
        let (input, frames) = mpsc::unbounded_channel();
        let (replies, output) = mpsc::channel(64);
        tokio::spawn(write_all(stdin, frames));
        tokio::spawn(read_all::<P>(stdout, replies));
        let pid = child.id().unwrap_or_default();
        let log = tokio::spawn(forward(BufReader::new(stderr).lines(), pid));
        tracing::info!(pid, engine = P::NAME, "the speech process has started");
        Ok(Self {
            child,
            input,
            output,
            log,
        })
    }

    /// The process reads whatever it does, so this waits for nothing. One that has died is noticed at its output.
    pub(super) fn send(&self, frame: Vec<u8>) {
        let _ = self.input.send(frame);
    }

    /// The next reply; none at the end of its output.
    pub(super) async fn next(&mut self) -> Option<Frame<P>> {
        self.output.recv().await
    }

    /// Waits for its end, which is helped along where it does not come, and tells how it was.
    pub(super) async fn end(self, at_once: bool) -> String {
        let Self {
            mut child,
            input,
            output,
            log,
        } = self;
        drop((input, output));
        if at_once || timeout(PARTING, child.wait()).await.is_err() {
            // It may have ended by itself meanwhile.
            let _ = child.start_kill();
        }
        let status = match child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => format!("its end is not known: {error}"),
        };
        match timeout(PARTING, log).await {
            Ok(Ok(words)) if !words.is_empty() => format!("{status}: {words}"),
            _ => status,
        }
    }
}

async fn write_all(mut stdin: ChildStdin, mut frames: mpsc::UnboundedReceiver<Vec<u8>>) {
    while let Some(frame) = frames.recv().await {
        if stdin.write_all(&frame).await.is_err() {
            return;
        }
    }
}

async fn read_all<P: Protocol>(mut stdout: ChildStdout, replies: mpsc::Sender<Frame<P>>) {
    loop {
        let frame = match read::<P>(&mut stdout).await {
            Err(FrameError::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof => return,
            frame => frame,
        };
        let broken = frame.is_err();
        if replies.send(frame).await.is_err() || broken {
            return;
        }
    }
}

async fn read<P: Protocol>(input: &mut (impl AsyncRead + Unpin)) -> Frame<P> {
    let mut head = [0; HEAD_BYTES];
    input.read_exact(&mut head).await?;
    let Head { header, body } = Head::parse(head)?;
    let (mut header, mut body) = (vec![0; header], vec![0; body]);
    input.read_exact(&mut header).await?;
    input.read_exact(&mut body).await?;
    Ok((serde_json::from_slice(&header)?, body))
}

/// Passes on what the process logs; gives its last words.
async fn forward(mut lines: Lines<BufReader<ChildStderr>>, pid: u32) -> String {
    let mut last = String::new();
    while let Ok(Some(line)) = lines.next_line().await {
        if line.contains("ERROR") || line.starts_with("error") || line.contains("panicked") {
            tracing::error!(pid, said = line, "the speech process says");
        } else if line.contains("WARN") {
            tracing::warn!(pid, said = line, "the speech process says");
        } else {
            tracing::info!(pid, said = line, "the speech process says");
        }
        if !line.trim().is_empty() {
            last = line;
        }
    }
    last
}
