//! Answering machine detection: who has answered is told from how it begins to talk.
//!
//! Asterisk tells when a channel begins and stops talking (`TALK_DETECT`). A person
//! says a few words and waits; a machine goes on. Nobody waits for the verdict.
//!
//! Of one tone it also counts how often it was heard (`TONE_DETECT`), and tells that
//! when it is asked: a fax machine's, or, where a message's end is waited for, a beep.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ops::Detection;
use super::{Call, Interrupt};
use crate::ari::Request;
use crate::clock::{self, Time};

/// Asterisk's own measure of what is louder than silence.
const LOUD: u32 = 256;
/// Hertz of the tone with which a fax machine answers (ITU-T V.25), and how long one
/// must last to be none that somebody sings.
const FAX: u32 = 2100;
const FAX_LASTS_MS: u32 = 500;
const BEEP_LASTS_MS: u32 = 150;

/// A channel that is listened to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detecting {
    pub channel: String,
    /// Its CallSid.
    pub sid: String,
    pub detection: Detection,
    pub began: Time,
    /// It talks since then.
    pub talks: Option<Time>,
    /// It has talked for longer than people do.
    pub machine: bool,
    /// Asterisk listens for a tone.
    #[serde(default)]
    pub tones: bool,
    /// What it is unless that tone was heard.
    #[serde(default)]
    pub verdict: Option<String>,
}

impl Detecting {
    fn new(channel: String, sid: String, detection: Detection, began: Time) -> Self {
        Self {
            channel,
            sid,
            detection,
            began,
            talks: None,
            machine: false,
            tones: false,
            verdict: None,
        }
    }

    fn gives_up(&self) -> Time {
        self.began.after(self.detection.timeout)
    }

    /// When time alone changes something.
    fn due(&self) -> Time {
        let next = match self.talks {
            _ if self.machine => return self.gives_up(),
            Some(since) => since.after(self.detection.speech_threshold),
            None => self.began.after(self.detection.silence_timeout),
        };
        next.min(self.gives_up())
    }

    fn passes(&mut self, now: Time) -> Option<&'static str> {
        if self.verdict.is_some() || now < self.due() {
            return None;
        }
        if now >= self.gives_up() {
            return Some(if self.machine {
                "machine_end_other"
            } else {
                "unknown"
            });
        }
        match self.talks {
            Some(_) => self.is_machine(),
            None => Some("unknown"),
        }
    }

    fn is_machine(&mut self) -> Option<&'static str> {
        self.machine = true;
        (!self.detection.to_end).then_some("machine_start")
    }

    fn begins_to_talk(&mut self, now: Time) {
        self.talks = Some(now);
    }

    /// `length` is without the silence that told it.
    fn stops_to_talk(&mut self, length: Duration) -> Option<&'static str> {
        self.talks = None;
        if self.verdict.is_some() {
            return None;
        }
        let long = length >= self.detection.speech_threshold;
        match (self.machine || long, self.detection.to_end) {
            (true, true) => Some("machine_end_silence"),
            (true, false) => Some("machine_start"),
            (false, _) => Some("human"),
        }
    }
}

impl Call {
    /// Begins to listen to a leg that has just answered.
    pub(super) async fn detect(
        &mut self,
        channel: &str,
        sid: &str,
        detection: &Detection,
    ) -> Result<(), Interrupt> {
        let silence = detection.speech_end_threshold.as_millis();
        let request =
            Request::set_variable(channel, "TALK_DETECT(set)", &format!("{silence},{LOUD}"));
        let detecting = Detecting::new(
            channel.to_owned(),
            sid.to_owned(),
            detection.clone(),
            clock::now(),
        );
        self.state.detecting.push(detecting);
        if let Err(error) = self.join(request).await? {
            self.warn(format!(
                "nobody listens whether a machine answered: {error}"
            ));
            self.conclude(channel, "unknown");
            return Ok(());
        }
        let tone = match detection.to_end {
            true => format!("{},{BEEP_LASTS_MS}", self.services.config.dial.beep_hz),
            false => format!("{FAX},{FAX_LASTS_MS}"),
        };
        let request = Request::set_variable(channel, &format!("TONE_DETECT({tone})"), "");
        // Without res_tonedetect there are verdicts all the same.
        let tones = self.join(request).await?.is_ok();
        if let Some(detecting) = self.detecting(channel) {
            detecting.tones = tones;
        }
        Ok(())
    }

    /// The time at which a detection goes on by itself.
    pub(super) fn detection_due(&self) -> Option<Time> {
        self.state.detecting.iter().map(Detecting::due).min()
    }

    pub(super) fn pass_detections(&mut self) {
        let now = clock::now();
        let verdicts: Vec<_> = self
            .state
            .detecting
            .iter_mut()
            .filter_map(|d| Some((d.channel.clone(), d.passes(now)?)))
            .collect();
        for (channel, verdict) in verdicts {
            self.decide(&channel, verdict);
        }
    }

