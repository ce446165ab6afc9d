//! Requests about playbacks and recordings.

use std::time::Duration;

use http::Method;

use super::{Request, segment};

impl Request {
    /// Of a playback that begins: it starts so far into the sound, and each winding
    /// goes so far.
    pub fn winding(mut self, from: Duration, step: Duration) -> Self {
        if let Some(body) = &mut self.body {
            body["offsetms"] = u64::try_from(from.as_millis()).unwrap_or(0).into();
            body["skipms"] = u64::try_from(step.as_millis()).unwrap_or(0).into();
        }
        self
    }

    /// Winds a playback: `forward` or `reverse`.
    pub fn control_playback(id: &str, operation: &str) -> Self {
        let path = format!("playbacks/{}/control", segment(id));
        Self::new(Method::POST, path).with("operation", operation)
    }

    pub fn get_playback(id: &str) -> Self {
        Self::new(Method::GET, format!("playbacks/{}", segment(id)))
    }

    pub fn stop_playback(id: &str) -> Self {
        Self::new(Method::DELETE, format!("playbacks/{}", segment(id)))
    }

    // Recordings

    pub fn get_live_recording(name: &str) -> Self {
        Self::new(Method::GET, format!("recordings/live/{}", segment(name)))
    }

    pub fn stop_recording(name: &str) -> Self {
        Self::new(
            Method::POST,
            format!("recordings/live/{}/stop", segment(name)),
        )
    }

    pub fn recording_file(name: &str) -> Self {
        let mut request = Self::new(
            Method::GET,
            format!("recordings/stored/{}/file", segment(name)),
        );
        request.timeout = Duration::from_secs(300);
        request
    }

    pub fn delete_recording(name: &str) -> Self {
        Self::new(
            Method::DELETE,
            format!("recordings/stored/{}", segment(name)),
        )
    }

    // Bridges
}
