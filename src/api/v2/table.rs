//! All endpoints. What has no endpoints of its own is a line in `resource`; what
//! has is a file with `endpoints`, and a line here.

use std::sync::LazyLock;

use percent_encoding::percent_decode_str;

use super::endpoint::{Endpoint, Scope, Verb};
use super::refusal::Refusal;
use super::resource::RESOURCES;
use super::{
    accounts, agents, channels, conference_actions, credentials, crud, media, messages, openapi,
    owned, participants, phones, pivot_debug, queue_stats, queues, quickcall, recordings, schemas,
    tokens, user_auth, webhooks,
};

/// Every file that has endpoints beside those of its resource.
const OTHERS: &[fn() -> Vec<Endpoint>] = &[
    accounts::endpoints,
    agents::endpoints,
    channels::endpoints,
    conference_actions::endpoints,
    credentials::endpoints,
    media::endpoints,
    messages::endpoints,
    openapi::endpoints,
    owned::endpoints,
    participants::endpoints,
    phones::endpoints,
    pivot_debug::endpoints,
    queue_stats::endpoints,
    queues::endpoints,
    quickcall::endpoints,
    recordings::endpoints,
    schemas::endpoints,
    tokens::endpoints,
    user_auth::endpoints,
    webhooks::endpoints,
];

static TABLE: LazyLock<Vec<Endpoint>> = LazyLock::new(|| {
    let plain = RESOURCES.iter().flat_map(crud::endpoints);
    plain
        .chain(OTHERS.iter().flat_map(|endpoints| endpoints()))
        .collect()
});

pub(super) fn all() -> &'static [Endpoint] {
    &TABLE
}

/// What a URL means.
pub(super) struct Found {
    /// The account as the URL has it; none = it has none.
    pub(super) account: Option<String>,
    /// What stands in the place of each `{…}` of the path.
    pub(super) ids: Vec<String>,
    endpoints: Vec<&'static Endpoint>,
}

/// An id longer than this, or with control characters, is nobody's.
const LONGEST_ID: usize = 128;

impl Found {
    /// Looks a URL up; none = nothing is there, whatever the verb.
    pub(super) fn at(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("/v2")?.strip_prefix('/')?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let parts: Vec<&str> = rest.split('/').collect();
        if let ["accounts", account, rest @ ..] = parts.as_slice() {
            let account = percent_decode_str(account).decode_utf8_lossy().into_owned();
            return Self::best(rest, Some(account), |scope| scope == Scope::Account);
        }
        Self::best(&parts, None, |scope| scope != Scope::Account)
            .or_else(|| Self::best(&parts, None, |scope| scope == Scope::Account))
    }

    /// The endpoints of the path that fits best: a word is better than `{…}`.
    fn best(parts: &[&str], account: Option<String>, fits: fn(Scope) -> bool) -> Option<Self> {
        let among = all().iter().filter(|endpoint| fits(endpoint.scope));
        let mut fitting: Vec<(Vec<bool>, &'static Endpoint)> = among
            .filter_map(|endpoint| Some((words(&endpoint.path, parts)?, endpoint)))
            .collect();
        let best = fitting.iter().map(|(words, _)| words).max()?.clone();
        fitting.retain(|(words, _)| *words == best);
        let ids = parts.iter().zip(&best).filter(|(_, is_word)| !**is_word);
        let decoded = ids.map(|(part, _)| percent_decode_str(part).decode_utf8_lossy().into());
        Some(Self {
            account,
            ids: decoded.collect(),
            endpoints: fitting.into_iter().map(|(_, endpoint)| endpoint).collect(),
        })
    }

    pub(super) fn verbs(&self) -> Vec<Verb> {
        self.endpoints
            .iter()
            .map(|endpoint| endpoint.verb)
            .collect()
    }

    /// Whether nobody needs a token here.
    pub(super) fn is_open(&self) -> bool {
        self.endpoints.iter().all(|e| e.scope == Scope::Open)
    }

    pub(super) fn takes_sound(&self) -> bool {
        self.endpoints.iter().any(|endpoint| endpoint.takes_sound)
    }

    pub(super) fn endpoint(&self, verb: Verb) -> Result<&'static Endpoint, Refusal> {
        let strange = |id: &&String| id.len() > LONGEST_ID || id.contains(char::is_control);
        if let Some(id) = self.ids.iter().find(strange) {
            return Err(Refusal::unknown(
                &id.chars().take(LONGEST_ID).collect::<String>(),
            ));
        }
        let mut endpoints = self.endpoints.iter();
        endpoints
            .find(|endpoint| endpoint.verb == verb)
            .copied()
            .ok_or_else(|| {
                let possible: Vec<&str> = self.verbs().iter().map(|verb| verb.name()).collect();
                Refusal::method(verb.name(), &possible)
            })
    }
}

/// Which parts of a URL are words of the path; none = it is another path's.
fn words(path: &str, parts: &[&str]) -> Option<Vec<bool>> {
    if path.is_empty() {
        return parts.is_empty().then(Vec::new);
    }
    let pieces: Vec<&str> = path.split('/').collect();
    if pieces.len() != parts.len() {
        return None;
    }
    let fit = |(piece, part): (&&str, &&str)| match piece.starts_with('{') {
        true => (!part.is_empty()).then_some(false),
        false => (piece == part).then_some(true),
    };
    pieces.iter().zip(parts).map(fit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(path: &str) -> Vec<String> {
        let found = Found::at(path)
            .map(|found| found.endpoints)
            .unwrap_or_default();
        let mut paths: Vec<String> = found.iter().map(|e| e.whole_path()).collect();
        paths.dedup();
        paths
    }

    #[test]
    fn a_word_is_found_before_an_id() {
        assert_eq!(
            paths("/v2/media/prompts"),
            ["/v2/accounts/{account}/media/prompts"]
        );
        assert_eq!(paths("/v2/media/x"), ["/v2/accounts/{account}/media/{id}"]);
        assert_eq!(
            paths("/v2/accounts/a/media/x/raw"),
            ["/v2/accounts/{account}/media/{id}/raw"]
        );
        assert_eq!(paths("/v2/accounts/a"), ["/v2/accounts/{account}"]);
        assert_eq!(paths("/v2/accounts/"), ["/v2/accounts"]);
        for nothing in [
            "/v2",
            "/v2/",
            "/v2//",
            "/v2/x",
            "/v2/media//raw",
            "/v3/media",
            "/v2media",
        ] {
            assert!(paths(nothing).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn an_encoded_slash_belongs_to_the_id() {
        let found = Found::at("/v2/media/en-us%2Fvm-enter_pass/raw").unwrap();
        assert_eq!(found.ids, ["en-us/vm-enter_pass"]);
    }

    #[test]
    fn no_verb_is_there_twice_at_a_path() {
        let mut seen = std::collections::HashSet::new();
        for endpoint in all() {
            assert!(
                seen.insert((endpoint.verb.name(), endpoint.whole_path())),
                "{} {}",
                endpoint.verb.name(),
                endpoint.whole_path()
            );
            assert!(endpoint.does.ends_with('.'), "{}", endpoint.does);
        }
    }
}
