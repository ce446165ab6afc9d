//! What a document's `voice` and `language` ask for, in terms that every
//! engine can serve.

use crate::call::ops::Utterance;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gender {
    Female,
    Male,
}

use Gender::{Female, Male};

/// A voice as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Wanted {
    /// In lower case with dashes, as in `en-us`. The document's own, else the voice's.
    pub(super) language: Option<String>,
    pub(super) gender: Option<Gender>,
    /// The voice's name, for an engine that has it.
    pub(super) name: Option<String>,
}

impl Wanted {
    /// Unknown voices ask for nothing: the engine's default speaks.
    pub(super) fn of(utterance: &Utterance) -> Self {
        let mut wanted = utterance.voice.as_deref().map(named).unwrap_or_default();
        if let Some(language) = &utterance.language {
            wanted.language = Some(tag(language));
        }
        wanted
    }
}

/// What the name of a voice says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// A voice without a language of its own.
    Basic,
    /// Its language, as in `en-us`.
    Language(String),
    /// A name of Amazon's or Google's that they do not have.
    Missing,
    /// Of no system that documents are written for: perhaps a voice of the engine's own.
    Stranger,
}

impl Known {
    pub fn of(voice: &str) -> Self {
        let wanted = named(voice);
        let family = voice.starts_with("Polly.") || voice.starts_with("Google.");
        match (wanted.language, wanted.name, family) {
            (Some(language), ..) => Self::Language(language),
            (None, None, true) => Self::Missing,
            (None, Some(_), _) => Self::Stranger,
            (None, None, false) => Self::Basic,
        }
    }

    /// Whether a voice can be expected to speak this language: a region or a
    /// script of its own does not matter.
    pub fn speaks(&self, language: &str) -> bool {
        match self {
            Self::Language(own) => primary(own) == primary(&tag(language)),
            _ => true,
        }
    }
}

/// The language without its region; Chinese and Norwegian have two names each.
fn primary(tag: &str) -> &str {
    match tag.split('-').next().unwrap_or_default() {
        "zh" | "cmn" | "yue" => "zh",
        "no" | "nb" => "nb",
        "arb" => "ar",
        primary => primary,
    }
}

fn tag(language: &str) -> String {
    language.trim().replace('_', "-").to_lowercase()
}

fn named(voice: &str) -> Wanted {
    let voice = voice.trim();
    let basic = |gender| Wanted {
        gender: Some(gender),
        ..Wanted::default()
    };
    // Kazoo writes `female/en-US`.
    if let Some((voice, language)) = voice.split_once('/') {
        return Wanted {
            language: Some(tag(language)),
            ..named(voice)
        };
    }
    match voice.to_lowercase().as_str() {
        "" | "default" => return Wanted::default(),
        "man" | "male" => return basic(Male),
        "woman" | "female" | "alice" => return basic(Female),
        _ => {}
    }
    if let Some(polly) = voice.strip_prefix("Polly.") {
        let name = polly.split('-').next().unwrap_or_default();
        return match POLLY.iter().find(|(known, ..)| *known == name) {
            Some((_, language, gender)) => Wanted {
                language: Some((*language).to_owned()),
                gender: Some(*gender),
                name: None,
            },
            None => Wanted::default(),
        };
    }
    if let Some(google) = voice.strip_prefix("Google.") {
        // The language and region begin the name, as in `en-US-Standard-C`.
        let mut parts = google.splitn(3, '-');
        return match (parts.next(), parts.next()) {
            (Some(language), Some(region)) => Wanted {
                language: Some(tag(&format!("{language}-{region}"))),
                ..Wanted::default()
            },
            _ => Wanted::default(),
        };
    }
    Wanted {
        name: Some(voice.to_owned()),
        ..Wanted::default()
    }
}

