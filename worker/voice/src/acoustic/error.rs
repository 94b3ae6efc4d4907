//! What can go wrong with the acoustic model.

#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("the weights cannot be read: {0}")]
    Format(String),
    #[error("the weights hold no usable configuration: {0}")]
    Config(String),
    #[error("the weights lack the parameter {0}")]
    Missing(String),
    #[error("the parameter {name} has the shape {found:?} instead of {expected:?}")]
    Shape {
        name: String,
        expected: Vec<usize>,
        found: Vec<usize>,
    },
    #[error("the weights hold no voice {0}")]
    Voice(String),
    #[error("{what} is {found}, give at most {limit}")]
    Limit {
        what: &'static str,
        found: usize,
        limit: usize,
    },
    #[error("{what} is {found}, give a finite number from {least} to {most}")]
    Range {
        what: &'static str,
        found: f32,
        least: f32,
        most: f32,
    },
    #[error("there are no phones to speak")]
    Empty,
    #[error("there are {controls} controls for {tokens} tokens, give one for each or none")]
    Controls { controls: usize, tokens: usize },
    #[error("the model failed: {0}")]
    Compute(#[from] candle_core::Error),
}
