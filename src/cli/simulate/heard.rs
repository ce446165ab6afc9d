//! What the caller of a simulated call heard, in words.

use std::time::Duration;

use crate::clock::Time;
use crate::simulate::{Phone, Sound};
use crate::trace::{Entry, Kind};

/// How the trace names what is made or fetched to be played next.
const SOUND: &str = "sound: ";

/// A sound is heard at the instant at which it is named, give or take rounding.
const ROUNDING: Duration = Duration::from_millis(5);

/// Listens beside the caller: Asterisk plays files, and only the trace says which text
/// or URL one was made of.
#[derive(Debug, Default)]
pub(super) struct Listener {
    /// What was named, and how long after the call began.
    names: Vec<(Duration, String)>,
}

impl Listener {
    /// Follows the timeline.
    pub(super) fn hear(&mut self, entry: &Entry, began: Time) {
        if entry.kind == Kind::Decision
            && let Some(name) = entry.text.strip_prefix(SOUND)
        {
            self.names.push((entry.at.since(began), name.to_owned()));
        }
    }

    /// What a file in pivot's media folder was made of: what was named last before it.
    fn name(&self, uri: &str, from: Duration) -> String {
        let made = uri.starts_with("sound:/") || uri.contains("/media/");
        let named = |(at, _): &&(Duration, String)| *at <= from + ROUNDING;
        let name = self.names.iter().rev().find(named).filter(|_| made);
        name.map_or_else(|| uri.to_owned(), |(_, name)| name.clone())
    }

    /// One line for each sound, with its beginning and length in seconds.
    pub(super) async fn summary(&self, phone: &Phone) -> Vec<String> {
        let heard = phone.heard().await;
        if heard.is_empty() {
            return vec!["\nthe caller heard nothing".into()];
        }
        let mut lines = vec!["\nthe caller heard:".to_owned()];
        for heard in heard {
            let what = match &heard.what {
                Sound::Media(uri) => self.name(uri, heard.from),
                Sound::Ringback => "ringing".into(),
                Sound::Music(class) => format!("music on hold, class {class}"),
                Sound::Bridge(others) if others.is_empty() => "nobody, alone in a bridge".into(),
                Sound::Bridge(others) => format!("a conversation with {}", others.len()),
            };
            let length = heard
                .to
                .map_or(Duration::ZERO, |to| to.saturating_sub(heard.from));
            let cut = match (&heard.what, heard.complete) {
                (Sound::Media(_), false) => ", cut short",
                _ => "",
            };
            lines.push(format!(
                "{:>9.3}  {what}, {:.1} s{cut}",
                heard.from.as_secs_f64(),
                length.as_secs_f64()
            ));
        }
        lines
    }
}
