//! Voice training: datasets of recordings and their words, runs that train voices on them, and what runs leave.

pub mod bodies;

mod datasets;
mod runs;

mod listed {
    use crate::{
        datasets::{collection, downloads, exports, files, lists, prompts, segments, steps},
        runs::{checkpoints, comparisons, events, inference, starting, tuned_voices, watching},
    };

    kiskadee_edge_kit::routes! {
        collection::create_dataset, collection::list_datasets, collection::show_dataset, collection::change_dataset,
        collection::delete_dataset, collection::dataset_stats,
        files::upload_files, files::import_upload, files::delete_file,
        steps::segment_dataset, steps::transcribe_dataset,
        lists::list_files, prompts::list_prompts, exports::export_dataset, exports::download_export, downloads::download_files,
        segments::edit_segments, segments::show_segment, segments::edit_segment, segments::segment_audio,
        starting::start_training, starting::stop_training, starting::resume_run,
        watching::training_status, watching::list_runs, watching::show_run, watching::delete_run,
        events::training_logs,
        checkpoints::list_checkpoints, checkpoints::export_checkpoint, checkpoints::delete_checkpoint, checkpoints::sample_audio,
        tuned_voices::load_checkpoint, tuned_voices::voice_versions, tuned_voices::roll_back_voice,
        inference::synthesize,
        comparisons::start_comparison, comparisons::list_comparisons, comparisons::show_comparison,
        comparisons::delete_comparison, comparisons::vote, comparisons::comparison_audio,
    }
}

pub use listed::router;

/// What this component contributes to the `OpenAPI` document: its routes, and what its jobs make.
#[cfg(not(target_family = "wasm"))]
pub fn openapi() -> kiskadee_edge_kit::utoipa::openapi::OpenApi {
    use bodies::{
        ComparisonResult, DownloadResult, ExportResult, ImportResult, LoadResult, SegmentResult,
        TranscribeResult,
    };
    use kiskadee_edge_kit::openapi::with_job_result;

    let document = with_job_result::<ImportResult>(listed::openapi());
    let document = with_job_result::<DownloadResult>(document);
    let document = with_job_result::<SegmentResult>(document);
    let document = with_job_result::<TranscribeResult>(document);
    let document = with_job_result::<ExportResult>(document);
    let document = with_job_result::<LoadResult>(document);
    with_job_result::<ComparisonResult>(document)
}

#[cfg(target_family = "wasm")]
#[spin_sdk::http_service]
async fn serve(request: spin_sdk::http::Request) -> axum::response::Response {
    kiskadee_edge_kit::service::handle(router(), request).await
}
