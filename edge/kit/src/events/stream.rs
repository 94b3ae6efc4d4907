//! Watches something until it ends.
//!
//! A stream holds no state but what it told: it looks at the database by one cheap call, more seldom the longer nothing
//! happens, asks together with others whether anything has when nothing did for long, and ends after some minutes, for the
//! client to come back with the id of the last event. Whether its caller may still see what it tells is asked each minute.

use std::{convert::Infallible, future::ready, time::Duration};

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::stream;
use spin_sdk::time::sleep;

use super::clock;
use crate::{database::Answer, problem::Problem};

const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");

const SHORTEST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// Proxies close what is silent for long.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// So often a stream looks by itself though nothing has changed, where it cannot ask together with others whether its caller may
/// still.
const LOOK_AT_LEAST: Duration = Duration::from_mins(1);
const LONGEST_STREAM: Duration = Duration::from_mins(10);
/// How long a client shall wait before it comes back.
const RECONNECT: &str = "retry: 1000\n\n";

/// What is known without a look of one's own.
#[derive(Debug)]
pub enum News {
    /// Only a look can tell.
    Unknown,
    /// It could not be had now; asking the next time is better than all asking for themselves.
    Late,
    /// The body of the look.
    Told(String),
}

/// Something that is watched, with what was told of it.
pub trait Watch: Send + 'static {
    /// Asks the database. Only the first look counts against the caller's rate, so a later one says that it comes `again`.
    fn look(&self, again: bool) -> impl Future<Output = Result<Answer, Problem>> + Send;

    /// What changes whenever there is something new to see, asked for together with others ([`super::Gathered`]); none where it
    /// is not known.
    fn mark(&self) -> impl Future<Output = Option<i64>> + Send {
        ready(None)
    }

    /// What a look would give, asked for together with others who watch the same.
    fn news(&self) -> impl Future<Output = News> + Send {
        ready(News::Unknown)
    }

    /// Whether its caller may still see it, asked for together with others; none where only a look can tell.
    fn may_still(&self) -> impl Future<Output = Option<bool>> + Send {
        ready(None)
    }

    /// The events that tell what the body of a good answer shows beyond what was told; empty when there is nothing new.
    fn tell(&mut self, body: &str) -> Result<String, Problem>;

    /// It was told to have ended; nothing follows.
    fn is_over(&self) -> bool;
}

/// Answers with a stream of events, with 204 when nothing is left to tell, or with the refusal of the first look.
pub async fn watch(mut watched: impl Watch) -> Result<Response, Problem> {
    let mut answer = watched.look(false).await?;
    if !answer.is_success() {
        return Ok(answer.into_response());
    }
    let first = watched.tell(&answer.body.take().unwrap_or_default())?;
    let mut response = answer.into_response();
    if first.is_empty() && watched.is_over() {
        *response.status_mut() = StatusCode::NO_CONTENT;
        response.headers_mut().remove(header::CONTENT_TYPE);
        return Ok(response);
    }
    let events = Watcher::new(watched, RECONNECT.to_owned() + &first);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, EVENT_STREAM);
    *response.body_mut() = Body::from_stream(stream::unfold(events, Watcher::next));
    Ok(response)
}

/// One open stream.
struct Watcher<W> {
    watched: W,
    unsent: Option<String>,
    wait: Duration,
    silent: Duration,
    age: Duration,
    is_cut: bool,
    /// Before the last look.
    mark: Option<i64>,
    /// Since the caller's right was last known.
    unseen: Duration,
    /// In which it was last asked for.
    minute: u64,
}

impl<W: Watch> Watcher<W> {
    fn new(watched: W, first: String) -> Self {
        Self {
            watched,
            unsent: Some(first),
            wait: SHORTEST_WAIT,
            silent: Duration::ZERO,
            age: Duration::ZERO,
            is_cut: false,
            mark: None,
            unseen: Duration::ZERO,
            minute: clock::minute(),
        }
    }

    /// The next piece of the stream.
    async fn next(mut self) -> Option<(Result<String, Infallible>, Self)> {
        while self.unsent.is_none()
            && !self.watched.is_over()
            && !self.is_cut
            && self.age < LONGEST_STREAM
        {
            sleep(self.wait).await;
            self.age += self.wait;
            self.silent += self.wait;
            self.unseen += self.wait;
            self.catch_up().await;
            self.wait = (self.wait * 2).min(LONGEST_WAIT);
            if self.unsent.is_none() && self.silent >= HEARTBEAT {
                self.unsent = Some(": still here\n\n".to_owned());
            }
        }
        let piece = self.unsent.take()?;
        self.silent = Duration::ZERO;
        Some((Ok(piece), self))
    }

    /// With others where that can be, and now and then by itself.
    async fn catch_up(&mut self) {
        self.ask_whether_it_may_still().await;
        if self.is_cut {
            return;
        }
        let news = if self.unseen < LOOK_AT_LEAST {
            self.watched.news().await
        } else {
            News::Unknown
        };
        match news {
            News::Told(news) => self.take(&news),
            News::Late => {}
            News::Unknown => {
                if self.may_have_changed().await {
                    self.look_again().await;
                }
            }
        }
    }

    /// All streams in the same moment of a minute, so that it is one question.
    async fn ask_whether_it_may_still(&mut self) {
        let minute = clock::minute();
        if minute == self.minute {
            return;
        }
        if let Some(may_still) = self.watched.may_still().await {
            self.minute = minute;
            self.unseen = Duration::ZERO;
            self.is_cut = !may_still;
        }
    }

    /// As long as something happens, looking at once is quicker.
    async fn may_have_changed(&mut self) -> bool {
        if self.wait < LONGEST_WAIT {
            return true;
        }
        let before = self.mark;
        self.mark = self.watched.mark().await;
        self.mark.is_none() || self.mark != before || self.unseen >= LOOK_AT_LEAST
    }

    /// A database that cannot be reached for a moment is asked again; a caller that lost its right ends the stream.
    async fn look_again(&mut self) {
        let Ok(answer) = self.watched.look(true).await else {
            self.mark = None;
            return;
        };
        self.unseen = Duration::ZERO;
        if !answer.is_success() {
            self.is_cut = true;
            return;
        }
        self.take(&answer.body.unwrap_or_default());
    }

    fn take(&mut self, body: &str) {
        if let Ok(events) = self.watched.tell(body)
            && !events.is_empty()
        {
            // Doubled before the next look.
            self.wait = SHORTEST_WAIT / 2;
            self.unsent = Some(events);
        }
    }
}
