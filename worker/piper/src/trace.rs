//! What is seen of the stages of a network.

use candle_core::Tensor;

/// Shows stages by the names that the reference's graph gives them, `[time, channel]`, to who wants to see them.
pub(crate) struct Trace<'a>(Option<&'a mut Show<'a>>);

type Show<'a> = dyn FnMut(&str, &Tensor) + 'a;

impl<'a> Trace<'a> {
    pub(crate) fn none() -> Self {
        Self(None)
    }

    pub(crate) fn to(shown: &'a mut dyn FnMut(&str, &Tensor)) -> Self {
        Self(Some(shown))
    }

    /// Shows a stage, which is only made if it is wanted.
    pub(crate) fn show(
        &mut self,
        name: impl FnOnce() -> String,
        stage: impl FnOnce() -> candle_core::Result<Tensor>,
    ) -> candle_core::Result<()> {
        if let Some(shown) = &mut self.0 {
            shown(&name(), &stage()?);
        }
        Ok(())
    }
}
