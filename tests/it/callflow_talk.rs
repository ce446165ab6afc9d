//! A caller who talks with a flow: answers questions, is recorded, hears things.

use std::time::Duration;

use pivot::objects::Kind;
use pivot::simulate::{Phone, Sound};
use pivot::store::{Attachment, Document};
use pivot::trace::Timeline;
use serde_json::Value;

use crate::support::{Scenario, ms, seconds};

/// The caller's side of a call.
pub(crate) struct Talk<'s> {
    pub(crate) scenario: &'s Scenario,
    pub(crate) phone: Phone,
    /// Questions that were answered, and recordings that were made.
    asked: usize,
    recorded: usize,
    call: String,
}

/// As the timeline says them.
const QUESTION: &str = "waits for keys";
const RECORDING: &str = "RecordingStarted";

impl Scenario {
    /// Alice dials this number and talks.
    pub(crate) async fn talk(&self, number: &str, arguments: &[&str]) -> Talk<'_> {
        let before = self.pivot.traces.calls().await;
        let phone = self.dial(number, arguments).await;
        for _ in 0..100 {
            let calls = self.pivot.traces.calls().await;
            let mut new = calls.iter().filter(|c| before.iter().all(|b| b.id != c.id));
            if let Some(call) = new.next() {
                return Talk {
                    scenario: self,
                    phone,
                    asked: 0,
                    recorded: 0,
                    call: call.id.clone(),
                };
            }
            tokio::time::sleep(ms(20)).await;
        }
        panic!("the call does not come in");
    }

    /// The stored things of a kind.
    pub(crate) async fn all_of(&self, kind: Kind) -> Vec<Document> {
        let services = &self.pivot.services;
        services
            .catalog
            .list(&services.account, kind)
            .await
            .unwrap()
    }

    /// Asserts that no recording is kept.
    pub(crate) async fn no_recordings(&self) {
        let kept = self.pivot.services.recordings.list().await.unwrap();
        assert!(kept.is_empty(), "{kept:?}");
    }

    /// The sound of a stored thing.
    pub(crate) async fn sound_of(&self, kind: Kind, id: &str) -> Option<Attachment> {
        let services = &self.pivot.services;
        let read = services.catalog.attachment(&services.account, kind, id);
        read.await.unwrap()
    }

    /// Stores a document with this file.
    pub(crate) async fn put_sound(&self, kind: Kind, id: &str, document: Value, file: Vec<u8>) {
        self.put(kind, id, document).await;
        let services = &self.pivot.services;
        let attachment = Attachment {
            content_type: "audio/x-wav".into(),
            bytes: file,
        };
        let write = services
            .catalog
            .attach(&services.account, kind, id, attachment);
        write.await.unwrap();
    }
}

