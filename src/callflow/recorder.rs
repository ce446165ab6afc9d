//! Recording something by telephone: a beep, the recording, and a review in which
//! the caller keeps it, listens to it or says it again.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::library::{Part, phrase, play, say};
use crate::call::ops::{
    Collect, Keys, Record, RecordEnd, RecordingRef, RecordingTrack, Sound, Tone,
};
use crate::call::{Call, Interrupt, Left};
use crate::objects::{Media, MediaSource};

/// Questions that are not answered before the recording is kept.
const MOST_QUESTIONS: u32 = 4;
/// Greetings that are shorter were not meant.
pub(super) const LEAST_GREETING: Duration = Duration::from_millis(1500);
/// From the end of the question to the key.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is recorded, and how.
pub(super) struct Recorder<'r> {
    /// Said before each beep.
    pub(super) before: &'r [Part<'r>],
    pub(super) max: Duration,
    /// A shorter one is made again.
    pub(super) least: Option<Duration>,
    /// What becomes of it when the caller hangs up; thrown away without.
    pub(super) message: Option<Left>,
    /// What the caller answers when asked about it.
    pub(super) keys: ReviewKeys<'r>,
}

/// The keys of the question about what was recorded.
pub(super) struct ReviewKeys<'r> {
    pub(super) save: &'r str,
    pub(super) listen: &'r str,
    pub(super) record: &'r str,
    pub(super) operator: Option<&'r str>,
}

impl Default for ReviewKeys<'_> {
    fn default() -> Self {
        Self {
            save: "1",
            listen: "2",
            record: "3",
            operator: None,
        }
    }
}

/// What must be remembered of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Take {
    recording: Option<RecordingRef>,
    /// Questions that were not answered.
    unanswered: u32,
}

/// What came of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Took {
    /// Another is needed; how far it is must be saved before.
    Again,
    Kept(RecordingRef),
    Operator(RecordingRef),
    /// It could not be recorded.
    Nothing,
}

impl Take {
    /// One recording, or one question about it.
    pub(super) async fn round(
        &mut self,
        call: &mut Call,
        by: &Recorder<'_>,
    ) -> Result<Took, Interrupt> {
        match self.recording.clone() {
            None => self.record(call, by).await,
            Some(recording) => self.review(call, by, recording).await,
        }
    }

    async fn record(&mut self, call: &mut Call, by: &Recorder<'_>) -> Result<Took, Interrupt> {
        let mut sounds = phrase(call, by.before).await?;
        sounds.push(beep());
        play(call, sounds).await?;
        call.keep_as(by.message.clone());
        let recorded = call
            .record(Record {
                max: by.max,
                silence: None,
                finish_on: Keys::all(),
                beep: false,
                trim: false,
                track: RecordingTrack::Inbound,
                notify: None,
                transcribe: None,
            })
            .await?;
        let Some(recording) = recorded.recording else {
            if let RecordEnd::Failed(why) = recorded.end {
                call.warn(format!("nothing was recorded: {why}"));
            }
            call.keeps_no_more();
            return Ok(Took::Nothing);
        };
        call.keeps(&recording);
        if by.least.is_some_and(|least| recording.recorded < least) {
            self.discard(call, &recording).await?;
            say(call, &[Part::Prompt("vm-recording_to_short")]).await?;
            self.unanswered += 1;
            return Ok(if self.unanswered < MOST_QUESTIONS {
                Took::Again
            } else {
                Took::Nothing
            });
        }
        self.unanswered = 0;
        self.recording = Some(recording);
        Ok(Took::Again)
    }

    async fn review(
        &mut self,
        call: &mut Call,
        by: &Recorder<'_>,
        recording: RecordingRef,
    ) -> Result<Took, Interrupt> {
        let prompts = phrase(call, &[Part::Prompt("vm-review_recording")]).await?;
        let asked = call.collect_with_ahead(one_key(prompts, PATIENCE)).await?;
        let pressed = asked.digits.as_str();
        let keys = &by.keys;
        if pressed.is_empty() {
            return Ok(self.unanswered(recording));
        }
        if pressed == keys.save {
            return Ok(Took::Kept(recording));
        }
        if keys.operator == Some(pressed) {
            return Ok(Took::Operator(recording));
        }
        if pressed == keys.listen {
            self.unanswered = 0;
            let sound = call.recorded_sound(&recording).await?;
            play(call, sound.into_iter().collect()).await?;
        } else if pressed == keys.record {
            self.unanswered = 0;
            self.recording = None;
            self.discard(call, &recording).await?;
        } else {
            return Ok(self.unanswered(recording));
        }
        Ok(Took::Again)
    }

    /// Asks again; what nobody answers about is kept in the end.
    fn unanswered(&mut self, recording: RecordingRef) -> Took {
        self.unanswered += 1;
        if self.unanswered >= MOST_QUESTIONS {
            Took::Kept(recording)
        } else {
            Took::Again
        }
    }

    async fn discard(&self, call: &mut Call, recording: &RecordingRef) -> Result<(), Interrupt> {
        call.keeps_no_more();
        call.discard_recording(recording).await
    }
}

/// Waits for a key while sounds play, and for a while after them.
pub(super) fn one_key(prompts: Vec<Sound>, first: Duration) -> Collect {
    Collect {
        prompts,
        max: Some(1),
        finish_on: Keys::none(),
        first,
        between: first,
        typed: String::new(),
    }
}

/// What says that the recording begins.
pub(super) fn beep() -> Sound {
    Sound::Tone(Tone {
        frequencies: vec![440.0],
        on: Duration::from_millis(500),
        off: Duration::ZERO,
        times: 1,
    })
}

/// Whose greeting it is.
pub(super) struct Owner<'o> {
    /// `menu`, `voicemail`.
    pub(super) kind: &'o str,
    /// Its id.
    pub(super) id: &'o str,
    /// The greeting's name among the media.
    pub(super) name: String,
    /// The sound that the owner has so far.
    pub(super) before: Option<&'o str>,
}

/// Stores a greeting, in place of the one recorded before; gives its id.
pub(super) async fn store(
    call: &mut Call,
    recording: &RecordingRef,
    owner: Owner<'_>,
) -> Result<Option<String>, Interrupt> {
    let mut replaced = None;
    if let Some(before) = owner.before
        && let Some(medium) = call.stored::<Media>(before).await?
        && medium.source_id.as_deref() == Some(owner.id)
        && medium.source_type.as_deref() == Some(owner.kind)
    {
        replaced = Some(before.to_owned());
    }
    // The recording's own digits: the same again after the call was picked up.
    let own = recording.sid.get(2..).unwrap_or_default().to_owned();
    let id = replaced.unwrap_or(own);
    let medium = Media {
        name: owner.name,
        media_source: MediaSource::Recording,
        content_type: Some("audio/x-wav".into()),
        source_id: Some(owner.id.to_owned()),
        source_type: Some(owner.kind.to_owned()),
        streamable: Some(true),
        ..Media::default()
    };
    let stored = call.store_sound(&id, medium, recording).await?;
    call.keeps_no_more();
    Ok(stored.then_some(id))
}

/// Puts a sound's id into the field `media` of a document, or takes it out.
pub(super) fn name_sound(body: &mut Map<String, Value>, field: &str, id: Option<&str>) {
    let media = body.entry("media").or_insert(Value::Null);
    if !media.is_object() {
        *media = Value::Object(Map::new());
    }
    if let Value::Object(media) = media {
        match id {
            Some(id) => media.insert(field.to_owned(), id.into()),
            None => media.remove(field),
        };
    }
}
