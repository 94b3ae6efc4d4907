//! Shows what is between the stages to whoever compares them.

use candle_core::{Result, Tensor};

type Show<'a> = &'a mut dyn FnMut(&str, &Tensor);

/// Where stages are shown, if anywhere. Tensors are `[time, channel]`, or `[time, band, channel]` for planes.
#[derive(Default)]
pub(crate) struct Trace<'a>(Option<Show<'a>>);

impl<'a> Trace<'a> {
    pub(crate) fn none() -> Self {
        Self(None)
    }

    pub(crate) fn to(show: Show<'a>) -> Self {
        Self(Some(show))
    }

    pub(crate) fn show(
        &mut self,
        name: impl FnOnce() -> String,
        tensor: impl FnOnce() -> Result<Tensor>,
    ) -> Result<()> {
        if let Some(show) = &mut self.0 {
            show(&name(), &tensor()?);
        }
        Ok(())
    }
}
