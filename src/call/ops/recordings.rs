//! Recordings beside the flow, and taking files over from Asterisk.
//!
//! A leg that was created and dialled cannot be recorded itself (asterisk issue
//! 2044), and a channel in a bridge not at all; a snoop channel can, at any
//! time. `in` is what the caller says, `out` what the caller hears.

use std::time::Duration;

use super::{AudioFormat, CallRecording, DialRecording, RecordingRef, RecordingStart, Upload};
use crate::ari::Request;
use crate::call::state::{Snoop, SnoopState};
use crate::call::{Call, Interrupt, Track, TrackSource};
use crate::clock;
use crate::id;
use crate::recordings::{Job, Source, UploadFacts};
use crate::trace::Kind;

/// A snoop channel enters Stasis within milliseconds.
const ENTER: Duration = Duration::from_secs(5);
/// How long Asterisk may take to close a file.
const CLOSE: Duration = Duration::from_secs(5);

impl Call {
    /// Starts recording both directions and returns at once; the recording ends
    /// with `stop_recording`, its time limit or the call.
    pub async fn start_recording(&mut self, recording: CallRecording) -> Result<(), Interrupt> {
        let due = match recording.start {
            RecordingStart::Now => true,
            RecordingStart::OnAnswer => self.is_answered(),
            RecordingStart::OnBridge => self
                .state
                .legs
                .iter()
                .any(|leg| leg.bridged && leg.ended.is_none()),
        };
        if due {
            self.start_track(TrackSource::RecordCall, recording).await
        } else {
            self.state.waiting_recordings.push(recording);
            self.checkpoint();
            Ok(())
        }
    }

    /// Ends the recording that was started last.
    pub async fn stop_recording(&mut self) -> Result<(), Interrupt> {
        if self.state.waiting_recordings.pop().is_some() {
            return Ok(());
        }
        let Some(index) = self
            .state
            .tracks
            .iter()
            .rposition(|track| track.source == TrackSource::RecordCall)
        else {
            self.warn("record_call stop: nothing is being recorded");
            return Ok(());
        };
        self.end_track(index).await;
        Ok(())
    }

    pub(super) async fn start_waiting_recordings(
        &mut self,
        trigger: RecordingStart,
    ) -> Result<(), Interrupt> {
        let waiting = std::mem::take(&mut self.state.waiting_recordings);
        let (due, rest) = waiting
            .into_iter()
            .partition(|recording| recording.start == trigger);
        self.state.waiting_recordings = rest;
        for recording in due {
            self.start_track(TrackSource::RecordCall, recording).await?;
        }
        Ok(())
    }

    pub(super) async fn start_dial_recording(
        &mut self,
        recording: DialRecording,
    ) -> Result<(), Interrupt> {
        let recording = CallRecording {
            format: AudioFormat::Wav,
            max: LONGEST,
            min: Duration::ZERO,
            start: RecordingStart::Now,
            upload: None,
            media_name: None,
            dual: recording.dual,
        };
        self.start_track(TrackSource::Dial, recording).await
    }

    async fn start_track(
        &mut self,
        source: TrackSource,
        recording: CallRecording,
    ) -> Result<(), Interrupt> {
        let sid = id::secret_sid("RE");
        // Named after the recording: several may run at once, started by one step.
        let hex = &sid[2..];
        let directions: &[&str] = if recording.dual {
            &["in", "out"]
        } else {
            &["both"]
        };
        let call = self.state.id.hex().to_owned();
        let snoops = directions
            .iter()
            .map(|direction| Snoop {
                channel: format!("{}{call}-s{direction}-{hex}", id::PREFIX),
                recording: format!("{}{call}-t{direction}-{hex}", id::PREFIX),
                entered: false,
                state: SnoopState::Opening,
            })
            .collect::<Vec<_>>();
        for snoop in &snoops {
            self.objects.register(&snoop.channel);
            self.objects.register(&snoop.recording);
        }
        self.state.tracks.push(Track {
            sid: sid.clone(),
            snoops: snoops.clone(),
            source,
            began: clock::now(),
            max_s: recording.max.as_secs(),
            min_s: recording.min.as_secs(),
            format: recording.format,
            upload: recording.upload,
            media_name: recording.media_name,
        });
        self.checkpoint();
        for (snoop, direction) in snoops.iter().zip(directions) {
            let app = self.ari.app().to_owned();
            let request = Request::snoop(
                &self.state.channel,
                &snoop.channel,
                direction,
                &app,
                "snoop",
            );
            if let Err(error) = self.caller_request(request).await? {
                self.warn(format!("the call is not recorded: {error}"));
                self.state.tracks.retain(|track| track.sid != sid);
                // The other direction's may be there already.
                for snoop in &snoops {
                    self.insist(self.ari.hangup(&snoop.channel, 16)).await.ok();
                    self.objects.forget(&snoop.channel);
                    self.objects.forget(&snoop.recording);
                }
                return Ok(());
            }
        }
        // Both directions are in Stasis before either is recorded, so that they begin together.
        let deadline = clock::now().after(ENTER);
        while !self
            .state
            .tracks
            .iter()
            .filter(|t| t.sid == sid)
            .flat_map(|t| &t.snoops)
            .all(|s| s.entered)
        {
            if self.next(Some(deadline)).await?.is_none() {
                break;
            }
        }
        for snoop in &snoops {
            let request =
                Request::record(&snoop.channel, &snoop.recording, recording.max, None, false);
            let state = match self.request(request).await {
                Ok(_) => SnoopState::Recording,
                Err(error) => {
                    self.warn(format!("the call is not recorded: {error}"));
                    SnoopState::Failed
                }
            };
            if let Some(snoop) = self.snoop_mut(|s| s.recording == snoop.recording)
                && snoop.state == SnoopState::Opening
            {
                snoop.state = state;
            }
        }
        self.note(format!("records the call as {sid}"));
        self.checkpoint();
        Ok(())
    }

