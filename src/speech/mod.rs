//! Placeholder: the media branch replaces this file whole.
use crate::{
    call::ops::Utterance,
    media::{Clip, MediaError},
};
pub struct Speech;
impl Speech {
    pub async fn say(&self, u: &Utterance) -> Result<Clip, MediaError> {
        Err(MediaError {
            what: u.text.clone(),
            why: "not here yet".into(),
        })
    }
}
