//! Recordings beside the flow.
//!
//! A leg that was created and dialled cannot be recorded itself (asterisk issue
//! 2044), and a channel in a bridge not at all; a snoop channel can, at any
//! time. `in` is what the caller says, `out` what the caller hears.

use std::time::Duration;

use super::{AudioFormat, BesideRecording, CallRecording, DialRecording, RecordingPlan};
use super::{RecordingRef, RecordingStart};
use crate::ari::Request;
use crate::call::journal::Begun;
use crate::call::state::{Snoop, SnoopState};
use crate::call::{Call, Interrupt, Track};
use crate::clock;
use crate::id;
use crate::recordings::{RecordingTrack, Source};

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
            self.start_call_recording(recording).await
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
            .rposition(|track| track.plan.origin.source == Source::RecordCall)
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
            self.start_call_recording(recording).await?;
        }
        Ok(())
    }

    async fn start_call_recording(&mut self, recording: CallRecording) -> Result<(), Interrupt> {
        let both = RecordingTrack::Both;
        let track = Track {
            plan: self.plan_recording(Source::RecordCall, both, false, None),
            name: None,
            snoops: Vec::new(),
            max_s: recording.max.as_secs(),
            min_s: recording.min.as_secs(),
            format: recording.format,
            upload: recording.upload,
            media_name: recording.media_name,
        };
        self.start_track(track, recording.dual).await
    }

    /// Starts a recording that ends by `stop_beside` or with the call.
    pub async fn start_beside(&mut self, recording: BesideRecording) -> Result<(), Interrupt> {
        let op = match self.begin::<(), String>() {
            Begun::Done(()) => return Ok(()),
            Begun::Again(op, sid) => {
                if self.goes_on(&sid).await {
                    self.done(&op, ());
                    return Ok(());
                }
                op
            }
            Begun::New(op) => op,
        };
        let BesideRecording {
            track,
            trim,
            notify,
            ..
        } = recording;
        let plan = self.plan_recording(Source::StartRecording, track, trim, notify);
        self.write_down(&op, &plan.origin.sid);
        self.start_track(plain_track(plan, recording.name), recording.dual)
            .await?;
        self.done(&op, ());
        Ok(())
    }

    /// After the call was picked up: is this track under way? One that was dropped
    /// before it recorded anything is given up.
    async fn goes_on(&mut self, sid: &str) -> bool {
        let is = |track: &&Track| track.plan.origin.sid == sid;
        let Some(track) = self.state.tracks.iter().find(is).cloned() else {
            return false;
        };
        let opening = |snoop: &Snoop| snoop.state == SnoopState::Opening;
        if !track.snoops.iter().all(opening) {
            return true;
        }
        self.give_up_track(&track).await;
        false
    }

    async fn give_up_track(&mut self, track: &Track) {
        self.drop_track(&track.plan.origin.sid);
        for snoop in &track.snoops {
            self.insist(self.ari.hangup(&snoop.channel, 16)).await.ok();
            self.objects.forget(&snoop.channel);
            self.objects.forget(&snoop.recording);
        }
    }

    /// Ends the recording of this name, or the one that was started last.
    pub async fn stop_beside(&mut self, name: Option<&str>) -> Result<(), Interrupt> {
        let is = |track: &Track| {
            track.plan.origin.source == Source::StartRecording
                && (name.is_none() || track.name.as_deref() == name)
        };
        match self.state.tracks.iter().rposition(is) {
            Some(index) => {
                self.end_track(index).await;
            }
            None => self.warn(match name {
                Some(name) => format!("there is no recording {name:?} to stop"),
                None => "there is no recording to stop".into(),
            }),
        }
        Ok(())
    }

    pub(super) async fn start_dial_recording(
        &mut self,
        recording: DialRecording,
    ) -> Result<(), Interrupt> {
        let DialRecording {
            track,
            trim,
            notify,
            ..
        } = recording;
        let plan = self.plan_recording(Source::DialVerb, track, trim, notify);
        self.start_track(plain_track(plan, None), recording.dual)
            .await
    }

    /// Opens the snoops of a track that has none yet, and records them.
    async fn start_track(&mut self, mut track: Track, dual: bool) -> Result<(), Interrupt> {
        let sid = track.plan.origin.sid.clone();
        // Named after the recording: several may run at once, started by one step.
        let hex = &sid[2..];
        let directions: &[&str] = match track.plan.origin.track {
            RecordingTrack::Both if dual => &["in", "out"],
            RecordingTrack::Both => &["both"],
            RecordingTrack::Inbound => &["in"],
            RecordingTrack::Outbound => &["out"],
        };
        let max = Duration::from_secs(track.max_s);
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
        track.snoops.clone_from(&snoops);
        self.state.tracks.push(track.clone());
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
                // The other direction's may be there already.
                self.give_up_track(&track).await;
                self.recording_is_over(track.plan, channels(directions.len()), None);
                return Ok(());
            }
        }
        // Both directions are in Stasis before either is recorded, so that they begin together.
        let deadline = clock::now().after(ENTER);
        while !self
            .state
            .tracks
            .iter()
            .filter(|t| t.plan.origin.sid == sid)
            .flat_map(|t| &t.snoops)
            .all(|s| s.entered)
        {
            if self.next(Some(deadline)).await?.is_none() {
                break;
            }
        }
        for snoop in &snoops {
            let request = Request::record(&snoop.channel, &snoop.recording, max, None, false);
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
        let track = self
            .state
            .tracks
            .iter_mut()
            .find(|t| t.plan.origin.sid == sid);
        if let Some(track) = track {
            track.plan.origin.began = clock::now();
            let plan = track.plan.clone();
            if track.snoops.iter().any(|s| s.state != SnoopState::Failed) {
                self.tell_recording_began(&plan, channels(directions.len()));
            }
        }
        self.checkpoint();
        Ok(())
    }

    fn drop_track(&mut self, sid: &str) {
        self.state.tracks.retain(|t| t.plan.origin.sid != sid);
    }

    /// A Dial that goes on after the call was picked up is recorded already.
    pub(super) fn records_dial(&self) -> bool {
        let tracks = &self.state.tracks;
        tracks
            .iter()
            .any(|track| track.plan.origin.source == Source::DialVerb)
    }

    /// Ends the recording of a Dial and takes it over.
    pub(in crate::call) async fn end_dial_recording(&mut self) -> Option<RecordingRef> {
        let index = self
            .state
            .tracks
            .iter()
            .rposition(|track| track.plan.origin.source == Source::DialVerb)?;
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
                .filter(|t| t.plan.origin.sid == track.plan.origin.sid)
                .flat_map(|t| &t.snoops)
                .any(open)
        })
        .await;
        for snoop in &track.snoops {
            self.insist(self.ari.hangup(&snoop.channel, 16)).await.ok();
            self.objects.forget(&snoop.channel);
            self.objects.forget(&snoop.recording);
        }
        self.drop_track(&track.plan.origin.sid);
        let names: Vec<&str> = track.snoops.iter().map(|s| s.recording.as_str()).collect();
        let taken = self.take_over(&names, &track.plan).await;
        let origin = track.plan.origin.clone();
        self.recording_is_over(track.plan, channels(names.len()), taken.as_ref());
        let taken = taken?;
        if taken.recorded.as_secs() < track.min_s {
            self.note(format!(
                "recording {} is shorter than {} s and is thrown away",
                taken.sid, track.min_s
            ));
            self.services.recordings.delete(&taken.sid).await.ok();
            return None;
        }
        self.list_recording(&taken, &origin);
        if let Some(upload) = track.upload {
            self.upload_as(&taken, upload, track.format, track.media_name.as_deref());
        }
        Some(taken)
    }
}

/// A track of which nothing is made but a file in pivot's folder.
fn plain_track(plan: RecordingPlan, name: Option<String>) -> Track {
    Track {
        plan,
        name,
        snoops: Vec::new(),
        max_s: LONGEST.as_secs(),
        min_s: 0,
        format: AudioFormat::Wav,
        upload: None,
        media_name: None,
    }
}

/// Each file becomes a channel.
fn channels(files: usize) -> u16 {
    u16::try_from(files).unwrap_or(1)
}

/// Twilio's own limit for a bridged call.
const LONGEST: Duration = Duration::from_secs(14_400);
