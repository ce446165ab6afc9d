//! espeak-ng: robotic, in a hundred languages, and always there.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;

use super::command::Run;
use super::voice::{Gender, Wanted};
use super::{SpeechError, Synthesize};
use crate::call::ops::Utterance;
use crate::config;
use crate::media::{Kind, Pcm};

pub(super) const NAME: &str = "espeak-ng";
const KEY: &str = "speech.espeak-ng.command";
const DEFAULT: &str = "en-us";

pub(super) struct Espeak {
    command: PathBuf,
    speed: String,
    limit: Duration,
    /// The languages it has, as its voice list names them.
    languages: OnceCell<Vec<String>>,
}

impl Espeak {
    pub(super) fn new(config: &config::EspeakNg, limit: Duration) -> Self {
        Self {
            command: config.command.clone(),
            speed: config.speed.to_string(),
            limit,
            languages: OnceCell::new(),
        }
    }

    async fn run(&self, args: Vec<&OsStr>, input: &str) -> Result<Vec<u8>, SpeechError> {
        let run = Run {
            engine: NAME,
            command: &self.command,
            key: KEY,
            args,
            input,
            limit: self.limit,
        };
        run.output().await
    }

    async fn languages(&self) -> Result<&[String], SpeechError> {
        let list = self
            .languages
            .get_or_try_init(|| async {
                let list = self.run(vec![OsStr::new("--voices")], "").await?;
                Ok::<_, SpeechError>(languages(&String::from_utf8_lossy(&list)))
            })
            .await?;
        Ok(list)
    }

    async fn say(&self, utterance: &Utterance) -> Result<Pcm, SpeechError> {
        let wanted = Wanted::of(utterance);
        let voice = voice(&wanted, self.languages().await?);
        let mut args = vec![
            "--stdin",
            "--stdout",
            "-b",
            "1",
            "-s",
            &self.speed,
            "-v",
            &voice,
        ];
        if utterance.ssml {
            args.push("-m");
        }
        let args = args.into_iter().map(OsStr::new).collect();
        let wav = self.run(args, &utterance.text).await?;
        super::sound(NAME, wav, Kind::wav()).await
    }
}

impl Synthesize for Espeak {
    fn name(&self) -> &'static str {
        NAME
    }

    fn settings(&self) -> String {
        self.speed.clone()
    }

    fn takes_ssml(&self) -> bool {
        true
    }

    fn synthesize<'a>(
        &'a self,
        utterance: &'a Utterance,
    ) -> BoxFuture<'a, Result<Pcm, SpeechError>> {
        self.say(utterance).boxed()
    }
}

/// The language column of `espeak-ng --voices`.
fn languages(list: &str) -> Vec<String> {
    let column = |line: &str| line.split_whitespace().nth(1).map(str::to_lowercase);
    list.lines().skip(1).filter_map(column).collect()
}

/// The nearest that it has: the language with its region, else the language,
/// else the default; with a man's or woman's colour where one was asked for.
fn voice(wanted: &Wanted, has: &[String]) -> String {
    let language = wanted.language.as_deref().unwrap_or(DEFAULT);
    let language = match language.split('-').next().unwrap_or_default() {
        "zh" => "cmn",
        "no" => "nb",
        _ => language,
    };
    let has_it = |tag: &str| has.iter().any(|l| l == tag);
    let primary = language.split('-').next().unwrap_or_default();
    let regional = || {
        // A plain "en", which is what Asterisk's channels say, would otherwise be
        // the first of the list, Caribbean English.
        let default = |tag: &&String| *tag == DEFAULT && DEFAULT.starts_with(primary);
        has.iter()
            .find(default)
            .or_else(|| has.iter().find(|l| l.split('-').next() == Some(primary)))
            .cloned()
    };
    let found = if has_it(language) {
        Some(language.to_owned())
    } else if has_it(primary) {
        Some(primary.to_owned())
    } else {
        regional()
    };
    let language = found.unwrap_or_else(|| {
        tracing::warn!(
            language,
            used = DEFAULT,
            "espeak-ng does not have this language"
        );
        DEFAULT.to_owned()
    });
    match wanted.gender {
        Some(Gender::Female) => format!("{language}+f3"),
        Some(Gender::Male) => format!("{language}+m3"),
        None => language,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(language: Option<&str>, gender: Option<Gender>) -> Wanted {
        Wanted {
            language: language.map(str::to_owned),
            gender,
            name: None,
        }
    }

    #[test]
    fn the_nearest_language_is_taken() {
        let list = "Pty Language       Age/Gender VoiceName          File          Other Languages\n \
                    5  cmn             --/M      Chinese_(Mandarin) sit/cmn\n \
                    5  de              --/M      German             gmw/de\n \
                    5  en-029          --/M      English_(Caribbean) gmw/en-029\n \
                    2  en-gb           --/M      English            gmw/en\n \
                    2  en-us           --/M      English_(America)  gmw/en-US\n \
                    5  pt-br           --/M      Portuguese         roa/pt-BR\n";
        let has = languages(list);
        assert_eq!(has.len(), 6);
        let voice = |tag| voice(&wanted(tag, None), &has);
        assert_eq!(voice(Some("en-gb")), "en-gb");
        assert_eq!(voice(Some("en")), "en-us");
        assert_eq!(voice(Some("en-nz")), "en-us");
        assert_eq!(voice(Some("de-at")), "de");
        assert_eq!(voice(Some("pt-pt")), "pt-br");
        assert_eq!(voice(Some("zh-cn")), "cmn");
        assert_eq!(voice(Some("tlh")), "en-us");
        assert_eq!(voice(None), "en-us");
    }

    #[test]
    fn men_and_women_sound_different() {
        let has = vec!["en-us".to_owned()];
        let voice = |gender| voice(&wanted(None, Some(gender)), &has);
        assert_eq!(voice(Gender::Female), "en-us+f3");
        assert_eq!(voice(Gender::Male), "en-us+m3");
    }
}
