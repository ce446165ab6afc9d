//! Which instructions a call gets: the arguments of `Stasis(pivot,…)`, then the
//! `[[route]]`s, then the stored callflows, then `[default]`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::ari::Channel;
use crate::call::ops::BACK;
use crate::config::{BodyFormat, Config, Method, OnEnd, Profile, ReqFormat, Route};
use crate::id::AccountId;
use crate::patterns::Pattern;
use crate::program::Pivot;

/// Where a call's instructions come from, and how they are run.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub source: Source,
    pub manner: Manner,
    /// The number, for the web application.
    pub to: Option<String>,
    pub internal: bool,
    /// None = the configuration's own.
    pub account: Option<AccountId>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    Pivot(Pivot),
    /// A file of the configuration.
    CallflowFile(PathBuf),
    /// A stored callflow, by its id or name.
    Callflow(String),
    /// The stored callflow that takes this number; else what `[default]` says.
    Number(String, Option<Box<Source>>),
}

impl Source {
    /// Whether a web server is asked, unless a stored callflow takes the call.
    pub fn asks(&self) -> bool {
        match self {
            Self::Pivot(_) => true,
            Self::Number(_, otherwise) => otherwise.as_ref().is_some_and(|source| source.asks()),
            Self::CallflowFile(_) | Self::Callflow(_) => false,
        }
    }
}

/// What holds for all documents of the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manner {
    pub profile: Profile,
    pub verb_method: Method,
    pub strict: bool,
    pub on_end: OnEnd,
    pub status_callback: Option<String>,
    pub status_callback_method: Method,
}

/// Why a call has no instructions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    #[error("its caller was referred, and the call that waited for that is over")]
    Referred,
    #[error("Stasis(pivot,…): {0}")]
    Argument(String),
}

/// The keys of `[default]` that a dialplan argument may give.
const KEYS: &[&str] = &[
    "voice_url",
    "callflow",
    "account",
    "method",
    "fallback_url",
    "fallback_method",
    "req_format",
    "req_body_format",
    "req_timeout_ms",
    "cdr_url",
    "status_callback",
    "status_callback_method",
    "profile",
    "verb_method",
    "strict",
    "on_end",
    "debug",
    "to",
    "internal",
];

/// Finds the plan of a call.
pub fn plan(config: &Config, channel: &Channel, args: &[String]) -> Result<Plan, RouteError> {
    if args.first().is_some_and(|word| word == BACK) {
        return Err(RouteError::Referred);
    }
    let arguments = Arguments::read(args)?;
    let number = arguments
        .get("to")
        .unwrap_or(&channel.dialplan.exten)
        .to_owned();
    let named = arguments.get("voice_url").is_some() || arguments.get("callflow").is_some();
    let route = if named {
        None
    } else {
        config.routes.iter().find(|route| takes(route, &number))
    };
    let claimed = named || route.is_some();
    let mut route = inherit(route.cloned().unwrap_or_default(), &config.default, claimed);
    arguments.apply(&mut route)?;
    let to = arguments.get("to").map(str::to_owned);
    let internal = arguments
        .get("internal")
        .map(|value| flag("internal", value))
        .transpose()?
        .unwrap_or(false);
    let account = route
        .account
        .as_deref()
        .map(|id| AccountId::parse(id).ok_or_else(|| bad("account", id, "32 hex digits")))
        .transpose()?;
    let source = match (arguments.get("callflow"), &route.voice_url, &route.callflow) {
        (Some(id), _, _) => Some(Source::Callflow(id.to_owned())),
        (None, Some(url), _) => Some(Source::Pivot(pivot(&route, url))),
        (None, None, Some(path)) => Some(Source::CallflowFile(path.clone())),
        (None, None, None) => None,
    };
    let source = match source {
        Some(source) if claimed => source,
        otherwise => Source::Number(number, otherwise.map(Box::new)),
    };
    Ok(Plan {
        source,
        manner: manner(&route),
        to,
        internal,
        account,
    })
}

/// What a route, or `[default]`, says of all documents of its calls.
pub(super) fn manner(route: &Route) -> Manner {
    Manner {
        profile: route.profile.unwrap_or(Profile::Pivot),
        verb_method: route.verb_method.unwrap_or(Method::Post),
        strict: route.strict.unwrap_or(false),
        on_end: route.on_end.unwrap_or(OnEnd::Hangup),
        status_callback: route.status_callback.clone(),
        status_callback_method: route.status_callback_method.unwrap_or(Method::Post),
    }
}

fn takes(route: &Route, number: &str) -> bool {
    route.numbers.iter().any(|n| n == number)
        || route
            .patterns
            .iter()
            .any(|pattern| Pattern::new(pattern).is_ok_and(|pattern| pattern.is_match(number)))
}

