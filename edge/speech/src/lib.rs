//! Batches, single speech, jobs and voices
