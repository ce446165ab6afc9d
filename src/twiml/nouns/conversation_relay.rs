//! `<ConversationRelay>` has a WebSocket server talk with the caller in words. It
//! is read and checked; it is not done yet.
//!
//! | attribute | default | |
//! |---|---|---|
//! | `url` | required | `wss:` or `ws:` |
//! | `welcomeGreeting` | none | |
//! | `welcomeGreetingInterruptible`, `interruptible` | `any` | `none`, `dtmf`, `speech`; `true` and `false` |
//! | `reportInputDuringAgentSpeech` | `none` | the same words |
//! | `interruptSensitivity` | `high` | `medium`, `low` |
//! | `language` | `en-US` | or `multi` |
//! | `ttsLanguage`, `transcriptionLanguage` | `language` | |
//! | `ttsProvider` | `ElevenLabs` | `Google`, `Amazon` |
//! | `transcriptionProvider` | `Deepgram` | `Google` |
//! | `voice`, `speechModel` | the provider's | |
//! | `preemptible`, `dtmfDetection`, `partialPrompts` | false | |
//! | `profanityFilter`, `deepgramSmartFormat` | true | |
//! | `elevenlabsTextNormalization` | `off` | `on`, `auto` |
//! | `hints` | none | |
//! | `debug` | none | `debugging`, `speaker-events`, `tokens-played` |
//!
//! Newer ones, as `ignoreBackchannel` or `turnDetection`, and the ids of Twilio's
//! services are accepted. Names are read in any case, since
//! Twilio's own library for Node writes some in lower case. Inside: `<Language>`
//! and `<Parameter>`.

use super::stream;
use crate::report::Report;
use crate::twiml::attr::{self, Attributes};
use crate::twiml::element::Element;
use crate::twiml::{error, parameter};

/// Twilio's codes for the speech that is asked for, and for the URL.
const SPEECH: u32 = 64101;
const URL: u32 = 64102;

const NAMES: &[&str] = &[
    "applicationReconnect",
    "asrSmartFormat",
    "backgroundNoiseReduction",
    "conversationConfiguration",
    "conversationId",
    "customerName",
    "debug",
    "deepgramSmartFormat",
    "dtmfDetection",
    "eagerEotThreshold",
    "echoPromptFiltering",
    "elevenlabsLanguageTextNormalization",
    "elevenlabsTextNormalization",
    "events",
    "hints",
    "ignoreBackchannel",
    "includeInPrompt",
    "intelligenceService",
    "interruptSensitivity",
    "interruptible",
    "language",
    "partialPromptOnHangup",
    "partialPrompts",
    "preemptible",
    "profanityFilter",
    "reportInputDuringAgentSpeech",
    "speechModel",
    "speechTimeout",
    "transcriptionLanguage",
    "transcriptionProvider",
    "ttsLanguage",
    "ttsLanguageTextNormalization",
    "ttsProvider",
    "ttsTextNormalization",
    "turnDetection",
    "url",
    "voice",
    "welcomeGreeting",
    "welcomeGreetingInterruptible",
];

const INTERRUPTIONS: &[(&str, ())] = &[
    ("none", ()),
    ("dtmf", ()),
    ("speech", ()),
    ("any", ()),
    ("true", ()),
    ("false", ()),
];
const SPEAKERS: &[(&str, ())] = &[("Google", ()), ("Amazon", ()), ("ElevenLabs", ())];
const LISTENERS: &[(&str, ())] = &[("Google", ()), ("Deepgram", ())];

pub(in crate::twiml) fn check(noun: &Element, report: &mut Report) {
    let noun = with_known_names(noun);
    let mut attributes = Attributes::of(&noun, report);
    stream::socket_url(&mut attributes, URL);
    for name in [
        "welcomeGreetingInterruptible",
        "interruptible",
        "reportInputDuringAgentSpeech",
    ] {
        attributes.choice(name, error::SCHEMA, INTERRUPTIONS, ());
    }
    let levels = [("high", ()), ("medium", ()), ("low", ())];
    attributes.choice("interruptSensitivity", error::SCHEMA, &levels, ());
    for name in ["language", "ttsLanguage", "transcriptionLanguage"] {
        attributes.text_if(
            name,
            SPEECH,
            "write a language as in `en-US`, or `multi`",
            is_language,
        );
    }
    attributes.choice("ttsProvider", SPEECH, SPEAKERS, ());
    attributes.choice("transcriptionProvider", SPEECH, LISTENERS, ());
    for name in ["preemptible", "dtmfDetection", "partialPrompts"] {
        attributes.flag(name, error::SCHEMA, false);
    }
    for name in ["profanityFilter", "deepgramSmartFormat"] {
        attributes.flag(name, error::SCHEMA, true);
    }
    let normalizations = [("on", ()), ("auto", ()), ("off", ())];
    attributes.choice("elevenlabsTextNormalization", SPEECH, &normalizations, ());
    for (word, span) in attributes.list("debug") {
        if !["debugging", "speaker-events", "tokens-played"].contains(&word) {
            attributes.report(error::SCHEMA, span, format!("`debug` has no `{word}`"));
        }
    }
    for name in NAMES {
        attributes.text(name);
    }
    attributes.finish();
    attr::no_text(&noun, report);
    for child in noun.elements() {
        match child.name.as_str() {
            "Language" => check_language(child, report),
            "Parameter" => drop(parameter::read(child, report)),
            _ => attr::stranger(
                child,
                &noun,
                &["Language", "Parameter"],
                error::SCHEMA,
                report,
            ),
        }
    }
}

