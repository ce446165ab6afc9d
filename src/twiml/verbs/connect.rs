//! `<Connect>` gives the caller to a service: a stream of audio, a conversation in
//! words, a bot. None of them is done yet: each is read, checked and warned about,
//! and ends at once as one that failed.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `action` | none | the document that the call goes on with; without it the next verb runs |
//! | `method` | POST | `GET` or `POST` |
//!
//! | noun | told to `action` |
//! |---|---|
//! | `<Stream>` | nothing of its own |
//! | `<ConversationRelay>` | `SessionStatus=failed`, `SessionId`, `SessionDuration`, `ErrorCode`, `ErrorMessage` |
//! | `<VirtualAgent>` | `VirtualAgentStatus=failed`, `VirtualAgentError`, `VirtualAgentErrorCode` |
//!
//! `<AiSession>`, `<Assistant>`, `<Autopilot>`, `<Conversation>`,
//! `<ConversationRelaySession>` and `<Room>` exist at Twilio only: they are skipped
//! and the next verb runs.
//!
//! ```xml
//! <Response><Connect action="/after"><Stream url="wss://example.com/audio"/></Connect></Response>
//! ```

use super::Verb;
use crate::call::{Call, Interrupt};
use crate::config::Method;
use crate::id;
use crate::program::{Flow, Request};
use crate::report::{Differs, Report};
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::nouns::{conversation_relay, stream, virtual_agent};
use crate::twiml::{error, later};

/// Twilio's code for a WebSocket that cannot be opened.
const NOT_CONNECTED: &str = "39001";
const WHY: &str = "this server does not do this yet";

/// Only at Twilio.
const ELSEWHERE: &[&str] = &[
    "AiSession",
    "Assistant",
    "Autopilot",
    "Conversation",
    "ConversationRelaySession",
    "Room",
];

const NOUNS: &[&str] = &["ConversationRelay", "Stream", "VirtualAgent"];

#[derive(Debug, Clone, PartialEq)]
pub struct Connect {
    pub action: Option<String>,
    pub method: Option<Method>,
    /// None = with nothing that could be had here.
    pub noun: Option<Noun>,
}

/// With what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noun {
    Stream,
    ConversationRelay,
    VirtualAgent,
}

impl Verb for Connect {
    const NAME: &'static str = "Connect";
    type Progress = ();

    fn read(element: &Element, report: &mut Report) -> Self {
        let mut attributes = Attributes::of(element, report);
        let action = attributes.url("action");
        let method = attributes.method("method", error::SCHEMA);
        attributes.finish();
        attr::no_text(element, report);
        let mut noun = None;
        for (number, child) in element.elements().enumerate() {
            if number > 0 {
                report
                    .warn(
                        error::SCHEMA,
                        child.span.clone(),
                        format!("`<{}>` is a second noun and is skipped", child.name),
                    )
                    .help("give it a `<Connect>` of its own");
            } else {
                noun = Noun::read(child, element, report);
            }
        }
        if element.elements().next().is_none() {
            report
                .warn(
                    error::SCHEMA,
                    element.span.clone(),
                    "a `<Connect>` without a noun connects with nothing",
                )
                .help("write one inside, as in `<Stream url=\"wss://…\"/>`");
        }
        Self {
            action,
            method,
            noun,
        }
    }

    async fn run(&self, call: &mut Call, _at: &mut ()) -> Result<Flow, Interrupt> {
        let Some(noun) = self.noun else {
            return Ok(Flow::Next);
        };
        call.answer().await?;
        call.warn(format!(
            "<Connect><{noun:?}> is not done yet and has failed"
        ));
        let Some(url) = &self.action else {
            return Ok(Flow::Next);
        };
        Ok(Flow::Fetch(Request {
            url: url.clone(),
            method: self.method,
            params: noun.failed(),
            why: "Connect action".into(),
        }))
    }
}

impl Noun {
    fn read(element: &Element, connect: &Element, report: &mut Report) -> Option<Self> {
        let name = element.name.as_str();
        let noun = match name {
            "Stream" => {
                stream::check(element, true, report);
                Some(Self::Stream)
            }
            "ConversationRelay" => {
                conversation_relay::check(element, report);
                Some(Self::ConversationRelay)
            }
            "VirtualAgent" => {
                virtual_agent::check(element, report);
                Some(Self::VirtualAgent)
            }
            _ if ELSEWHERE.contains(&name) => {
                report
                    .warn(
                        error::SCHEMA,
                        element.span.clone(),
                        format!("`<{name}>` exists at Twilio only and is skipped"),
                    )
                    .help("the next verb runs")
                    .differs(Differs::Ignored);
                return None;
            }
            _ => {
                attr::stranger(element, connect, NOUNS, error::SCHEMA, report);
                return None;
            }
        };
        later::warn(
            report,
            element.span.clone(),
            &format!("`<{name}>` in `<Connect>`"),
        );
        noun
    }

    /// What `action` is told.
    fn failed(self) -> Vec<(String, String)> {
        let told = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect()
        };
        match self {
            Self::Stream => Vec::new(),
            Self::ConversationRelay => told(&[
                ("SessionId", &id::secret_sid("VX")),
                ("SessionStatus", "failed"),
                ("SessionDuration", "0"),
                ("ErrorCode", NOT_CONNECTED),
                ("ErrorMessage", WHY),
            ]),
            Self::VirtualAgent => told(&[
                ("VirtualAgentStatus", "failed"),
                ("VirtualAgentError", WHY),
                ("VirtualAgentErrorCode", NOT_CONNECTED),
            ]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Connect, Noun};
    use crate::config::Method;
    use crate::twiml::verbs::reading::read;

    #[test]
    fn its_noun_is_read_and_said_to_be_missing() {
        for (inside, noun) in [
            ("<Stream url='wss://x.example/'/>", Noun::Stream),
            (
                "<ConversationRelay url='wss://x.example/'/>",
                Noun::ConversationRelay,
            ),
            ("<VirtualAgent connectorName='x'/>", Noun::VirtualAgent),
        ] {
            let (connect, codes) = read::<Connect>(&format!(
                "<Connect action='/a' method='GET'>{inside}</Connect>"
            ));
            assert_eq!((connect.noun, codes), (Some(noun), vec![12200]), "{inside}");
            assert_eq!(
                (connect.action.as_deref(), connect.method),
                (Some("/a"), Some(Method::Get))
            );
        }
    }

    #[test]
    fn what_cannot_be_had_is_skipped() {
        for inside in [
            "",
            "<Room>a</Room>",
            "<Conversation/>",
            "<AiSession/>",
            "<Say>a</Say>",
        ] {
            let (connect, codes) = read::<Connect>(&format!("<Connect>{inside}</Connect>"));
            assert_eq!((connect.noun, codes), (None, vec![12200]), "{inside}");
        }
        let (connect, codes) =
            read::<Connect>("<Connect method='PUT'><Stream url='wss://x/'/><Room/></Connect>");
        assert_eq!((connect.method, codes), (None, vec![12200, 12200, 12200]));
    }
}
