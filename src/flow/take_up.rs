//! An answer that has come: a document to run, or sound, or words.

use std::sync::Arc;

use super::aside;
use super::classify::Content;
use super::fetch::Fetched;
use super::finish::{Outcome, Status};
use super::run::{completed, tell};
use super::session::{At, Session};
use crate::call::ops::{Keys, Play, PlayEnd, Sound, Utterance};
use crate::call::{Call, Interrupt, Services};
use crate::callflow::Walk;
use crate::media::{self, Clip};
use crate::program::{AsideEnd, End};

/// Takes up a document that has come.
pub(super) async fn take_up(
    call: &mut Call,
    session: &mut Session,
    fetched: Fetched,
) -> Result<Option<Outcome>, Interrupt> {
    session.base = Some(fetched.answer.url.to_string());
    call.begin_document();
    match fetched.content {
        Content::TwiMl { document, report } => {
            tell(call, &report, &document.source);
            session.taken_over = false;
            session.at = At::TwiMl {
                source: document.source.clone(),
                verb: 0,
            };
            session.document = Some(document);
        }
        Content::Callflow { .. } if session.is_aside() => {
            call.warn("a document beside a verb is TwiML; this Callflow answer is skipped");
            aside::leave(call, session, AsideEnd::Failed).await?;
        }
        Content::Callflow { root, report } => {
            tell(call, &report, &fetched.answer.text().text);
            match &mut session.walk {
                Some(walk) => walk.replace(root),
                None => session.walk = Some(Walk::new(root)),
            }
            session.taken_over = true;
            session.reported.clear();
            call.state.request_variables.clear();
            session.at = At::Callflow;
        }
        Content::Words(text) => {
            call.note("the answer is plain text and is spoken");
            call.answer().await?;
            let speech = Sound::Speech(Utterance {
                text,
                ..Utterance::default()
            });
            call.play(Play {
                sounds: vec![speech],
                stop_on: Keys::none(),
            })
            .await?;
            return Ok(Some(completed(session, None)));
        }
        Content::Audio => {
            call.note("the answer is sound and is played");
            let services = call.services().clone();
            let url = fetched.answer.url.to_string();
            let media_type = fetched.answer.media_type();
            let kept = call
                .during(keep(services, url, media_type, fetched.answer.body))
                .await?;
            match kept {
                Ok(clip) => {
                    call.answer().await?;
                    let loops = session
                        .frames
                        .last()
                        .is_some_and(|f| f.kind.repeats_sound());
                    loop {
                        let end = call
                            .play(Play {
                                sounds: vec![Sound::Clip(clip.uri.clone())],
                                stop_on: Keys::none(),
                            })
                            .await?;
                        if !loops || end != PlayEnd::Finished {
                            break;
                        }
                        // Results of operations are not kept for ever.
                        call.save(&());
                    }
                }
                Err(why) => call.warn(why),
            }
            return Ok(Some(completed(session, None)));
        }
        Content::Nothing => {
            call.note("the answer is empty: hangs up, as Kazoo does");
            return Ok(Some(Outcome {
                end: End::Hangup(None),
                status: Status::Completed,
                reason: String::new(),
            }));
        }
    }
    Ok(None)
}

/// Keeps an answer that is sound where Asterisk finds it.
async fn keep(
    services: Arc<Services>,
    url: String,
    media_type: Option<String>,
    body: bytes::Bytes,
) -> Result<Clip, String> {
    let name = url.split(['?', '#']).next().unwrap_or_default();
    let extension = name
        .rsplit_once('.')
        .map(|(_, extension)| extension.to_ascii_lowercase());
    let kind = media::Kind {
        content_type: media_type,
        extension,
    };
    let decoding = tokio::task::spawn_blocking(move || media::decode(body.to_vec(), &kind));
    let pcm = decoding.await.map_err(|error| error.to_string())??;
    // No two answers are the same sound for sure.
    let key = format!("answer {}", uuid::Uuid::new_v4());
    services
        .media
        .keep(&key, pcm)
        .await
        .map_err(|error| error.to_string())
}
