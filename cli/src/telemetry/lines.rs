//! The layer that writes lines: an event with what the spans around it say of the request or the job.

use std::io::Write as _;

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::errors::Errors;
use super::fields::Fields;
use super::render::Render;
use super::sampling::{Sampling, Verdict, must_be_told};

pub(super) struct Lines<W> {
    pub(super) render: Render,
    pub(super) sampling: Sampling,
    pub(super) errors: Option<Errors>,
    pub(super) writer: W,
}

/// What a span says of itself.
struct Said(Fields);

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else {
            return;
        };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let mut extensions = span.extensions_mut();
        extensions.insert(Said(fields));
        if !self.sampling.writes_all() && Sampling::concerns(attributes.metadata().fields()) {
            extensions.insert(Verdict::default());
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(Said(fields)) = span.extensions_mut().get_mut::<Said>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut request = Fields::default();
        // From the innermost: what is said closer to the event holds.
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(Said(said)) = span.extensions().get::<Said>() {
                request.add_missing(said);
            }
        }
        let must = must_be_told(*event.metadata().level(), &fields);
        fields.add_missing(&request);
        if let Some(errors) = &self.errors {
            errors.hear(event.metadata(), &fields);
        }
        let line = self.render.line(event.metadata(), &fields);
        // The outermost span with an id is the request's.
        let scope = context.event_scope(event);
        let decided = scope.into_iter().flat_map(Scope::from_root);
        for span in decided {
            let mut extensions = span.extensions_mut();
            if let Some(verdict) = extensions.get_mut::<Verdict>() {
                let lines = verdict.lines(line, (self.sampling, &request), must);
                drop(extensions);
                return self.write(event, &lines);
            }
        }
        self.write(event, &[line]);
    }
}

impl<W> Lines<W>
where
    W: for<'a> MakeWriter<'a>,
{
    /// Each line in one call. Where the log cannot be written there is nobody to tell.
    fn write(&self, event: &Event<'_>, lines: &[Vec<u8>]) {
        for line in lines {
            let _ = self
                .writer
                .make_writer_for(event.metadata())
                .write_all(line);
        }
    }
}