    /// A Dial that goes on after the call was picked up is recorded already.
    pub(super) fn records_dial(&self) -> bool {
        let tracks = &self.state.tracks;
        tracks.iter().any(|track| track.source == TrackSource::Dial)
    }

    /// Ends the recording of a Dial and takes it over.
    pub(super) async fn end_dial_recording(&mut self) -> Option<RecordingRef> {
        let index = self
            .state
            .tracks
            .iter()
            .rposition(|track| track.source == TrackSource::Dial)?;
        self.end_track(index).await
    }

    /// Ends a recording, waits until its file is complete and takes it over.
    /// Works after the caller has gone as well.
    pub(in crate::call) async fn end_track(&mut self, index: usize) -> Option<RecordingRef> {
        let track = self.state.tracks.get(index)?.clone();
        for snoop in &track.snoops {
            // 404 = it has ended; 404 on the channel = its caller has gone.
            self.request(Request::stop_recording(&snoop.recording))
                .await
                .ok();
        }
        let deadline = clock::now().after(CLOSE);
        self.wait_closing(deadline, |call, _| {
            // One that is still opening was never asked to record.
            let open = |s: &Snoop| s.state == SnoopState::Recording;
            !call
                .state
                .tracks
                .iter()
                .filter(|t| t.sid == track.sid)
                .flat_map(|t| &t.snoops)
                .any(open)
        })
        .await;
        for snoop in &track.snoops {
            self.insist(self.ari.hangup(&snoop.channel, 16)).await.ok();
            self.objects.forget(&snoop.channel);
            self.objects.forget(&snoop.recording);
        }
        self.state.tracks.retain(|t| t.sid != track.sid);
        let names: Vec<&str> = track.snoops.iter().map(|s| s.recording.as_str()).collect();
        let source = match track.source {
            TrackSource::Dial => Source::DialVerb,
            TrackSource::RecordCall => Source::RecordCall,
        };
        let taken = self
            .take_over_all(&names, &track.sid, source, false)
            .await?;
        if taken.duration.as_secs() < track.min_s {
            self.note(format!(
                "recording {} is shorter than {} s and is thrown away",
                taken.sid, track.min_s
            ));
            self.services.recordings.delete(&taken.sid).await.ok();
            return None;
        }
        if let Some(upload) = track.upload {
            self.upload_as(&taken, upload, track.format, track.media_name.as_deref());
        }
        Some(taken)
    }

    pub(in crate::call) async fn take_over(
        &mut self,
        name: &str,
        sid: &str,
        source: Source,
        trim: bool,
    ) -> Option<RecordingRef> {
        self.take_over_all(&[name], sid, source, trim).await
    }

    /// Fetches the finished files from Asterisk (which may be on another host),
    /// keeps them as one recording, and deletes them there.
    async fn take_over_all(
        &self,
        names: &[&str],
        sid: &str,
        source: Source,
        trim: bool,
    ) -> Option<RecordingRef> {
        let mut files = Vec::with_capacity(names.len());
        let mut before = None;
        for name in names {
            match self.ari.send_over_http(Request::recording_file(name)).await {
                Ok(reply) => files.push(reply.body),
                Err(error) => {
                    // The call was dropped between taking it over and writing that down.
                    before = self.services.recordings.taken(sid).await;
                    if before.is_none() {
                        self.warn(format!("recording {sid} cannot be fetched: {error}"));
                    }
                }
            }
        }
        let job = Job {
            sid: sid.to_owned(),
            call_sid: self.state.id.to_string(),
            source,
            began: clock::now(),
            trim,
        };
        let taken = if files.len() == names.len() {
            Some(self.services.recordings.take(job, files).await)
        } else {
            None
        };
        for name in names {
            if let Err(error) = self.request(Request::delete_recording(name)).await
                && !error.is_gone()
            {
                self.warn(format!("recording {name} stays in Asterisk: {error}"));
            }
        }
        if before.is_some() {
            return before;
        }
        match taken? {
            Ok(recording) => {
                self.note(format!(
                    "recording {sid}: {:.1} s",
                    recording.duration.as_secs_f64()
                ));
                Some(recording)
            }
            Err(error) => {
                self.warn(format!("recording {sid} is lost: {error}"));
                None
            }
        }
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
    fn upload_as(
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

/// Twilio's own limit for a bridged call.
const LONGEST: Duration = Duration::from_secs(14_400);
