//! Audio files of customers' servers, cached as HTTP says.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{Request, Response};
use http_cache_semantics::{AfterResponse, BeforeRequest, CachePolicy};
use url::Url;

use super::MediaError;
use super::decode::Kind;
use crate::clock::{self, Time};
use crate::web::{Answer, Outgoing, Policy, Web, shown};

/// URLs that are remembered; the longest unused are forgotten first.
const REMEMBERED: usize = 10_000;

/// Twilio's code for an answer that is none.
const NOT_RETRIEVED: u32 = 11200;

/// What is known of the files at URLs.
#[derive(Default)]
pub(super) struct Known {
    urls: Mutex<HashMap<String, Entry>>,
}

#[derive(Clone)]
struct Entry {
    policy: CachePolicy,
    /// The file in the folder, without extension.
    name: String,
    used: Time,
}

/// What a request brought.
pub(super) enum Fetched {
    /// The file that is in the folder already.
    Same(String),
    New(Box<(Answer, CachePolicy)>),
}

impl Known {
    /// The name of the file at `url`, if it may be used without asking.
    pub(super) fn fresh(&self, url: &str) -> Option<String> {
        let mut urls = self.urls.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = urls.get_mut(url)?;
        entry.used = clock::now();
        let request = get(url).ok()?;
        match entry.policy.before_request(&request, wall()) {
            BeforeRequest::Fresh(_) => Some(entry.name.clone()),
            BeforeRequest::Stale { .. } => None,
        }
    }

    /// Asks the server, with what lets it answer that nothing changed.
    pub(super) async fn ask(&self, web: &Web, url: &str) -> Result<Fetched, MediaError> {
        let fail = |why: String| MediaError::new(&shown(url), why);
        let request = get(url).map_err(fail)?;
        let known = {
            let urls = self.urls.lock().unwrap_or_else(PoisonError::into_inner);
            urls.get(url).cloned()
        };
        let mut out = Outgoing::new(http::Method::GET, url, Policy::media());
        if let Some(entry) = &known
            && let BeforeRequest::Stale { request, .. } =
                entry.policy.before_request(&request, wall())
        {
            for (name, value) in &request.headers {
                if let Ok(value) = value.to_str() {
                    out = out.header(name.as_str(), value);
                }
            }
        }
        let answer = web
            .send(out, None)
            .await
            .map_err(|e| fail(e.failure.to_string()).with_code(e.code()))?;
        let mut response = Response::new(());
        *response.headers_mut() = answer.headers.clone();
        *response.status_mut() =
            http::StatusCode::from_u16(answer.status).map_err(|e| fail(e.to_string()))?;
        if let Some(entry) = known
            && answer.status == 304
        {
            let policy = match entry.policy.after_response(&request, &response, wall()) {
                AfterResponse::NotModified(policy, _) | AfterResponse::Modified(policy, _) => {
                    policy
                }
            };
            self.remember(url, policy, entry.name.clone());
            return Ok(Fetched::Same(entry.name));
        }
        if !answer.is_success() {
            let failed = fail(format!("the server answered {}", answer.status));
            return Err(failed.with_code(NOT_RETRIEVED));
        }
        let policy = CachePolicy::new(&request, &response);
        Ok(Fetched::New(Box::new((answer, policy))))
    }

    pub(super) fn remember(&self, url: &str, policy: CachePolicy, name: String) {
        let mut urls = self.urls.lock().unwrap_or_else(PoisonError::into_inner);
        if !policy.is_storable() {
            urls.remove(url);
            return;
        }
        if urls.len() >= REMEMBERED {
            let mut used: Vec<_> = urls.values().map(|entry| entry.used).collect();
            used.sort_unstable();
            let middle = used.get(used.len() / 2).copied();
            urls.retain(|_, entry| Some(entry.used) > middle);
        }
        let used = clock::now();
        urls.insert(url.to_owned(), Entry { policy, name, used });
    }

    /// Asks the server anew next time, whatever it said.
    pub(super) fn forget(&self, url: &str) {
        let mut urls = self.urls.lock().unwrap_or_else(PoisonError::into_inner);
        urls.remove(url);
    }
}

/// What an answer says of its own kind.
pub(super) fn kind(answer: &Answer) -> Kind {
    let extension = |path: &str| {
        let name = path.rsplit('/').next()?;
        let (_, extension) = name.rsplit_once('.')?;
        Some(extension.to_ascii_lowercase())
    };
    Kind {
        content_type: answer.media_type(),
        extension: extension(answer.url.path()),
    }
}

/// The request as the cache sees it. Documents may write spaces and accents in
/// a URL, which are encoded as they are when it is sent.
fn get(url: &str) -> Result<Request<()>, String> {
    let mut url = Url::parse(url.trim()).map_err(|e| e.to_string())?;
    url.set_fragment(None);
    let request = Request::get(url.as_str()).body(());
    request.map_err(|e| e.to_string())
}

/// The time in the terms of HTTP, following virtual time.
fn wall() -> SystemTime {
    let millis = u64::try_from(clock::now().0).unwrap_or(0);
    UNIX_EPOCH + Duration::from_millis(millis)
}

/// The key of a fetched file in the folder: its bytes, so that a changed file
/// gets a new name and is never mixed up with what Asterisk has cached.
pub(super) fn key(body: &[u8], kind: &Kind) -> String {
    use sha2::{Digest, Sha256};
    let hash: String = Sha256::digest(body)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    format!("file {hash} {kind:?}")
}
