//! What is seen of the networks' stages.

use candle_core::{Result, Tensor};

/// Shows stages by the module names of the reference implementation to who wants to see them.
pub struct Trace<'a>(Option<&'a mut Show<'a>>);

type Show<'a> = dyn FnMut(&str, &Tensor) + 'a;

impl<'a> Trace<'a> {
    pub fn none() -> Self {
        Self(None)
    }

    pub fn to(shown: &'a mut dyn FnMut(&str, &Tensor)) -> Self {
        Self(Some(shown))
    }

    /// A stage that the reference too has as `[time, channel]`.
    pub(crate) fn rows(&mut self, name: impl AsRef<str>, stage: &Tensor) {
        if let Some(shown) = &mut self.0 {
            shown(name.as_ref(), stage);
        }
    }

    /// A stage `[time, channel]` that the reference has as `[channel, time]`.
    pub(crate) fn columns(&mut self, name: impl AsRef<str>, stage: &Tensor) -> Result<()> {
        if let Some(shown) = &mut self.0 {
            shown(name.as_ref(), &stage.t()?.contiguous()?);
        }
        Ok(())
    }
}
