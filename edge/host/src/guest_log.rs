//! What a component writes to its standard streams becomes log lines of the host, one a line.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

/// Longer lines are cut in two; a component must not fill the host's memory.
const MAX_LINE_BYTES: usize = 8 << 10;

const TARGET: &str = "component";

/// A line as our own components write it: what failed in words that do not change, and why.
#[derive(serde::Deserialize)]
struct Said {
    level: String,
    message: String,
    cause: Option<String>,
}

impl Said {
    fn tell(self, component: &str) {
        let Self {
            level,
            message,
            cause,
        } = self;
        if level == "error" {
            tracing::error!(target: TARGET, component, cause, "{message}");
        } else {
            tracing::info!(target: TARGET, component, cause, "{message}");
        }
    }
}

/// A standard stream of a component.
#[derive(Clone)]
pub(crate) struct GuestLog {
    component: Arc<str>,
    stream: &'static str,
    line: Vec<u8>,
}

impl GuestLog {
    pub(crate) fn new(component: &Arc<str>, stream: &'static str) -> Self {
        Self {
            component: Arc::clone(component),
            stream,
            line: Vec::new(),
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte == b'\n' || self.line.len() >= MAX_LINE_BYTES {
                self.write_line();
            }
            if byte != b'\n' {
                self.line.push(byte);
            }
        }
    }

    fn write_line(&mut self) {
        let (component, stream) = (&*self.component, self.stream);
        if let Ok(said) = serde_json::from_slice::<Said>(&self.line) {
            said.tell(component);
        } else {
            let said = &*String::from_utf8_lossy(&self.line);
            tracing::info!(target: TARGET, component, stream, said, "the component says");
        }
        self.line.clear();
    }
}

impl Drop for GuestLog {
    fn drop(&mut self) {
        if !self.line.is_empty() {
            self.write_line();
        }
    }
}

impl AsyncWrite for GuestLog {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl IsTerminal for GuestLog {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestLog {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(Self::new(&self.component, self.stream))
    }
}
