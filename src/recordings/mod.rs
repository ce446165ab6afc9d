//! Placeholder: the media branch replaces this file whole.
use crate::config;
use crate::{
    call::ops::{AudioFormat, RecordingRef, Upload},
    clock::Time,
    web::Web,
};
use bytes::Bytes;
pub struct Recordings;
#[derive(Debug, Clone, Copy)]
pub enum Source {
    RecordVerb,
    DialVerb,
    RecordCall,
}
/// A finished recording that is taken over.
pub struct Job {
    pub sid: String,
    pub call_sid: String,
    pub source: Source,
    pub began: Time,
    pub trim: bool,
}
pub struct UploadFacts {
    pub call_id: String,
    pub from: String,
    pub to: String,
    pub caller_name: String,
    pub account_id: String,
    pub media_name: Option<String>,
    pub began: Time,
}
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct RecordingsError;
impl Recordings {
    pub fn new(_: &config::Recordings, _: &config::Http, _: &str) -> Result<Self, RecordingsError> {
        Ok(Self)
    }
    /// One file, or the caller's and the callee's, which become one stereo recording.
    pub async fn take(
        &self,
        _: Job,
        _: Vec<Bytes>,
    ) -> Result<RecordingRef, crate::media::MediaError> {
        Err(crate::media::MediaError {
            what: String::new(),
            why: String::new(),
        })
    }
    pub async fn delete(&self, _: &str) -> Result<(), crate::media::MediaError> {
        Ok(())
    }
    /// Sends it; tells where to.
    pub async fn upload(
        &self,
        _: &Web,
        _: &str,
        _: AudioFormat,
        _: &Upload,
        _: &UploadFacts,
    ) -> Result<String, crate::media::MediaError> {
        Ok(String::new())
    }
}
