//! The attributes of `<Gather>` that are about speech. Speech is not recognised
//! yet: they are read and checked, so that a document's mistakes are told, and
//! warned about where they would have an effect.

use crate::twiml::attr::Attributes;
use crate::twiml::error;

/// These have an effect when `input` asks for speech.
const ATTRIBUTES: &[&str] = &[
    "bargeIn",
    "enhanced",
    "hints",
    "language",
    "maxSpeechTime",
    "partialResultCallback",
    "partialResultCallbackMethod",
    "profanityFilter",
    "speechModel",
    "speechTimeout",
];

const MODELS: &[&str] = &[
    "default",
    "numbers_and_commands",
    "phone_call",
    "experimental_conversations",
    "experimental_utterances",
];

/// Twilio's newer models have names of their makers' own.
const MAKERS: &[&str] = &["googlev2_", "deepgram_"];

const MOST_HINTS: usize = 500;
const LONGEST_HINT: usize = 100;

/// Reads `input` and the attributes that are about speech.
pub(super) fn read(attributes: &mut Attributes<'_, '_>) {
    let mut speech = false;
    for (word, span) in attributes.list("input") {
        match word.to_ascii_lowercase().as_str() {
            "dtmf" => {}
            "speech" => {
                speech = true;
                attributes.report_later(span, "`speech` as `input` of `<Gather>`");
            }
            _ => {
                attributes
                    .report(13326, span, format!("`input` cannot be `{word}`"))
                    .help("write `dtmf`, `speech` or `dtmf speech`");
            }
        }
    }
    check_values(attributes);
    if speech {
        for name in ATTRIBUTES {
            attributes.not_yet(name);
        }
    }
}

fn check_values(attributes: &mut Attributes<'_, '_>) {
    let model = attributes
        .text_if(
            "speechModel",
            13334,
            "write `default`, or a model as in `phone_call`",
            is_model,
        )
        .unwrap_or_else(|| "default".into());
    check_timeout(attributes, &model);
    attributes.number("maxSpeechTime", 13328, 1..=60);
    attributes.url("partialResultCallback");
    attributes.method("partialResultCallbackMethod", 13312);
    attributes.text_if(
        "language",
        13331,
        "write a language as in `en-US`",
        |value| {
            LANGUAGES
                .iter()
                .any(|known| known.eq_ignore_ascii_case(value))
        },
    );
    attributes.flag("profanityFilter", 13333, true);
    attributes.flag("enhanced", 13334, false);
    attributes.flag("bargeIn", 13332, true);
    attributes.flag("debug", error::SCHEMA, false);
    check_hints(attributes);
}

/// Whole seconds, or `auto`, which only the default model can do.
fn check_timeout(attributes: &mut Attributes<'_, '_>, model: &str) {
    let auto = attributes
        .raw("speechTimeout")
        .is_some_and(|value| value.trim() == "auto");
    if !auto {
        attributes.number("speechTimeout", 13327, 1..=u32::MAX);
        return;
    }
    if !model.eq_ignore_ascii_case("default")
        && let Some(found) = attributes.remark(
            "speechTimeout",
            13335,
            format!("`auto` does not work with the model `{model}`"),
        )
    {
        found.help("write whole seconds");
    }
}

fn is_model(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    MODELS.contains(&value.as_str()) || MAKERS.iter().any(|maker| value.starts_with(maker))
}

fn check_hints(attributes: &mut Attributes<'_, '_>) {
    let Some(hints) = attributes.text("hints") else {
        return;
    };
    let phrases: Vec<&str> = hints.split(',').collect();
    let problem = if phrases.len() > MOST_HINTS {
        format!("{} phrases; at most {MOST_HINTS} count", phrases.len())
    } else if let Some(long) = phrases
        .iter()
        .find(|p| p.trim().chars().count() > LONGEST_HINT)
    {
        let begin: String = long.trim().chars().take(20).collect();
        format!("the phrase `{begin}…` has more than {LONGEST_HINT} characters")
    } else {
        return;
    };
    if let Some(found) = attributes.remark("hints", 13330, problem) {
        found.help("write fewer and shorter phrases, parted by commas");
    }
}

