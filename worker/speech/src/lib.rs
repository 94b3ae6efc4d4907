//! Speech engines: text in, samples out; knows nothing of queues or HTTP
