//! `language` – sets the language of later prompts and speech, and goes on to `_`.
//!
//! | field | default | |
//! |---|---|---|
//! | `language` | required | as in `fr` or `en-US` |
//!
//! ```json
//! {"module": "language", "data": {"language": "fr-FR"}}
//! ```

use schemars::JsonSchema;
use serde::Deserialize;

use super::Module;
use crate::call::{Call, Interrupt};
use crate::callflow::Node;
use crate::program::Flow;

/// Sets the language of later prompts and speech.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Language {
    /// As in `fr` or `en-US`.
    #[schemars(
        regex(pattern = r"^[A-Za-z]{2}(-[A-Za-z]{2})?$"),
        extend("x-expect" = "a language such as `fr` or `en-US`")
    )]
    language: String,
}

impl Module for Language {
    const NAME: &'static str = "language";
    type Progress = ();

    async fn run(
        &self,
        call: &mut Call,
        _: &Node,
        _: &mut Self::Progress,
    ) -> Result<Flow, Interrupt> {
        call.set_language(&self.language.to_lowercase());
        Ok(Flow::Next)
    }
}
