//! Writing down what was said in a recording, beside the call.

use std::time::Duration;

use super::{AudioFormat, RecordingRef, Transcribe};
use crate::call::{Call, Services};
use crate::id;
use crate::recordings::Transcription;
use crate::trace::{Kind, Trace};

/// What is shorter is not transcribed, as at Twilio.
const SHORTEST: Duration = Duration::from_secs(2);
/// The parameters of the call that `transcribeCallback` is told.
const CALL: [&str; 7] = [
    "AccountSid",
    "ApiVersion",
    "CallSid",
    "CallStatus",
    "From",
    "To",
    "Direction",
];

impl Call {
    /// Begins to make out what is said in a recording, and tells of it when that is done.
    pub(super) fn transcribe(&self, transcribe: Transcribe, recording: RecordingRef) {
        let params = self
            .standard_params()
            .into_iter()
            .filter(|(name, _)| CALL.contains(&name.as_str()))
            .collect();
        let (services, trace) = (self.services.clone(), self.trace.clone());
        self.services.background.spawn(async move {
            services
                .transcribe(&trace, transcribe, &recording, params)
                .await;
        });
    }
}

impl Services {
    async fn transcribe(
        &self,
        trace: &Trace,
        transcribe: Transcribe,
        recording: &RecordingRef,
        mut params: Vec<(String, String)>,
    ) {
        let began = tokio::time::Instant::now();
        let text = self.text_of(recording).await;
        match &text {
            Ok(_) => trace.took(
                Kind::Decision,
                format!("recording {} is transcribed", recording.sid),
                began,
            ),
            Err(why) => trace.write(
                Kind::Warning,
                format!("recording {} is not transcribed: {why}", recording.sid),
            ),
        }
        let transcription = Transcription {
            sid: id::sid("TR"),
            text: text.ok(),
        };
        let kept = self
            .recordings
            .keep_transcription(&recording.sid, transcription.clone());
        if let Err(error) = kept.await {
            trace.write(
                Kind::Warning,
                format!("the transcription is not kept: {error}"),
            );
        }
        let Some(callback) = &transcribe.callback else {
            return;
        };
        let url = self
            .recordings
            .transcription_url(&recording.sid, &transcription.sid);
        let mut add = |key: &str, value: &str| params.push((key.to_owned(), value.to_owned()));
        add("RecordingSid", &recording.sid);
        add("RecordingUrl", &recording.url);
        add("TranscriptionSid", &transcription.sid);
        add("TranscriptionStatus", transcription.status());
        add(
            "TranscriptionText",
            transcription.text.as_deref().unwrap_or_default(),
        );
        add("TranscriptionUrl", &url);
        add("TranscriptionType", "fast");
        let what = "transcribeCallback";
        self.call_back(trace, what, &recording.sid, callback, params);
    }

    /// With Twilio's code for why there is none.
    pub(in crate::call) async fn text_of(
        &self,
        recording: &RecordingRef,
    ) -> Result<String, String> {
        let Some(recogniser) = &self.recogniser else {
            return Err("13618: there is no recogniser ([transcribe] command)".into());
        };
        if recording.recorded < SHORTEST {
            return Err("13617: it is shorter than 2 s".into());
        }
        if recording.silent {
            return Err("16102: nothing is said in it".into());
        }
        let opened = self.recordings.open(&recording.sid, AudioFormat::Wav).await;
        let opened = opened.map_err(|error| error.to_string())?;
        let text = recogniser.recognise(&opened.path).await;
        text.map_err(|error| format!("13618: {error}"))
    }
}