/// Keys not given are those of `[default]`; what says where instructions come
/// from is not inherited by a route that says it itself.
fn inherit(route: Route, default: &Route, says_where: bool) -> Route {
    let own = route.voice_url.is_some() || route.callflow.is_some();
    Route {
        numbers: Vec::new(),
        patterns: Vec::new(),
        account: route.account.or_else(|| default.account.clone()),
        voice_url: if own || says_where && route.callflow.is_some() {
            route.voice_url
        } else {
            default.voice_url.clone()
        },
        callflow: if own {
            route.callflow
        } else {
            default.callflow.clone()
        },
        method: route.method.or(default.method),
        fallback_url: route.fallback_url.or_else(|| default.fallback_url.clone()),
        fallback_method: route.fallback_method.or(default.fallback_method),
        req_format: route.req_format.or(default.req_format),
        req_body_format: route.req_body_format.or(default.req_body_format),
        req_timeout_ms: route.req_timeout_ms.or(default.req_timeout_ms),
        custom_request_headers: if route.custom_request_headers.is_empty() {
            default.custom_request_headers.clone()
        } else {
            route.custom_request_headers
        },
        cdr_url: route.cdr_url.or_else(|| default.cdr_url.clone()),
        status_callback: route
            .status_callback
            .or_else(|| default.status_callback.clone()),
        status_callback_method: route
            .status_callback_method
            .or(default.status_callback_method),
        profile: route.profile.or(default.profile),
        verb_method: route.verb_method.or(default.verb_method),
        strict: route.strict.or(default.strict),
        on_end: route.on_end.or(default.on_end),
        debug: route.debug.or(default.debug),
    }
}

fn pivot(route: &Route, url: &str) -> Pivot {
    Pivot {
        voice_url: url.to_owned(),
        method: route.method.unwrap_or(Method::Post),
        req_format: route.req_format.unwrap_or(ReqFormat::Twiml),
        req_body_format: route.req_body_format.unwrap_or(BodyFormat::Form),
        req_timeout_ms: route.req_timeout_ms,
        custom_request_headers: route.custom_request_headers.clone().into_iter().collect(),
        cdr_url: route.cdr_url.clone(),
        fallback_url: route.fallback_url.clone(),
        fallback_method: route.fallback_method.unwrap_or(Method::Post),
        debug: route.debug.unwrap_or(false),
    }
}

/// The arguments after the application's name, as `key=value`.
struct Arguments(Vec<(&'static str, String)>);

impl Arguments {
    /// Asterisk splits at commas, those of a URL as well: what follows a URL and
    /// is no known `key=` belongs to it.
    fn read(args: &[String]) -> Result<Self, RouteError> {
        let mut read: Vec<(&'static str, String)> = Vec::new();
        for arg in args {
            let known = arg.split_once('=').and_then(|(key, value)| {
                KEYS.iter()
                    .find(|known| **known == key.trim())
                    .map(|known| (*known, value))
            });
            if let Some((key, value)) = known {
                read.push((key, value.trim().to_owned()));
            } else if let Some((key, last)) = read.last_mut()
                && key.ends_with("url")
            {
                last.push(',');
                last.push_str(arg);
            } else if is_url(arg) {
                read.push(("voice_url", arg.trim().to_owned()));
            } else if !arg.trim().is_empty() {
                return Err(RouteError::Argument(format!(
                    "{arg:?} is no URL and no key=value; the keys are {}",
                    KEYS.join(", ")
                )));
            }
        }
        Ok(Self(read))
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(k, _)| *k == key)
            .map(|(_, value)| value.as_str())
    }

    fn apply(&self, route: &mut Route) -> Result<(), RouteError> {
        for (key, value) in &self.0 {
            let text = || Some(value.clone());
            match *key {
                "voice_url" => {
                    route.voice_url = text();
                    route.callflow = None;
                }
                "callflow" => route.voice_url = None,
                "account" => route.account = text(),
                "method" => route.method = Some(method(key, value)?),
                "fallback_url" => route.fallback_url = text(),
                "fallback_method" => route.fallback_method = Some(method(key, value)?),
                "req_format" => route.req_format = Some(word(key, value, "twiml or kazoo")?),
                "req_body_format" => {
                    route.req_body_format = Some(word(key, value, "form or json")?)
                }
                "req_timeout_ms" => {
                    let ms = value
                        .parse()
                        .map_err(|_| bad(key, value, "a number of milliseconds"))?;
                    route.req_timeout_ms = Some(ms);
                }
                "cdr_url" => route.cdr_url = text(),
                "status_callback" => route.status_callback = text(),
                "status_callback_method" => {
                    route.status_callback_method = Some(method(key, value)?)
                }
                "profile" => route.profile = Some(word(key, value, "pivot or twilio")?),
                "verb_method" => route.verb_method = Some(method(key, value)?),
                "strict" => route.strict = Some(flag(key, value)?),
                "on_end" => route.on_end = Some(word(key, value, "hangup or continue")?),
                "debug" => route.debug = Some(flag(key, value)?),
                _ => {}
            }
        }
        Ok(())
    }
}

fn is_url(text: &str) -> bool {
    let text = text.trim_start().to_ascii_lowercase();
    text.starts_with("http://") || text.starts_with("https://")
}

fn bad(key: &str, value: &str, expected: &str) -> RouteError {
    RouteError::Argument(format!("{key}={value}: write {expected}"))
}

fn flag(key: &str, value: &str) -> Result<bool, RouteError> {
    match value.to_ascii_lowercase().as_str() {
        "yes" | "true" | "1" | "on" => Ok(true),
        "no" | "false" | "0" | "off" => Ok(false),
        _ => Err(bad(key, value, "yes or no")),
    }
}

fn method(key: &str, value: &str) -> Result<Method, RouteError> {
    word(key, value, "get or post")
}

fn word<T: serde::de::DeserializeOwned>(
    key: &str,
    value: &str,
    expected: &str,
) -> Result<T, RouteError> {
    serde_json::from_value(value.to_ascii_lowercase().into()).map_err(|_| bad(key, value, expected))
}

#[cfg(test)]
mod tests;
