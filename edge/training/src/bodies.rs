//! What the API document shows of voice training.

mod comparison;
mod dataset;
mod run;
mod segment;
mod voice;

pub use comparison::{
    Candidate, Comparison, ComparisonAnswer, ComparisonBody, ComparisonList, ComparisonPair,
    ComparisonResult, ComparisonSide, PreferenceBody, Verdict,
};
pub use dataset::{
    Consent, Dataset, DatasetBody, DatasetChanges, DatasetForm, DatasetFormat, DatasetList,
    DatasetStats, FileCounts, FilesAnswer, ImportBody, ImportResult, LastStep, PromptList, Rights,
    SegmentCounts, SegmentResult, StepAnswer, StepName, StepUnderWay, TakenFile, TranscribeResult,
};
pub use run::{
    Checkpoint, CheckpointList, CheckpointVoice, Estimate, EstimateAnswer, LogLevel, LogLine,
    LogList, RunAnswer, RunBody, RunList, RunLoss, RunState, Sample, StartBody, StopBody,
};
pub use segment::{
    ChangedSegments, DatasetFile, DatasetFileList, DatasetItem, Decision, NamedEdit, Only, Segment,
    SegmentBody, SegmentEdit, SegmentEdits, SegmentState, TranscribeBody, WordSource,
};
pub use voice::{
    LoadAnswer, LoadBody, LoadResult, RollbackAnswer, RollbackBody, SynthesizeAnswer,
    SynthesizeBody, VoiceVersion, VoiceVersionList,
};
