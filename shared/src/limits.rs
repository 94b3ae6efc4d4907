//! Every limit on what a caller may send, in one place. The served API document states the same numbers.

use std::ops::RangeInclusive;

/// Texts of a batch.
pub const BATCH_TEXTS: RangeInclusive<usize> = 1..=100;
/// Characters (Unicode scalar values) of a text.
pub const TEXT_CHARS: RangeInclusive<usize> = 1..=5000;
/// Characters of `input` on the `OpenAI` route, where clients expect that API's own limit.
pub const OPENAI_INPUT_CHARS: RangeInclusive<usize> = 1..=4096;
/// Rows of a CSV file, without its header.
pub const CSV_ROWS: RangeInclusive<usize> = 1..=1000;
/// Speed of speech.
pub const SPEED: RangeInclusive<f32> = 0.25..=4.0;

/// Bytes of a JSON body on routes that take no text to speak.
pub const SMALL_BODY_BYTES: usize = 64 * 1024;
/// Bytes of a JSON body with one text: the longest text with every character escaped as a surrogate pair, and room.
pub const SPEECH_BODY_BYTES: usize = 128 * 1024;
/// Bytes of a JSON body with a batch of texts: the longest batch with four bytes a character, and room.
pub const BATCH_BODY_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of a multipart body with a CSV file.
pub const CSV_BODY_BYTES: usize = 24 * 1024 * 1024;

/// Bytes of a multipart body with recordings, which a component holds whole: a minute of 24-bit stereo at 48 kHz, or five
/// of 16-bit mono at 32 kHz, and room.
pub const RECORDING_BODY_BYTES: usize = 20 * 1024 * 1024;
/// Bytes of a recording that was uploaded before. The SQL that bounds such uploads states the same number.
pub const RECORDING_UPLOAD_BYTES: usize = 100 * 1024 * 1024;
/// Recordings that a voice is taken from.
pub const RECORDINGS: RangeInclusive<usize> = 1..=8;
/// Seconds of each of them.
pub const RECORDING_SECONDS: RangeInclusive<f64> = 3.0..=60.0;
/// Seconds of all of them together.
pub const RECORDINGS_SECONDS: f64 = 300.0;
/// Characters of the name of a dataset.
pub const DATASET_NAME_CHARS: RangeInclusive<usize> = 1..=64;
/// Recordings of one form for a dataset.
pub const DATASET_FORM_FILES: usize = 50;
/// Characters of what is said in a segment of a recording.
pub const SEGMENT_TEXT_CHARS: RangeInclusive<usize> = 1..=1000;
/// Segments that are changed in one request.
pub const SEGMENT_EDITS: RangeInclusive<usize> = 1..=500;
/// Bytes of such a request: the longest words of all of them with four bytes a character would take more, but no speech is so dense.
pub const SEGMENT_EDITS_BYTES: usize = 1024 * 1024;
/// Bytes of one part of an upload; all but the last have as many.
pub const UPLOAD_PART_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of an upload, whatever its family: what one request can bring to a bucket (S3's limit).
pub const UPLOAD_BYTES: RangeInclusive<u64> = 1..=5 * 1024 * 1024 * 1024;
/// Characters of the name that a file had at its sender's.
pub const FILENAME_CHARS: RangeInclusive<usize> = 1..=255;
/// Characters of the name of a family of jobs.
pub const FAMILY_CHARS: RangeInclusive<usize> = 1..=32;

/// Voices that can be mixed into one.
pub const MIXED_VOICES: RangeInclusive<usize> = 2..=8;
/// Characters of the words with which a person agrees to the use of a voice.
pub const CONSENT_CHARS: RangeInclusive<usize> = 1..=1000;

/// Bytes of a body with entries of a pronunciation dictionary.
pub const PRONUNCIATION_BODY_BYTES: usize = 1024 * 1024;
/// Entries of a pronunciation dictionary in one request.
pub const PRONUNCIATION_ENTRIES: RangeInclusive<usize> = 1..=500;
/// Characters of the phonemes or the alias of a word.
pub const PHONEMES_CHARS: RangeInclusive<usize> = 1..=200;

/// Characters of a voice's id or name.
pub const VOICE_ID_CHARS: RangeInclusive<usize> = 1..=64;
/// Characters of a language tag (BCP 47).
pub const LANGUAGE_CHARS: RangeInclusive<usize> = 2..=16;

/// Bytes of an address that the product will call.
pub const WEBHOOK_URL_BYTES: usize = 2048;
/// Bytes of a webhook's payload, as Standard Webhooks advises.
pub const WEBHOOK_PAYLOAD_BYTES: usize = 20_000;
/// Bytes of the key inside a webhook secret, as Standard Webhooks demands.
pub const WEBHOOK_SECRET_BYTES: RangeInclusive<usize> = 24..=64;

/// Bytes of an `Idempotency-Key` header.
pub const IDEMPOTENCY_KEY_BYTES: RangeInclusive<usize> = 1..=255;
/// Bytes of an `X-Request-Id` header that is taken over.
pub const REQUEST_ID_BYTES: RangeInclusive<usize> = 1..=128;

/// Items of a page.
pub const PAGE_ITEMS: RangeInclusive<u32> = 1..=100;
/// Items of a page when the caller names no number.
pub const PAGE_ITEMS_DEFAULT: u32 = 20;

/// Characters of a user name.
pub const USERNAME_CHARS: RangeInclusive<usize> = 3..=64;
/// Bytes of an e-mail address (RFC 5321).
pub const EMAIL_BYTES: RangeInclusive<usize> = 3..=254;
/// Characters of a person's name.
pub const FULL_NAME_CHARS: RangeInclusive<usize> = 0..=200;
/// Characters of a password. The upper end bounds the work of hashing, and leaves room for pass phrases.
pub const PASSWORD_CHARS: RangeInclusive<usize> = 8..=256;
/// Characters of an API key's name.
pub const KEY_NAME_CHARS: RangeInclusive<usize> = 1..=100;
/// Scopes of an API key.
pub const KEY_SCOPES: RangeInclusive<usize> = 1..=32;
/// Characters of one of them.
pub const SCOPE_CHARS: RangeInclusive<usize> = 1..=64;
/// Days that an API key may live.
pub const KEY_EXPIRY_DAYS: RangeInclusive<u32> = 1..=3650;
