//! Placeholder: the media branch replaces this file whole.
use crate::call::ops::Tone;
use std::time::Duration;
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clip {
    pub uri: String,
    pub duration: Duration,
}
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct MediaError {
    pub what: String,
    pub why: String,
}
#[derive(Debug, Clone)]
pub struct Media;
pub struct Pcm;
pub struct Kind {
    pub content_type: Option<String>,
    pub extension: Option<String>,
}
pub fn decode(_: Vec<u8>, _: &Kind) -> Result<Pcm, String> {
    Err(String::new())
}
impl Media {
    pub async fn fetch(&self, url: &str) -> Result<Clip, MediaError> {
        Err(MediaError {
            what: url.into(),
            why: "not here yet".into(),
        })
    }
    pub async fn keep(&self, _: &str, _: Pcm) -> Result<Clip, MediaError> {
        self.fetch("").await
    }
    pub async fn silence(&self, _: Duration) -> Result<Clip, MediaError> {
        self.fetch("silence").await
    }
    pub async fn tone(&self, _: &Tone) -> Result<Clip, MediaError> {
        self.fetch("tone").await
    }
}
