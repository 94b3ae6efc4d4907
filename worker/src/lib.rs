//! The worker: fetches jobs, speaks, encodes, uploads, completes and sends webhooks
