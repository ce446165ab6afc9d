//! Every URL that a document can name, and what becomes of a call when it fails.

/// What becomes of a call whose web application fails here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// The document cannot be had: fallback URL, dialplan.
    Ladder,
    /// The leg that was to run it has failed, and the `action` is told so.
    Leg,
    /// The caller waits on, with music.
    Wait,
    /// The call goes on as if nothing had happened.
    Next,
    /// The same, and the recording is offered again.
    Upload,
}

pub(super) struct Case {
    /// The attributes, as `Element.attribute`, or elements that this is about.
    pub(super) about: &'static str,
    /// `{x}` is the URL that fails.
    pub(super) document: &'static str,
    pub(super) then: Then,
    /// How often it is asked.
    pub(super) times: usize,
    /// What somebody who called just before runs.
    pub(super) other: &'static str,
}

const fn case(about: &'static str, then: Then, document: &'static str) -> Case {
    Case {
        about,
        document,
        then,
        times: 1,
        other: "",
    }
}

impl Case {
    const fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    const fn beside(mut self, other: &'static str) -> Self {
        self.other = other;
        self
    }
}

pub(super) const CASES: &[Case] = &[
    case("Redirect", Then::Ladder, "<Redirect>{x}</Redirect>"),
    case(
        "Redirect",
        Then::Ladder,
        "<Play>sound:a</Play><Redirect method='GET'>{x}</Redirect>",
    ),
    case(
        "Gather.action",
        Then::Ladder,
        "<Gather action='{x}' numDigits='1' timeout='9'/>",
    ),
    case(
        "Gather.action",
        Then::Ladder,
        "<Gather action='{x}' finishOnKey='2' timeout='1' actionOnEmptyResult='true'/>",
    ),
    case("Record.action", Then::Ladder, "<Record action='{x}'/>"),
    case(
        "Dial.action",
        Then::Ladder,
        "<Dial action='{x}'>5550001</Dial>",
    ),
    case(
        "Dial.action",
        Then::Ladder,
        "<Dial action='{x}' record='true'><Sip>bob@example.com</Sip><Client>carol</Client></Dial>",
    ),
    case(
        "Dial.action",
        Then::Ladder,
        "<Dial action='{x}'><Application>fine</Application></Dial>",
    ),
    case(
        "Dial.action",
        Then::Ladder,
        "<Dial action='{x}' hangupOnStar='true'><Conference>room</Conference></Dial>",
    ),
    case(
        "Dial.action",
        Then::Ladder,
        "<Dial action='{x}'><Queue>nobody</Queue></Dial>",
    ),
    case(
        "Dial.referUrl",
        Then::Ladder,
        "<Dial action='/dialled' referUrl='{x}'><Sip>bob@example.com</Sip></Dial>",
    ),
    case(
        "Enqueue.action",
        Then::Ladder,
        "<Enqueue action='{x}' waitUrl='/leave'>queue</Enqueue>",
    ),
    case(
        "Connect.action",
        Then::Ladder,
        "<Connect action='{x}'><Stream url='wss://app.example.com/'/></Connect>",
    ),
    case(
        "Refer.action",
        Then::Ladder,
        "<Refer action='{x}'><Sip>sip:anna@example.com</Sip></Refer>",
    ),
    case("Pay.action", Then::Ladder, "<Pay action='{x}'/>"),
    case(
        "Sms.action",
        Then::Ladder,
        "<Sms to='+15557777' action='{x}'>Hello</Sms>",
    ),
    case(
        "Message.action",
        Then::Ladder,
        "<Message to='+15557777' action='{x}'>Hello</Message>",
    ),
    case(
        "Number.url",
        Then::Leg,
        "<Dial action='/dialled'><Number url='{x}'>5550001</Number></Dial>",
    ),
    case(
        "Sip.url",
        Then::Leg,
        "<Dial action='/dialled'><Sip url='{x}'>bob@example.com</Sip></Dial>",
    ),
    case(
        "Client.url",
        Then::Leg,
        "<Dial action='/dialled'><Client url='{x}'>carol</Client></Dial>",
    ),
    case(
        "Application",
        Then::Leg,
        "<Dial action='/dialled'><Application>fails</Application></Dial>",
    ),
    case(
        "Enqueue.waitUrl",
        Then::Wait,
        "<Enqueue action='/left' waitUrl='{x}'>queue</Enqueue>",
    )
    .times(3),
    case(
        "Conference.waitUrl",
        Then::Wait,
        "<Dial action='/left'><Conference waitUrl='{x}'>room</Conference></Dial>",
    ),
    case(
        "Queue.url",
        Then::Next,
        "<Dial timeLimit='5'><Queue url='{x}'>queue</Queue></Dial>",
    )
    .beside("<Enqueue>queue</Enqueue>"),
    case("Play", Then::Next, "<Play>{x}</Play>"),
    case(
        "Number.statusCallback",
        Then::Next,
        "<Dial><Number statusCallback='{x}' statusCallbackEvent='initiated ringing answered completed'>5550001</Number></Dial>",
    )
    .times(4),
    case(
        "Sip.statusCallback",
        Then::Next,
        "<Dial><Sip statusCallback='{x}' statusCallbackEvent='answered completed'>bob@example.com</Sip></Dial>",
    )
    .times(2),
    case(
        "Client.statusCallback",
        Then::Next,
        "<Dial><Client statusCallback='{x}'>carol</Client></Dial>",
    ),
    case(
        "Application.statusCallback",
        Then::Next,
        "<Dial><Application statusCallback='{x}' statusCallbackEvent='initiated answered completed'>fine</Application></Dial>",
    )
    .times(3),
    case(
        "Number.amdStatusCallback",
        Then::Next,
        "<Dial><Number machineDetection='Enable' amdStatusCallback='{x}'>5550001</Number></Dial>",
    ),
    case(
        "Sip.amdStatusCallback",
        Then::Next,
        "<Dial><Sip machineDetection='Enable' amdStatusCallback='{x}'>bob@example.com</Sip></Dial>",
    ),
    case(
        "Conference.statusCallback",
        Then::Next,
        "<Dial hangupOnStar='true'><Conference statusCallback='{x}' statusCallbackEvent='start end join leave'>room</Conference></Dial>",
    )
    .times(3),
    case(
        "Conference.recordingStatusCallback",
        Then::Next,
        "<Dial timeLimit='4'><Conference endConferenceOnExit='true'>room</Conference></Dial>",
    )
    .beside("<Dial><Conference record='record-from-start' trim='do-not-trim' recordingStatusCallback='{x}'>room</Conference></Dial>"),
    case(
        "Dial.recordingStatusCallback",
        Then::Next,
        "<Dial record='true' recordingStatusCallback='{x}' recordingStatusCallbackEvent='in-progress completed'>5550001</Dial>",
    )
    .times(2),
    case(
        "Record.recordingStatusCallback",
        Then::Next,
        "<Record recordingStatusCallback='{x}' recordingStatusCallbackEvent='in-progress completed'/>",
    )
    .times(2),
    case(
        "Recording.recordingStatusCallback",
        Then::Next,
        "<Start><Recording recordingStatusCallback='{x}'/></Start><Pause length='3'/>",
    ),
    case(
        "Record.transcribeCallback",
        Then::Next,
        "<Record transcribe='true' transcribeCallback='{x}'/>",
    ),
    case(
        "Record.recordingUrl",
        Then::Upload,
        "<Record recordingUrl='{x}'/>",
    ),
    case(
        "Dial.recordingUrl",
        Then::Upload,
        "<Dial record='true' recordingUrl='{x}'>5550001</Dial>",
    ),
    case(
        "Sms.statusCallback",
        Then::Next,
        "<Sms to='+15557777' statusCallback='{x}'>Hello</Sms>",
    ),
    case(
        "Message.statusCallback",
        Then::Next,
        "<Message to='+15557777' statusCallback='{x}'>Hello</Message>",
    ),
];
