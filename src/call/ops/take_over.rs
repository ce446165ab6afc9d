//! Taking the files of finished recordings over from Asterisk, and sending them on.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{AudioFormat, RecordingPlan, RecordingRef, Upload};
use crate::ari::Request;
use crate::call::{Call, Services};
use crate::id::AccountId;
use crate::objects::{Kind as StoredKind, Recording, gregorian};
use crate::recordings::{Job, Origin, UploadFacts};
use crate::store::Expected;
use crate::trace::{Kind, Trace};

impl Call {
    /// Takes the finished files of a recording over.
    pub(in crate::call) async fn take_over(
        &self,
        names: &[&str],
        plan: &RecordingPlan,
    ) -> Option<RecordingRef> {
        let job = Job {
            origin: plan.origin.clone(),
            trim: plan.trim,
        };
        self.services
            .take_over_recording(&self.trace, names, job)
            .await
    }

    /// Lists a finished recording among the account's.
    pub(in crate::call) fn list_recording(&self, taken: &RecordingRef, origin: &Origin) {
        let facts = &self.state.facts;
        let body = Recording {
            call_id: facts.call_id.clone(),
            from: facts.caller_number.clone(),
            to: facts.dialled.clone(),
            details: details(&[("caller_id_name", &facts.caller_name)]),
            ..listed(taken, origin)
        };
        let account = self.account().clone();
        self.services.list_recording(account, &taken.sid, &body);
    }

    /// The recording of the caller or of a Dial that comes next is sent there, also
    /// when the caller ends it by hanging up.
    pub fn owe_upload(&mut self, upload: Upload, format: AudioFormat) {
        self.state.recording_upload = Some((upload, format));
    }

    /// Sends the recording that is complete now, if that is owed.
    pub(in crate::call) fn pay_upload(&mut self) {
        if let Some((upload, format)) = self.state.recording_upload.take()
            && let Some(recording) = self.state.last_recording.clone()
        {
            self.upload_as(&recording, upload, format, None);
        }
    }

    /// Sends a finished recording to a web server, beside the flow, with retries.
    pub(super) fn upload_as(
        &self,
        recording: &RecordingRef,
        upload: Upload,
        format: AudioFormat,
        media_name: Option<&str>,
    ) {
        let facts = UploadFacts {
            call_id: self.state.facts.call_id.clone(),
            from: self.state.facts.caller_number.clone(),
            to: self.state.facts.dialled.clone(),
            caller_name: self.state.facts.caller_name.clone(),
            account_id: self.services.account_sid.clone(),
            media_name: media_name.map(str::to_owned),
            began: self.state.began,
        };
        let (services, trace, sid) = (
            self.services.clone(),
            self.trace.clone(),
            recording.sid.clone(),
        );
        self.services.background.spawn(async move {
            let began = tokio::time::Instant::now();
            match services
                .recordings
                .upload(&services.web, &sid, format, &upload, &facts)
                .await
            {
                Ok(url) => trace.took(
                    Kind::Http,
                    format!("{} {url} (recording {sid})", upload.method),
                    began,
                ),
                Err(error) => trace.write(
                    Kind::Warning,
                    format!("recording {sid} not uploaded: {error}"),
                ),
            }
        });
    }
}

/// What is known of a recording whoever made it.
fn listed(taken: &RecordingRef, origin: &Origin) -> Recording {
    Recording {
        name: format!("{}.wav", taken.sid),
        start: gregorian(origin.began),
        duration: (taken.duration + Duration::from_millis(500)).as_secs(),
        origin: origin.source.twilio().into(),
        url: Some(taken.url.clone()),
        content_type: "audio/x-wav".into(),
        media_id: taken.sid.clone(),
        call_sid: origin.call_sid.clone(),
        conference_sid: origin.conference_sid.clone(),
        ..Recording::default()
    }
}

fn details(pairs: &[(&str, &str)]) -> Map<String, Value> {
    let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).into()))
        .collect()
}

impl Services {
    /// Lists a conference's recording among those of the configuration's account.
    pub fn list_conference_recording(&self, taken: &RecordingRef, origin: &Origin) {
        let body = listed(taken, origin);
        self.list_recording(self.account.clone(), &taken.sid, &body);
    }

    /// Beside the call, which does not wait.
    fn list_recording(&self, account: AccountId, sid: &str, body: &Recording) {
        let Ok(Value::Object(body)) = serde_json::to_value(body) else {
            return;
        };
        let (catalog, sid) = (self.catalog.clone(), sid.to_owned());
        self.background.spawn(async move {
            let kind = StoredKind::Recording;
            let written = catalog.put(&account, kind, &sid, body, Expected::Anything);
            if let Err(error) = written.await {
                tracing::warn!(%error, recording = %sid, "recording is not listed");
            }
        });
    }

    /// Fetches the finished files of one recording from Asterisk (which may be on
    /// another host), keeps them as one, and deletes them there. Two files become
    /// the left and the right channel of one.
    pub async fn take_over_recording(
        &self,
        trace: &Trace,
        names: &[&str],
        job: Job,
    ) -> Option<RecordingRef> {
        let warn = |text: String| trace.write(Kind::Warning, text);
        let sid = job.origin.sid.clone();
        let mut files = Vec::with_capacity(names.len());
        let mut before = None;
        for name in names {
            let part = self.recordings.part();
            let request = Request::recording_file(name);
            match self.ari.download(request, part.path()).await {
                Ok(()) => files.push(part),
                Err(error) => {
                    // The call was dropped between taking it over and writing that down.
                    before = self.recordings.taken(&sid).await;
                    if before.is_none() {
                        warn(format!("recording {sid} cannot be fetched: {error}"));
                    }
                }
            }
        }
        let taken = if files.len() == names.len() {
            Some(self.recordings.take(job, files).await)
        } else {
            None
        };
        for name in names {
            if let Err(error) = self.ari.send(Request::delete_recording(name)).await
                && !error.is_gone()
            {
                warn(format!("recording {name} stays in Asterisk: {error}"));
            }
        }
        if before.is_some() {
            return before;
        }
        match taken? {
            Ok(recording) => {
                let seconds = recording.recorded.as_secs_f64();
                trace.write(Kind::Decision, format!("recording {sid}: {seconds:.1} s"));
                Some(recording)
            }
            Err(error) => {
                warn(format!("recording {sid} is lost: {error}"));
                None
            }
        }
    }
}
