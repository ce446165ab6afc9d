//! The problems of `[speech]` and `[transcribe]`.

use std::path::Path;

use super::Findings;
use crate::config::{Speech, SpeechEngine, Transcribe};

pub(super) fn check_speech(found: &mut Findings, speech: &Speech) {
    found.add_unless(
        (1..=120).contains(&speech.timeout_s),
        "speech.timeout_s",
        "write seconds from 1 to 120; 10 is the default",
    );
    found.add_unless(
        (80..=450).contains(&speech.espeak_ng.speed),
        "speech.espeak-ng.speed",
        "write words a minute from 80 to 450; 150 is the default",
    );
    let named = |path: &Path| !path.as_os_str().is_empty();
    let program = "is empty; write the program's name or path";
    found.add_unless(
        named(&speech.espeak_ng.command),
        "speech.espeak-ng.command",
        program,
    );
    found.add_unless(
        named(&speech.flite.command),
        "speech.flite.command",
        program,
    );
    let piper = &speech.piper;
    found.add_unless(
        piper.command.first().is_some_and(|name| !name.is_empty()),
        "speech.piper.command",
        program,
    );
    found.add_unless(
        (1..=64).contains(&piper.workers),
        "speech.piper.workers",
        "write a number from 1 to 64",
    );
    match (speech.engine, &piper.model) {
        (SpeechEngine::Piper, None) => found.add(
            "speech.piper.model",
            "is missing while `speech.engine` is piper; write the path of an .onnx voice",
        ),
        (SpeechEngine::Piper, Some(model)) if !model.is_file() => found.add(
            "speech.piper.model",
            format!(
                "{} is not there; write the path of an .onnx voice",
                model.display()
            ),
        ),
        _ => {}
    }
    check_speech_http(found, speech);
}

pub(super) fn check_transcribe(found: &mut Findings, transcribe: &Transcribe) {
    if let Some((program, arguments)) = transcribe.command.split_first() {
        found.add_unless(
            !program.is_empty(),
            "transcribe.command",
            "is empty; write the program's name or path",
        );
        found.add_unless(
            arguments.iter().any(|argument| argument.contains("{file}")),
            "transcribe.command",
            "has no {file}, so that the program would not learn what to read; write it as one of \
             the arguments",
        );
    }
    found.add_unless(
        (1..=3600).contains(&transcribe.timeout_s),
        "transcribe.timeout_s",
        "write seconds from 1 to 3600; 120 is the default",
    );
    found.add_unless(
        (1..=64).contains(&transcribe.at_once),
        "transcribe.at_once",
        "write a number from 1 to 64; 2 is the default",
    );
}

fn check_speech_http(found: &mut Findings, speech: &Speech) {
    let http = &speech.http;
    match &http.url {
        Some(url) if !matches!(url.scheme(), "http" | "https") => found.add(
            "speech.http.url",
            "write a URL that begins with http:// or https://",
        ),
        None if speech.engine == SpeechEngine::Http => found.add(
            "speech.http.url",
            "is missing while `speech.engine` is http; write the address of the service",
        ),
        _ => {}
    }
    let body = http.body.as_ref().map(ToString::to_string);
    let lacks_text = body.as_ref().is_none_or(|body| !body.contains("{text}"));
    if (speech.engine == SpeechEngine::Http || body.is_some()) && lacks_text {
        found.add(
            "speech.http.body",
            "has no {text}, so that the service would not learn what to say; write it in one of \
             the strings",
        );
    }
    if let Some(pointer) = &http.audio_pointer {
        found.add_unless(
            pointer.starts_with('/'),
            "speech.http.audio_pointer",
            "is no JSON pointer; write one as in \"/audioContent\"",
        );
    }
    for name in http.headers.keys() {
        if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
            found.add(
                "speech.http.headers",
                format!("`{name}` is no name of a header"),
            );
        }
    }
}
