//! What the API document shows of voice training.

mod dataset;
mod segment;

pub use dataset::{
    Consent, Dataset, DatasetBody, DatasetChanges, DatasetForm, DatasetFormat, DatasetList,
    DatasetStats, FileCounts, FilesAnswer, ImportBody, ImportResult, LastStep, PromptList, Rights,
    SegmentCounts, SegmentResult, StepAnswer, StepName, StepUnderWay, TakenFile, TranscribeResult,
};
pub use segment::{
    ChangedSegments, DatasetFile, DatasetFileList, DatasetItem, Decision, NamedEdit, Only, Segment,
    SegmentBody, SegmentEdit, SegmentEdits, SegmentState, TranscribeBody, WordSource,
};
