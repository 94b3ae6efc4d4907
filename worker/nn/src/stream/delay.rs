//! Rows that wait for others.

use candle_core::{Result, Tensor};

use crate::Convolution;

/// Rows `[time, channel]` that wait for others.
#[derive(Default)]
pub struct Delay {
    rows: Option<Tensor>,
    /// Rows of zeros that stand in front of the first and behind the last.
    padding: usize,
}

impl Delay {
    /// With so many rows of zeros in front of the first.
    pub fn padded(padding: usize) -> Self {
        Self {
            rows: None,
            padding,
        }
    }

    /// Rows that wait.
    pub fn len(&self) -> usize {
        self.rows.as_ref().map_or(0, |rows| rows.dims()[0])
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn append(&mut self, rows: &Tensor) -> Result<()> {
        if rows.dim(0)? == 0 {
            return Ok(());
        }
        self.rows = Some(match self.rows.take() {
            Some(before) => Tensor::cat(&[&before, rows], 0)?,
            None => rows.clone(),
        });
        Ok(())
    }

    /// The first `count` rows, if there are any; no more than wait may be asked for.
    pub fn take(&mut self, count: usize) -> Result<Option<Tensor>> {
        if count == 0 {
            return Ok(None);
        }
        let Some(rows) = self.rows.take() else {
            return Ok(None);
        };
        let left = rows.dim(0)?.saturating_sub(count);
        if left > 0 {
            self.rows = Some(rows.narrow(0, count, left)?);
        }
        Ok(Some(rows.narrow(0, 0, count)?))
    }

    /// All that a convolution can work on with these rows; keeps what its next outputs look back at. `last` puts the rows of zeros behind
    /// that make the whole input as long as the output.
    pub fn take_padded(
        &mut self,
        rows: &Tensor,
        convolution: &Convolution,
        last: bool,
    ) -> Result<Option<Tensor>> {
        let before = std::mem::take(&mut self.padding);
        self.append_zeros(before, rows)?;
        self.append(rows)?;
        let reach = convolution.reach();
        if last {
            self.append_zeros(reach - reach / 2, rows)?;
        }
        self.take_reaching(reach)
    }

    /// All rows, if there are more than `reach`; keeps the last `reach` of them.
    pub fn take_reaching(&mut self, reach: usize) -> Result<Option<Tensor>> {
        if self.len() <= reach {
            return Ok(None);
        }
        let Some(input) = self.rows.take() else {
            return Ok(None);
        };
        if reach > 0 {
            self.rows = Some(input.narrow(0, input.dim(0)? - reach, reach)?);
        }
        Ok(Some(input))
    }

    /// Appends rows of zeros of the width and type of `like`.
    pub fn append_zeros(&mut self, count: usize, like: &Tensor) -> Result<()> {
        let shape = (count, like.dim(1)?);
        self.append(&Tensor::zeros(shape, like.dtype(), like.device())?)
    }
}
