//! How a text is to be taken before it is spoken.

use crate::text_enum::text_enum;

text_enum! {
    /// What the marks in a text are.
    #[derive(Default)]
    TextFormat {
        /// SSML where the text begins as such; else the marks of Markdown and HTML are left out where they are plain to see.
        #[default]
        Auto = "auto",
        /// Every sign means itself.
        Plain = "plain",
        /// Markdown, with the HTML that may stand in it.
        Markdown = "markdown",
        /// HTML: whole pages or parts of them.
        Html = "html",
        /// SSML, and nothing else.
        Ssml = "ssml",
    }
}

impl TextFormat {
    /// Whether nothing was said of the format.
    pub fn is_auto(&self) -> bool {
        *self == Self::Auto
    }
}