impl Talk<'_> {
    pub(crate) async fn timeline(&self) -> Timeline {
        self.scenario.pivot.traces.find(&self.call).await.unwrap()
    }

    pub(crate) async fn lines(&self) -> String {
        let timeline = self.timeline().await;
        let lines = timeline
            .entries
            .iter()
            .map(|e| format!("{:?} {}", e.kind, e.text));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// How many questions were waited with for an answer.
    pub(crate) async fn questions(&self) -> usize {
        self.lines().await.matches(QUESTION).count()
    }

    async fn wait(&self, text: &str, times: usize) {
        let began = tokio::time::Instant::now();
        loop {
            let timeline = self.timeline().await;
            let told = timeline.entries.iter().filter(|e| e.text.contains(text));
            if told.count() >= times {
                return;
            }
            assert!(
                timeline.summary.ended.is_none() && began.elapsed() < Duration::from_mins(3),
                "{times} × {text:?} did not come\n{}",
                self.lines().await
            );
            tokio::time::sleep(ms(20)).await;
        }
    }

    /// Waits for the next question, and answers it with these keys.
    pub(crate) async fn answer(&mut self, keys: &str) -> &mut Self {
        self.question().await;
        self.phone.press(keys).await;
        self
    }

    /// Answers the next questions one after the other.
    pub(crate) async fn answers(&mut self, all: &[&str]) -> &mut Self {
        for keys in all {
            self.answer(keys).await;
        }
        self
    }

    /// Waits for the next question.
    pub(crate) async fn question(&mut self) {
        self.asked += 1;
        self.wait(QUESTION, self.asked).await;
    }

    /// Waits for the next recording, talks for so long, and ends it with `#`.
    pub(crate) async fn say(&mut self, length: Duration) -> &mut Self {
        self.recording().await;
        self.phone.talk(length).await;
        self.phone.press("#").await;
        self
    }

    pub(crate) async fn recording(&mut self) {
        self.recorded += 1;
        self.wait(RECORDING, self.recorded).await;
    }

    /// Another task picks the call up, whose timeline begins anew.
    pub(crate) async fn kill_and_resume(&mut self) {
        self.scenario.kill_and_resume().await;
        self.asked = 0;
        self.recorded = 0;
    }

    /// Waits until this sound is heard for the so-manieth time.
    pub(crate) async fn hears(&self, sound: &str, times: usize) {
        let began = tokio::time::Instant::now();
        while self.times(sound).await < times {
            assert!(
                began.elapsed() < Duration::from_mins(3),
                "{sound} is not heard\n{}",
                self.lines().await
            );
            tokio::time::sleep(ms(20)).await;
        }
    }

    /// How often a sound was heard.
    pub(crate) async fn times(&self, sound: &str) -> usize {
        let uri = format!("sound:{sound}");
        let heard = self.phone.heard_media().await;
        heard.iter().filter(|heard| **heard == uri).count()
    }

    /// The sounds of Asterisk's that were heard; files of pivot's are `*`.
    pub(crate) async fn heard(&self) -> Vec<String> {
        let heard = self.phone.heard_media().await;
        heard
            .into_iter()
            .map(|uri| match uri.strip_prefix("sound:") {
                Some(path) if path.starts_with('/') => "*".into(),
                Some(sound) => sound.to_owned(),
                None => uri,
            })
            .collect()
    }

    /// How long the files of pivot's last that were heard.
    pub(crate) async fn lengths(&self) -> Vec<Duration> {
        let files = self.files().await;
        files.into_iter().map(|(length, _)| length).collect()
    }

    /// The same, and for how long each was heard; not at all while it goes on.
    pub(crate) async fn files(&self) -> Vec<(Duration, Duration)> {
        let mut files = Vec::new();
        for heard in self.phone.heard().await {
            let Sound::Media(uri) = &heard.what else {
                continue;
            };
            let Some(path) = uri.strip_prefix("sound:/") else {
                continue;
            };
            let file = hound::WavReader::open(format!("/{path}.wav")).unwrap();
            let length = Duration::from_millis(u64::from(file.duration()) / 8);
            files.push((
                length,
                heard.to.map_or(Duration::ZERO, |to| to - heard.from),
            ));
        }
        files
    }

    /// Waits for the end of the call, and that nothing is left of it.
    pub(crate) async fn end(&self) {
        self.phone.wait_ended().await;
        self.scenario.nothing_left().await;
    }
}

/// A tone of so many milliseconds, as a file.
pub(crate) fn wave(milliseconds: u32) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::new(&mut file, spec).unwrap();
    for i in 0..milliseconds * 8 {
        let sample = i16::try_from(i % 20).unwrap() * 500;
        writer.write_sample(sample).unwrap();
    }
    writer.finalize().unwrap();
    file.into_inner()
}

/// Whether two lengths differ by no more than what coding adds.
pub(crate) fn about(length: Duration, expected: Duration) -> bool {
    length.abs_diff(expected) < ms(250)
}

pub(crate) const A_WHILE: Duration = seconds(2);
