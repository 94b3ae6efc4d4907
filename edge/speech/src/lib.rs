//! The speech API: batches, single speech, jobs, voices and models.
//!
//! Every handler parses, makes one SQL call and answers. Audio and archives are streamed through from the storage gateway;
//! nothing is kept between requests but the configuration.

pub mod bodies;

mod asked;
mod batches;
mod body;
mod checks;
mod cloning;
mod csv_batch;
mod csv_lines;
mod csv_table;
mod events;
mod faults;
mod fields;
mod form;
mod jobs;
mod live;
mod morphing;
mod pronunciations;
mod recordings;
mod request;
mod responses;
mod setup;
mod speech;
mod storage;
mod timestamps;
mod voices;
mod watch;

kiskadee_edge_kit::routes! {
    batches::create_batch, csv_batch::create_csv_batch, batches::batch_status, batches::download_batch, batches::cancel_batch,
    speech::create_speech, speech::list_models, live::speak,
    jobs::list_jobs, jobs::show_job, jobs::cancel_job, jobs::job_audio, events::job_events,
    timestamps::job_timestamps, timestamps::job_subtitles,
    voices::list_voices, voices::show_voice, voices::voice_preview, voices::delete_voice,
    cloning::clone_voice, morphing::morph_voices, recordings::list_recordings, recordings::delete_recording,
    pronunciations::put_pronunciations, pronunciations::list_pronunciations, pronunciations::delete_pronunciation,
}

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn serve(request: spin_sdk::http::Request) -> axum::response::Response {
    kiskadee_edge_kit::service::handle(router(), request).await
}
