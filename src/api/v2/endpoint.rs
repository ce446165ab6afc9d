//! One endpoint of the API: what is asked, who may, and what runs.

use std::pin::Pin;

use serde_json::Value;

use super::ask::Ask;
use super::refusal::Refusal;
use super::reply::Reply;
use super::resource::Resource;

/// Of HTTP, or of `verb` in a POST.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verb {
    Get,
    Put,
    Post,
    Patch,
    Delete,
}

impl Verb {
    pub(super) const ALL: [Self; 5] = [Self::Get, Self::Put, Self::Post, Self::Patch, Self::Delete];

    pub(super) fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|verb| verb.name().eq_ignore_ascii_case(name))
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Where it is, and who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// `/v2/accounts/{account}/PATH`, and `/v2/PATH` for the account of the token.
    Account,
    /// `/v2/PATH`, for everybody with a token.
    Known,
    /// `/v2/PATH`, for everybody.
    Open,
}

/// What its answer has, for the OpenAPI document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gives {
    /// One document.
    One,
    /// Some of many, page by page.
    Page,
    Sound,
}

pub(super) type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, Refusal>> + Send + 'a>>;

pub(super) type Run = for<'a> fn(&'a Ask) -> Doing<'a, Reply>;

/// One verb at one path.
pub(super) struct Endpoint {
    pub(super) verb: Verb,
    pub(super) scope: Scope,
    /// Below the scope, with `{…}` for what differs.
    pub(super) path: String,
    /// One sentence.
    pub(super) does: String,
    /// The JSON Schema of `data`; none = it takes no JSON.
    pub(super) takes: Option<fn(Option<&'static Resource>) -> Value>,
    /// A sound as the body.
    pub(super) takes_sound: bool,
    pub(super) gives: Gives,
    /// Something new is there afterwards.
    pub(super) creates: bool,
    pub(super) resource: Option<&'static Resource>,
    pub(super) run: Run,
}

impl Endpoint {
    pub(super) fn new(
        verb: Verb,
        path: impl Into<String>,
        does: impl Into<String>,
        run: Run,
    ) -> Self {
        Self {
            verb,
            scope: Scope::Account,
            path: path.into(),
            does: does.into(),
            takes: None,
            takes_sound: false,
            gives: Gives::One,
            creates: verb == Verb::Put,
            resource: None,
            run,
        }
    }

    pub(super) fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    pub(super) fn takes(mut self, schema: fn(Option<&'static Resource>) -> Value) -> Self {
        self.takes = Some(schema);
        self
    }

    pub(super) fn takes_sound(mut self, takes: bool) -> Self {
        self.takes_sound = takes;
        self
    }

    pub(super) fn gives(mut self, gives: Gives) -> Self {
        self.gives = gives;
        self
    }

    /// A PUT that creates nothing.
    pub(super) fn acts(mut self) -> Self {
        self.creates = false;
        self
    }

    pub(super) fn of(mut self, resource: &'static Resource) -> Self {
        self.resource = Some(resource);
        self
    }

    /// The whole path, as the OpenAPI document has it.
    pub(super) fn whole_path(&self) -> String {
        match (self.scope, self.path.as_str()) {
            (Scope::Account, "") => "/v2/accounts/{account}".into(),
            (Scope::Account, path) => format!("/v2/accounts/{{account}}/{path}"),
            (_, path) => format!("/v2/{path}"),
        }
    }
}
