//! Tables of tokens and of their positions.

use candle_core::{DType, Device, Tensor};

use crate::error::{Result, XttsError};

/// `[entries, channels]` each.
pub(super) struct Embeddings {
    pub(super) text: Tensor,
    pub(super) text_positions: Tensor,
    pub(super) codes: Tensor,
    pub(super) code_positions: Tensor,
    /// Ids of the tokens around a text.
    pub(super) start: u32,
    pub(super) stop: u32,
}

impl Embeddings {
    pub(super) fn device(&self) -> &Device {
        self.text.device()
    }

    pub(super) fn dtype(&self) -> DType {
        self.text.dtype()
    }

    pub(super) fn text(&self, tokens: &[u32]) -> Result<Tensor> {
        let most = self.text_positions.dim(0)?.saturating_sub(2);
        if tokens.len() >= most {
            return Err(XttsError::Input(format!(
                "the text has {} tokens, and fewer than {most} can be spoken in one go",
                tokens.len()
            )));
        }
        let known = self.text.dim(0)?;
        if let Some(token) = tokens.iter().find(|token| **token as usize >= known) {
            return Err(XttsError::Input(format!(
                "token {token} is not in the model's vocabulary of {known}: does vocab.json belong to this model?"
            )));
        }
        let all = [&[self.start], tokens, &[self.stop]].concat();
        let count = all.len();
        let tokens = Tensor::from_vec(all, count, self.device())?;
        let rows = self.text.index_select(&tokens, 0)?;
        Ok((rows + self.text_positions.narrow(0, 0, count)?)?)
    }

    pub(super) fn codes(&self, codes: &[u32], positions: &[u32]) -> Result<Tensor> {
        let pick = |table: &Tensor, indices: &[u32]| {
            table.index_select(&Tensor::new(indices, self.device())?, 0)
        };
        Ok((pick(&self.codes, codes)? + pick(&self.code_positions, positions)?)?)
    }
}
