//! Pictures of a run, as PNG, without fonts of the system.

mod canvas;
mod losses;
mod spectrum;

pub use canvas::PlotError;
pub use losses::plot_losses;
pub use spectrum::plot_comparison;
