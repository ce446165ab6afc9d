//! Asterisk's events: the kinds that pivot acts on.
//!
//! A frame is decoded once, into the few fields that the kinds share; only
//! `StasisStart` is read a second time, for the whole channel. Unknown kinds and
//! fields are ignored, since every release adds some.

use serde::Deserialize;

use super::Channel;

/// An event that somebody waits for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    StasisStart {
        channel: Box<Channel>,
        args: Vec<String>,
        replaces: Option<String>,
    },
    StasisEnd {
        channel: String,
    },
    /// Final, with the real cause. `sip` is the SIP code, where Asterisk tells it.
    ChannelDestroyed {
        channel: String,
        cause: u16,
        sip: Option<u16>,
    },
    /// Stop talking to the party; never the final word.
    HangupRequest {
        channel: String,
        /// None where it is a flag of Asterisk's own (`soft`) and no Q.850 cause.
        cause: Option<u16>,
    },
    StateChange {
        channel: String,
        state: String,
    },
    /// At the release of the key.
    Dtmf {
        channel: String,
        digit: char,
    },
    /// Told where `TALK_DETECT` is set.
    TalkingStarted {
        channel: String,
    },
    TalkingFinished {
        channel: String,
        /// Without the silence that told it.
        length_ms: u64,
    },
    PlaybackStarted {
        playback: String,
    },
    /// `failed`: the file could not be opened, or the channel hung up meanwhile.
    PlaybackFinished {
        playback: String,
        failed: bool,
    },
    RecordingStarted {
        recording: String,
    },
    RecordingFinished {
        recording: String,
    },
    RecordingFailed {
        recording: String,
        cause: String,
    },
    Dial {
        peer: String,
        status: String,
    },
    EnteredBridge {
        bridge: String,
        channel: String,
    },
    LeftBridge {
        bridge: String,
        channel: String,
    },
    BridgeDestroyed {
        bridge: String,
    },
    /// `UserEvent()` of the dialplan.
    User {
        channel: String,
        name: String,
        fields: serde_json::Value,
    },
    /// Another program has taken the application's name.
    ApplicationReplaced,
    /// The answer to a request that travelled through the event socket.
    RestResponse {
        request_id: String,
        status: u16,
        reason: String,
        body: String,
    },
    Other {
        kind: String,
    },
}

