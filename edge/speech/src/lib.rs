//! The speech API: batches, single speech, voices and models.
//!
//! Every handler parses, makes one SQL call and answers. Audio and archives are streamed through from the storage gateway;
//! nothing is kept between requests but the configuration.

pub mod bodies;

mod batches;
mod checks;
mod cloning;
mod csv_batch;
mod live;
mod morphing;
mod pronunciations;
mod reading;
mod recordings;
mod request;
mod responses;
mod setup;
mod speech;
mod table;
mod units;
mod voice_filter;
mod voices;

mod listed {
    use crate::{
        batches, cloning, csv_batch, live, morphing, pronunciations, reading, recordings, speech,
        voices,
    };

    kiskadee_edge_kit::routes! {
        batches::create_batch, batches::list_speech_batches, csv_batch::create_csv_batch,
        speech::create_speech, speech::list_models, speech::show_model, speech::list_audio_voices, live::speak,
        voices::list_voices, voices::show_voice, voices::voice_preview, voices::delete_voice,
        cloning::clone_voice, morphing::morph_voices, recordings::list_recordings, recordings::delete_recording,
        pronunciations::put_pronunciations, pronunciations::list_pronunciations, pronunciations::delete_pronunciation,
        reading::read_text,
    }
}

pub use listed::router;

/// What this component contributes to the `OpenAPI` document: its routes, and what jobs of its kinds make.
#[cfg(not(target_family = "wasm"))]
pub fn openapi() -> kiskadee_edge_kit::utoipa::openapi::OpenApi {
    use kiskadee_edge_kit::openapi::with_job_result;
    let document = with_job_result::<bodies::SpeechResult>(listed::openapi());
    let document = with_job_result::<bodies::CloneResult>(document);
    with_job_result::<bodies::StreamResult>(document)
}

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn serve(request: spin_sdk::http::Request) -> axum::response::Response {
    kiskadee_edge_kit::service::handle(router(), request).await
}
