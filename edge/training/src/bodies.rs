//! What the API document shows of voice training.

mod comparison;
mod dataset;
mod run;
mod segment;
mod stats;
mod step;
mod voice;

pub use comparison::{
    Candidate, Comparison, ComparisonAnswer, ComparisonBody, ComparisonList, ComparisonPair,
    ComparisonResult, ComparisonSide, PreferenceBody, Verdict,
};
pub use dataset::{
    Consent, Dataset, DatasetBody, DatasetChanges, DatasetForm, DatasetList, FileCounts, LastStep,
    PromptList, Rights, SegmentCounts, StepName, StepUnderWay,
};
pub use run::{
    Checkpoint, CheckpointList, CheckpointVoice, Estimate, EstimateAnswer, LogLevel, LogLine,
    LogList, RunAnswer, RunBody, RunList, RunLoss, RunState, Sample, StartBody, StopBody,
};
pub use segment::{
    ChangedSegments, DatasetFile, DatasetFileList, DatasetItem, Decision, ExportBody, ExportFormat,
    ExportResult, NamedEdit, Only, Segment, SegmentBody, SegmentEdit, SegmentEdits, SegmentState,
    TranscribeBody, WordSource,
};
pub use stats::DatasetStats;
pub use step::{
    DatasetFormat, DownloadBody, DownloadFailure, DownloadResult, DownloadedFile, FilesAnswer,
    ImportBody, ImportResult, SegmentResult, StepAnswer, TakenFile, TranscribeResult,
};
pub use voice::{
    LoadAnswer, LoadBody, LoadResult, RollbackAnswer, RollbackBody, SynthesizeAnswer,
    SynthesizeBody, VoiceVersion, VoiceVersionList,
};