/// The shared fields of all kinds.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Frame<'a> {
    #[serde(rename = "type", borrow)]
    kind: std::borrow::Cow<'a, str>,
    channel: Named,
    peer: Named,
    bridge: Named,
    playback: Named,
    recording: NamedRecording,
    replace_channel: Option<Named>,
    digit: String,
    duration: u64,
    cause: Option<serde_json::Value>,
    tech_cause: Option<u16>,
    soft: bool,
    dialstatus: String,
    eventname: String,
    userevent: serde_json::Value,
    request_id: String,
    status_code: u16,
    reason_phrase: String,
    message_body: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Named {
    id: String,
    state: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct NamedRecording {
    name: String,
    cause: String,
}

#[derive(Deserialize)]
struct Start {
    channel: Channel,
    #[serde(default)]
    args: Vec<String>,
}

/// A cause; a failed recording has words there.
fn number(cause: Option<&serde_json::Value>) -> Option<u16> {
    cause?.as_u64()?.try_into().ok()
}

impl Event {
    /// Reads a frame of the event socket.
    pub fn read(text: &str) -> Result<Self, serde_json::Error> {
        let f: Frame<'_> = serde_json::from_str(text)?;
        Ok(match f.kind.as_ref() {
            "StasisStart" => {
                let start: Start = serde_json::from_str(text)?;
                Self::StasisStart {
                    channel: Box::new(start.channel),
                    args: start.args,
                    replaces: f.replace_channel.map(|c| c.id),
                }
            }
            "StasisEnd" => Self::StasisEnd {
                channel: f.channel.id,
            },
            "ChannelDestroyed" => Self::ChannelDestroyed {
                channel: f.channel.id,
                cause: number(f.cause.as_ref()).unwrap_or(0),
                sip: f.tech_cause.filter(|code| (300..700).contains(code)),
            },
            "ChannelHangupRequest" => Self::HangupRequest {
                channel: f.channel.id,
                cause: number(f.cause.as_ref()).filter(|_| !f.soft),
            },
            "ChannelStateChange" => Self::StateChange {
                channel: f.channel.id,
                state: f.channel.state,
            },
            "ChannelDtmfReceived" => match f.digit.chars().next() {
                Some(digit) => Self::Dtmf {
                    channel: f.channel.id,
                    digit,
                },
                None => Self::Other {
                    kind: f.kind.into_owned(),
                },
            },
            "ChannelTalkingStarted" => Self::TalkingStarted {
                channel: f.channel.id,
            },
            "ChannelTalkingFinished" => Self::TalkingFinished {
                channel: f.channel.id,
                length_ms: f.duration,
            },
            "PlaybackStarted" => Self::PlaybackStarted {
                playback: f.playback.id,
            },
            "PlaybackFinished" => Self::PlaybackFinished {
                failed: f.playback.state == "failed",
                playback: f.playback.id,
            },
            "RecordingStarted" => Self::RecordingStarted {
                recording: f.recording.name,
            },
            "RecordingFinished" => Self::RecordingFinished {
                recording: f.recording.name,
            },
            "RecordingFailed" => Self::RecordingFailed {
                recording: f.recording.name,
                cause: f.recording.cause,
            },
            "Dial" => Self::Dial {
                peer: f.peer.id,
                status: f.dialstatus,
            },
            "ChannelEnteredBridge" => Self::EnteredBridge {
                bridge: f.bridge.id,
                channel: f.channel.id,
            },
            "ChannelLeftBridge" => Self::LeftBridge {
                bridge: f.bridge.id,
                channel: f.channel.id,
            },
            "BridgeDestroyed" => Self::BridgeDestroyed {
                bridge: f.bridge.id,
            },
            "ChannelUserevent" => Self::User {
                channel: f.channel.id,
                name: f.eventname,
                fields: f.userevent,
            },
            "ApplicationReplaced" => Self::ApplicationReplaced,
            "RESTResponse" => Self::RestResponse {
                request_id: f.request_id,
                status: f.status_code,
                reason: f.reason_phrase,
                body: f.message_body,
            },
            _ => Self::Other {
                kind: f.kind.into_owned(),
            },
        })
    }

    /// The kind, as Asterisk spells it.
    pub fn kind(&self) -> &str {
        match self {
            Self::StasisStart { .. } => "StasisStart",
            Self::StasisEnd { .. } => "StasisEnd",
            Self::ChannelDestroyed { .. } => "ChannelDestroyed",
            Self::HangupRequest { .. } => "ChannelHangupRequest",
            Self::StateChange { .. } => "ChannelStateChange",
            Self::Dtmf { .. } => "ChannelDtmfReceived",
            Self::TalkingStarted { .. } => "ChannelTalkingStarted",
            Self::TalkingFinished { .. } => "ChannelTalkingFinished",
            Self::PlaybackStarted { .. } => "PlaybackStarted",
            Self::PlaybackFinished { .. } => "PlaybackFinished",
            Self::RecordingStarted { .. } => "RecordingStarted",
            Self::RecordingFinished { .. } => "RecordingFinished",
            Self::RecordingFailed { .. } => "RecordingFailed",
            Self::Dial { .. } => "Dial",
            Self::EnteredBridge { .. } => "ChannelEnteredBridge",
            Self::LeftBridge { .. } => "ChannelLeftBridge",
            Self::BridgeDestroyed { .. } => "BridgeDestroyed",
            Self::User { .. } => "ChannelUserevent",
            Self::ApplicationReplaced => "ApplicationReplaced",
            Self::RestResponse { .. } => "RESTResponse",
            Self::Other { kind } => kind,
        }
    }

    /// The objects it speaks of; it goes to the owner of each.
    pub fn objects(&self) -> impl Iterator<Item = &str> {
        let (first, second) = match self {
            Self::StasisStart { channel, .. } => (channel.id.as_str(), None),
            Self::StasisEnd { channel }
            | Self::ChannelDestroyed { channel, .. }
            | Self::HangupRequest { channel, .. }
            | Self::StateChange { channel, .. }
            | Self::TalkingStarted { channel }
            | Self::TalkingFinished { channel, .. }
            | Self::User { channel, .. }
            | Self::Dtmf { channel, .. } => (channel.as_str(), None),
            Self::PlaybackStarted { playback } | Self::PlaybackFinished { playback, .. } => {
                (playback.as_str(), None)
            }
            Self::RecordingStarted { recording }
            | Self::RecordingFinished { recording }
            | Self::RecordingFailed { recording, .. } => (recording.as_str(), None),
            Self::Dial { peer, .. } => (peer.as_str(), None),
            Self::EnteredBridge { bridge, channel } | Self::LeftBridge { bridge, channel } => {
                (channel.as_str(), Some(bridge.as_str()))
            }
            Self::BridgeDestroyed { bridge } => (bridge.as_str(), None),
            Self::ApplicationReplaced | Self::RestResponse { .. } | Self::Other { .. } => {
                ("", None)
            }
        };
        std::iter::once(first)
            .chain(second)
            .filter(|id| !id.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_of_a_failed_recording_is_text_and_does_not_disturb_the_numbers() {
        let text = r#"{"type":"RecordingFailed","recording":{"name":"r1","format":"wav","state":"failed","cause":"Cannot record channel while in bridge"}}"#;
        let Event::RecordingFailed { recording, cause } = Event::read(text).unwrap() else {
            panic!()
        };
        assert_eq!(
            (recording.as_str(), cause.as_str()),
            ("r1", "Cannot record channel while in bridge")
        );
    }

    #[test]
    fn a_destroyed_channel_tells_cause_and_sip_code_and_old_versions_tell_only_the_cause() {
        let read = |text: &str| match Event::read(text).unwrap() {
            Event::ChannelDestroyed { cause, sip, .. } => (cause, sip),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            read(r#"{"type":"ChannelDestroyed","cause":17,"tech_cause":486,"channel":{"id":"c"}}"#),
            (17, Some(486))
        );
        assert_eq!(
            read(r#"{"type":"ChannelDestroyed","cause":17,"channel":{"id":"c"}}"#),
            (17, None)
        );
    }

    #[test]
    fn the_cause_of_a_soft_hang_up_request_is_a_flag_and_no_cause() {
        let read = |text: &str| match Event::read(text).unwrap() {
            Event::HangupRequest { cause, .. } => cause,
            other => panic!("{other:?}"),
        };
        let real = r#"{"type":"ChannelHangupRequest","cause":17,"channel":{"id":"c"}}"#;
        let soft = r#"{"type":"ChannelHangupRequest","cause":32,"soft":true,"channel":{"id":"c"}}"#;
        assert_eq!((read(real), read(soft)), (Some(17), None));
    }

    #[test]
    fn a_kind_nobody_knows_is_read_as_other() {
        let event =
            Event::read(r#"{"type":"PeerStatusChange","peer":{"peer_status":"x"},"future":[1]}"#)
                .unwrap();
        assert_eq!(event.kind(), "PeerStatusChange");
        assert_eq!(event.objects().count(), 0);
    }

    #[test]
    fn an_event_about_a_channel_and_a_bridge_goes_to_both() {
        let event =
            Event::read(r#"{"type":"ChannelLeftBridge","bridge":{"id":"b"},"channel":{"id":"c"}}"#)
                .unwrap();
        assert_eq!(event.objects().collect::<Vec<_>>(), ["c", "b"]);
    }
}
