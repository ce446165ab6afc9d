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
            None => unknown(voice),
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
            _ => unknown(voice),
        };
    }
    Wanted {
        name: Some(voice.to_owned()),
        ..Wanted::default()
    }
}

fn unknown(voice: &str) -> Wanted {
    tracing::warn!(voice, "unknown voice; the default one speaks");
    Wanted::default()
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
}
