//! Makes the data for the embedded voice, trains it and measures it.
