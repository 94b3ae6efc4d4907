//! How much work an engine spends on a text.

use crate::text_enum::text_enum;

text_enum! {
    /// A named choice of sampling and precision settings; what it means is documented for each engine.
    #[derive(Default)]
    QualityProfile {
        /// The least work that is still intelligible.
        Fast = "fast",
        /// What an engine does when nothing is asked for.
        #[default]
        Balanced = "balanced",
        /// More work for better sound.
        High = "high",
        /// The best that the engine can do, at any cost.
        Ultra = "ultra",
    }
}