/// `<Language>`: how one language is spoken and understood.
fn check_language(element: &Element, report: &mut Report) {
    let mut attributes = Attributes::of(element, report);
    if !attributes.has("code") {
        attributes.missing(SPEECH, "code", "write a language as in `en-US`");
    }
    attributes.text_if(
        "code",
        SPEECH,
        "write a language as in `en-US`, or `multi`",
        is_language,
    );
    attributes.choice("ttsProvider", SPEECH, SPEAKERS, ());
    attributes.choice("transcriptionProvider", SPEECH, LISTENERS, ());
    for name in [
        "voice",
        "speechModel",
        "customParameters",
        "hints",
        "asrSmartFormat",
        "ttsTextNormalization",
        "ttsLanguageTextNormalization",
    ] {
        attributes.text(name);
    }
    attributes.finish();
    attr::no_text(element, report);
    attr::no_elements(element, report);
}

fn is_language(value: &str) -> bool {
    value == "multi" || crate::twiml::verbs::is_language(value)
}

/// The same with its attributes under the names of the table.
fn with_known_names(noun: &Element) -> Element {
    let mut noun = noun.clone();
    for attribute in &mut noun.attributes {
        let known = NAMES
            .iter()
            .find(|name| name.eq_ignore_ascii_case(&attribute.name));
        if let Some(known) = known {
            (*known).clone_into(&mut attribute.name);
        }
    }
    noun
}

#[cfg(test)]
mod tests {
    use crate::report::Report;
    use crate::twiml::element;

    fn codes(inside: &str) -> Vec<u32> {
        let mut report = Report::default();
        let xml = format!("<ConversationRelay url='wss://x.example/' {inside}/>");
        let noun = element::parse(&xml, &mut report).unwrap();
        super::check(&noun, &mut report);
        report.diagnostics.iter().filter_map(|d| d.code).collect()
    }

    // Check 235.
    #[test]
    fn every_attribute_is_known_in_any_case() {
        for attribute in [
            "welcomeGreeting='Hello'",
            "welcomeGreetingInterruptible='speech'",
            "interruptible='true'",
            "reportInputDuringAgentSpeech='dtmf'",
            "interruptSensitivity='low'",
            "language='multi'",
            "ttsLanguage='de-DE'",
            "transcriptionLanguage='de-DE'",
            "ttsProvider='Amazon'",
            "transcriptionProvider='Google'",
            "voice='Joanna-Neural'",
            "speechModel='telephony'",
            "preemptible='true'",
            "dtmfDetection='true'",
            "partialPrompts='true'",
            "profanityFilter='false'",
            "deepgramSmartFormat='false'",
            "deepgramsmartformat='false'",
            "backgroundnoisereduction='true'",
            "speechtimeout='2'",
            "ignorebackchannel='true'",
            "elevenlabsTextNormalization='on'",
            "hints='a,b'",
            "debug='debugging tokens-played'",
            "events='x'",
            "intelligenceService='GA1'",
            "conversationConfiguration='x'",
            "conversationId='x'",
        ] {
            assert_eq!(codes(attribute), [0; 0], "{attribute}");
        }
    }

    #[test]
    fn bad_values_are_told() {
        for (attribute, code) in [
            ("interruptible='perhaps'", 12200),
            ("interruptSensitivity='huge'", 12200),
            ("language='!'", 64101),
            ("ttsProvider='Parrot'", 64101),
            ("transcriptionProvider='Ear'", 64101),
            ("dtmfDetection='perhaps'", 12200),
            ("deepgramsmartformat='perhaps'", 12200),
            ("elevenlabsTextNormalization='loud'", 64101),
            ("debug='everything'", 12200),
            ("colour='red'", 12200),
        ] {
            assert_eq!(codes(attribute), [code], "{attribute}");
        }
    }

    #[test]
    fn what_is_inside_is_checked() {
        let check = |xml: &str| {
            let mut report = Report::default();
            let noun = element::parse(xml, &mut report).unwrap();
            super::check(&noun, &mut report);
            report
                .diagnostics
                .iter()
                .filter_map(|d| d.code)
                .collect::<Vec<_>>()
        };
        assert_eq!(check("<ConversationRelay/>"), [64102]);
        assert_eq!(
            check(
                "<ConversationRelay url='wss://x/'><Language code='de-DE' ttsProvider='Google' voice='x' \
                 transcriptionProvider='Deepgram' speechModel='y'/><Parameter name='a' value='b'/></ConversationRelay>"
            ),
            [0; 0]
        );
        assert_eq!(
            check("<ConversationRelay url='wss://x/'><Language/><Say/></ConversationRelay>"),
            [64101, 12200]
        );
    }
}
