//! Jobs of every kind and batches of every family: list, show, watch, cancel, and what they made.
//!
//! What is taken in is the business of the family that takes it in; this component only knows that it is work.

pub mod bodies;

mod batches;
mod events;
mod filters;
mod jobs;
mod timestamps;
mod told;
mod usage;

kiskadee_edge_kit::routes! {
    jobs::list_jobs, jobs::show_job, jobs::cancel_job, jobs::job_audio, events::job_events,
    timestamps::job_timestamps, timestamps::job_subtitles,
    batches::list_batches, batches::batch_status, batches::download_batch, batches::cancel_batch,
    usage::show_usage,
}

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn serve(request: spin_sdk::http::Request) -> axum::response::Response {
    kiskadee_edge_kit::service::handle(router(), request).await
}