    /// This is the verdict, unless a tone was heard that says more.
    fn decide(&mut self, channel: &str, verdict: &'static str) {
        match self.detecting(channel) {
            Some(detecting) if detecting.tones && verdict != "human" => {
                detecting.verdict = Some(verdict.to_owned());
            }
            _ => self.conclude(channel, verdict),
        }
    }

    /// Somebody is to be asked for the tones that were heard.
    pub(super) fn is_undecided(&self) -> bool {
        let mut detecting = self.state.detecting.iter();
        detecting.any(|detecting| detecting.verdict.is_some())
    }

    pub(super) async fn ask_for_tones(&mut self) {
        let undecided: Vec<_> = self
            .state
            .detecting
            .iter()
            .filter_map(|d| Some((d.channel.clone(), d.detection.to_end, d.verdict.clone()?)))
            .collect();
        for (channel, to_end, verdict) in undecided {
            let times = self.variable_of(&channel, "TONE_DETECT(rx)").await;
            let heard = times.is_some_and(|times| times.parse().is_ok_and(|times: u32| times > 0));
            let verdict = match (heard, to_end) {
                (true, true) => "machine_end_beep",
                (true, false) => "fax",
                (false, _) => verdict.as_str(),
            };
            self.conclude(&channel, verdict);
        }
    }

    /// Nobody listens any more.
    pub(super) fn conclude_all(&mut self) {
        while let Some(channel) = self.state.detecting.first().map(|d| d.channel.clone()) {
            self.conclude(&channel, "unknown");
        }
    }

    pub(super) fn talking_started(&mut self, channel: &str) {
        let now = clock::now();
        if let Some(detecting) = self.detecting(channel) {
            detecting.begins_to_talk(now);
        }
    }

    pub(super) fn talking_finished(&mut self, channel: &str, length: Duration) {
        let verdict = self
            .detecting(channel)
            .and_then(|detecting| detecting.stops_to_talk(length));
        if let Some(verdict) = verdict {
            self.decide(channel, verdict);
        }
    }

    fn detecting(&mut self, channel: &str) -> Option<&mut Detecting> {
        self.state
            .detecting
            .iter_mut()
            .find(|detecting| detecting.channel == channel)
    }

    /// The verdict is there; nothing when nobody listens to the channel.
    pub(super) fn conclude(&mut self, channel: &str, verdict: &str) {
        let Some(index) = self
            .state
            .detecting
            .iter()
            .position(|detecting| detecting.channel == channel)
        else {
            return;
        };
        let detecting = self.state.detecting.remove(index);
        let verdict = match &detecting.verdict {
            Some(decided) if verdict == "unknown" => decided,
            _ => verdict,
        };
        let took = clock::now().since(detecting.began).as_millis();
        self.note(format!("answered by {verdict}, told after {took} ms"));
        if let Some(leg) = self.state.leg_mut(channel) {
            leg.answered_by = Some(verdict.to_owned());
        }
        if let Some(target) = &detecting.detection.notify {
            let params = [
                ("AccountSid", self.services().account_sid.clone()),
                ("CallSid", detecting.sid.clone()),
                ("AnsweredBy", verdict.to_owned()),
                ("MachineDetectionDuration", took.to_string()),
            ];
            let params = params.map(|(key, value)| (key.to_owned(), value)).to_vec();
            self.call_back("amdStatusCallback", &detecting.sid, target, params);
        }
        self.checkpoint();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detecting(to_end: bool) -> Detecting {
        let detection = Detection {
            to_end,
            ..Detection::default()
        };
        Detecting::new("c".into(), "CA1".into(), detection, Time(0))
    }

    #[test]
    fn a_few_words_are_a_person() {
        let mut it = detecting(false);
        it.begins_to_talk(Time(500));
        assert_eq!(it.passes(Time(1200)), None);
        assert_eq!(it.stops_to_talk(Duration::from_millis(800)), Some("human"));
    }

    #[test]
    fn a_long_speech_is_a_machine_as_soon_as_it_is_long() {
        let mut it = detecting(false);
        it.begins_to_talk(Time(500));
        assert_eq!(it.due(), Time(2900));
        assert_eq!(it.passes(Time(2900)), Some("machine_start"));
    }

    #[test]
    fn the_end_of_a_machines_message_is_waited_for() {
        let mut it = detecting(true);
        it.begins_to_talk(Time(500));
        assert_eq!(it.passes(Time(2900)), None);
        assert_eq!(it.due(), Time(30_000));
        assert_eq!(
            it.stops_to_talk(Duration::from_secs(9)),
            Some("machine_end_silence")
        );
        let mut endless = detecting(true);
        endless.begins_to_talk(Time(500));
        assert_eq!(endless.passes(Time(2900)), None);
        assert_eq!(endless.passes(Time(30_000)), Some("machine_end_other"));
    }

    #[test]
    fn silence_says_nothing() {
        let mut it = detecting(false);
        assert_eq!((it.due(), it.passes(Time(4999))), (Time(5000), None));
        assert_eq!(it.passes(Time(5000)), Some("unknown"));
    }
}