/// Amazon's voices: name, language, gender.
const POLLY: [(&str, &str, Gender); 92] = [
    ("Aditi", "en-in", Female),
    ("Adriano", "it-it", Male),
    ("Amy", "en-gb", Female),
    ("Andres", "es-mx", Male),
    ("Aria", "en-nz", Female),
    ("Arlet", "ca-es", Female),
    ("Arthur", "en-gb", Male),
    ("Astrid", "sv-se", Female),
    ("Ayanda", "en-za", Female),
    ("Bianca", "it-it", Female),
    ("Brian", "en-gb", Male),
    ("Camila", "pt-br", Female),
    ("Carla", "it-it", Female),
    ("Carmen", "ro-ro", Female),
    ("Celine", "fr-fr", Female),
    ("Chantal", "fr-ca", Female),
    ("Conchita", "es-es", Female),
    ("Cristiano", "pt-pt", Male),
    ("Daniel", "de-de", Male),
    ("Danielle", "en-us", Female),
    ("Dora", "is-is", Female),
    ("Elin", "sv-se", Female),
    ("Emma", "en-gb", Female),
    ("Enrique", "es-es", Male),
    ("Ewa", "pl-pl", Female),
    ("Filiz", "tr-tr", Female),
    ("Gabrielle", "fr-ca", Female),
    ("Geraint", "en-gb", Male),
    ("Giorgio", "it-it", Male),
    ("Gregory", "en-us", Male),
    ("Gwyneth", "cy-gb", Female),
    ("Hala", "ar-ae", Female),
    ("Hannah", "de-at", Female),
    ("Hans", "de-de", Male),
    ("Hiujin", "yue-cn", Female),
    ("Ida", "nb-no", Female),
    ("Ines", "pt-pt", Female),
    ("Isabelle", "fr-be", Female),
    ("Ivy", "en-us", Female),
    ("Jacek", "pl-pl", Male),
    ("Jan", "pl-pl", Male),
    ("Jitka", "cs-cz", Female),
    ("Joanna", "en-us", Female),
    ("Joey", "en-us", Male),
    ("Justin", "en-us", Male),
    ("Kajal", "en-in", Female),
    ("Karl", "is-is", Male),
    ("Kazuha", "ja-jp", Female),
    ("Kendra", "en-us", Female),
    ("Kevin", "en-us", Male),
    ("Kimberly", "en-us", Female),
    ("Laura", "nl-nl", Female),
    ("Lea", "fr-fr", Female),
    ("Liam", "fr-ca", Male),
    ("Lisa", "nl-be", Female),
    ("Liv", "nb-no", Female),
    ("Lotte", "nl-nl", Female),
    ("Lucia", "es-es", Female),
    ("Lupe", "es-us", Female),
    ("Mads", "da-dk", Male),
    ("Maja", "pl-pl", Female),
    ("Marlene", "de-de", Female),
    ("Mathieu", "fr-fr", Male),
    ("Matthew", "en-us", Male),
    ("Maxim", "ru-ru", Male),
    ("Mia", "es-mx", Female),
    ("Miguel", "es-us", Male),
    ("Mizuki", "ja-jp", Female),
    ("Naja", "da-dk", Female),
    ("Niamh", "en-ie", Female),
    ("Nicole", "en-au", Female),
    ("Ola", "pl-pl", Female),
    ("Olivia", "en-au", Female),
    ("Pedro", "es-us", Male),
    ("Penelope", "es-us", Female),
    ("Raveena", "en-in", Female),
    ("Remi", "fr-fr", Male),
    ("Ricardo", "pt-br", Male),
    ("Ruben", "nl-nl", Male),
    ("Russell", "en-au", Male),
    ("Ruth", "en-us", Female),
    ("Salli", "en-us", Female),
    ("Seoyeon", "ko-kr", Female),
    ("Sergio", "es-es", Male),
    ("Sofie", "da-dk", Female),
    ("Stephen", "en-us", Male),
    ("Suvi", "fi-fi", Female),
    ("Takumi", "ja-jp", Male),
    ("Tatyana", "ru-ru", Female),
    ("Tomoko", "ja-jp", Female),
    ("Vicki", "de-de", Female),
    ("Zhiyu", "cmn-cn", Female),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(voice: &str, language: Option<&str>) -> (Option<String>, Option<Gender>) {
        let wanted = Wanted::of(&Utterance {
            voice: Some(voice.into()),
            language: language.map(str::to_owned),
            ..Utterance::default()
        });
        (wanted.language, wanted.gender)
    }

    #[test]
    fn voices_of_other_systems_are_understood() {
        let tag = |t: &str| Some(t.to_owned());
        assert_eq!(wanted("man", None), (None, Some(Male)));
        assert_eq!(wanted("alice", Some("fr_CA")), (tag("fr-ca"), Some(Female)));
        assert_eq!(wanted("female/en-US", None), (tag("en-us"), Some(Female)));
        assert_eq!(wanted("Polly.Hans", None), (tag("de-de"), Some(Male)));
        assert_eq!(
            wanted("Polly.Joanna-Neural", None),
            (tag("en-us"), Some(Female))
        );
        assert_eq!(
            wanted("Google.pt-BR-Chirp3-HD-Kore", None),
            (tag("pt-br"), None)
        );
    }

    #[test]
    fn the_documents_language_beats_the_voices_own() {
        assert_eq!(wanted("Polly.Hans", Some("de-AT")).0, Some("de-at".into()));
    }

    #[test]
    fn unknown_voices_ask_for_nothing() {
        assert_eq!(wanted("Polly.Nobody", None), (None, None));
        assert_eq!(wanted("", None), (None, None));
    }

    #[test]
    fn a_name_says_which_language_it_speaks() {
        let language = |tag: &str| Known::Language(tag.to_owned());
        for (voice, known) in [
            ("man", Known::Basic),
            ("alice", Known::Basic),
            ("Polly.Amy", language("en-gb")),
            ("Polly.Vicki-Neural", language("de-de")),
            ("Google.es-ES-Wavenet-C", language("es-es")),
            ("female/en-US", language("en-us")),
            ("Polly.Nobody", Known::Missing),
            ("Google.x", Known::Missing),
            ("robot", Known::Stranger),
        ] {
            assert_eq!(Known::of(voice), known, "{voice}");
        }
        assert!(Known::of("Polly.Hans").speaks("de-AT"));
        assert!(!Known::of("Polly.Hans").speaks("fr-FR"));
        assert!(Known::of("Polly.Zhiyu").speaks("zh-CN"));
        assert!(Known::of("woman").speaks("fr-FR"));
    }
}