/// Languages that Twilio recognises.
const LANGUAGES: &[&str] = &[
    "af-ZA",
    "am-ET",
    "ar-AE",
    "ar-BH",
    "ar-DZ",
    "ar-EG",
    "ar-IL",
    "ar-IQ",
    "ar-JO",
    "ar-KW",
    "ar-LB",
    "ar-MA",
    "ar-OM",
    "ar-PS",
    "ar-QA",
    "ar-SA",
    "ar-TN",
    "az-AZ",
    "bg-BG",
    "bn-BD",
    "bn-IN",
    "ca-ES",
    "cmn-Hans-CN",
    "cmn-Hans-HK",
    "cmn-Hant-TW",
    "cs-CZ",
    "da-DK",
    "de-DE",
    "el-GR",
    "en-AU",
    "en-CA",
    "en-GB",
    "en-GH",
    "en-IE",
    "en-IN",
    "en-KE",
    "en-NG",
    "en-NZ",
    "en-PH",
    "en-TZ",
    "en-US",
    "en-ZA",
    "es-AR",
    "es-BO",
    "es-CL",
    "es-CO",
    "es-CR",
    "es-DO",
    "es-EC",
    "es-ES",
    "es-GT",
    "es-HN",
    "es-MX",
    "es-NI",
    "es-PA",
    "es-PE",
    "es-PR",
    "es-PY",
    "es-SV",
    "es-US",
    "es-UY",
    "es-VE",
    "eu-ES",
    "fa-IR",
    "fi-FI",
    "fil-PH",
    "fr-BE",
    "fr-CA",
    "fr-CH",
    "fr-FR",
    "gl-ES",
    "gu-IN",
    "he-IL",
    "hi-IN",
    "hr-HR",
    "hu-HU",
    "hy-AM",
    "id-ID",
    "is-IS",
    "it-CH",
    "it-IT",
    "ja-JP",
    "jv-ID",
    "ka-GE",
    "km-KH",
    "kn-IN",
    "ko-KR",
    "lo-LA",
    "lt-LT",
    "lv-LV",
    "ml-IN",
    "mr-IN",
    "ms-MY",
    "multi",
    "nb-NO",
    "ne-NP",
    "nl-BE",
    "nl-NL",
    "no-NO",
    "pl-PL",
    "pt-BR",
    "pt-PT",
    "ro-RO",
    "ru-RU",
    "si-LK",
    "sk-SK",
    "sl-SI",
    "sr-RS",
    "su-ID",
    "sv-SE",
    "sw-KE",
    "sw-TZ",
    "ta-IN",
    "ta-LK",
    "ta-MY",
    "ta-SG",
    "te-IN",
    "th-TH",
    "tr-TR",
    "uk-UA",
    "ur-IN",
    "ur-PK",
    "vi-VN",
    "yue-Hant-HK",
    "zu-ZA",
];

#[cfg(test)]
mod tests {
    use crate::twiml::verbs::gather::Gather;
    use crate::twiml::verbs::reading::{clean, read};

    #[test]
    fn without_speech_its_attributes_have_no_effect_and_are_checked_all_the_same() {
        clean::<Gather>(
            "<Gather speechTimeout='auto' maxSpeechTime='30' partialResultCallback='/p' \
             partialResultCallbackMethod='GET' language='de-DE' hints='yes, no, $OOV_CLASS_DIGIT_SEQUENCE' \
             profanityFilter='false' speechModel='default' enhanced='true' bargeIn='false' debug='true'/>",
        );
        for (attribute, code) in [
            ("speechTimeout='0'", 13327),
            ("speechTimeout='soon'", 13327),
            ("maxSpeechTime='x'", 13328),
            ("maxSpeechTime='61'", 13328),
            ("partialResultCallback='ftp://x/'", 11100),
            ("partialResultCallbackMethod='PUT'", 13312),
            ("language='xx-XX'", 13331),
            ("profanityFilter='some'", 13333),
            ("speechModel='mine'", 13334),
            ("enhanced='very'", 13334),
            ("bargeIn='maybe'", 13332),
            ("debug='yes'", 12200),
        ] {
            let (_, codes) = read::<Gather>(&format!("<Gather {attribute}/>"));
            assert_eq!(codes, [code], "{attribute}");
        }
    }

    // Check 109.
    #[test]
    fn auto_needs_the_default_model() {
        for model in [
            "phone_call",
            "numbers_and_commands",
            "googlev2_telephony",
            "deepgram_nova-3",
        ] {
            let (_, codes) = read::<Gather>(&format!(
                "<Gather speechTimeout='auto' speechModel='{model}'/>"
            ));
            assert_eq!(codes, [13335], "{model}");
            clean::<Gather>(&format!(
                "<Gather speechTimeout='2' speechModel='{model}'/>"
            ));
        }
    }

    #[test]
    fn hints_are_bounded() {
        let hints = |phrases: &[String]| format!("<Gather hints='{}'/>", phrases.join(","));
        clean::<Gather>(&hints(&vec!["a".repeat(100); 500]));
        assert_eq!(read::<Gather>(&hints(&vec!["a".into(); 501])).1, [13330]);
        assert_eq!(read::<Gather>(&hints(&["a".repeat(101)])).1, [13330]);
    }

    #[test]
    fn with_speech_each_attribute_is_said_to_be_missing() {
        let (_, codes) = read::<Gather>(
            "<Gather input='dtmf speech' hints='yes' speechTimeout='auto' debug='true'/>",
        );
        assert_eq!(codes, [12200, 12200, 12200]);
    }
}
