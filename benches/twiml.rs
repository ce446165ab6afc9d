//! How long it takes from the bytes of a TwiML document to verbs that can be run.
//!
//! `cargo bench --bench twiml`. The goal is under 100 µs for 4 kB.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures real time, and there is no runtime"
)]
#![expect(
    clippy::print_stdout,
    reason = "the figures are what this program is for"
)]

use std::hint::black_box;
use std::time::Instant;

use pivot::twiml::{Document, Options};

const ROUNDS: usize = 20_000;

/// A little over 4 kB, as a large menu would be written: SSML, nested prompts, nouns, escapes.
fn document() -> String {
    let block = "  <Gather action=\"/menu?step=1&amp;lang=en\" method=\"POST\" numDigits=\"1\" \
                 timeout=\"7\" finishOnKey=\"*\">\n    <Say voice=\"Polly.Amy\" language=\"en-GB\">For \
                 sales press <say-as interpret-as=\"digits\">1</say-as><break time=\"300ms\"/>, for \
                 anything else wait &amp; listen.</Say>\n    <Play loop=\"2\">https://cdn.example.com/\
                 prompts/welcome.mp3?v=17</Play>\n    <Pause length=\"2\"/>\n  </Gather>\n  \
                 <Dial action=\"/dialled\" timeout=\"20\" timeLimit=\"3600\" callerId=\"+15017122661\" \
                 record=\"record-from-answer-dual\" answerOnBridge=\"true\">\n    \
                 <Number>+14155552671</Number>\n    \
                 <Sip>sip:jack@example.com?x-order=4711</Sip>\n    <Client>alice</Client>\n  </Dial>\n  \
                 <Record action=\"/recorded\" maxLength=\"120\" playBeep=\"false\"/>\n";
    let mut document = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>\n".to_owned();
    while document.len() < 4096 {
        document += block;
    }
    document + "  <Redirect method=\"GET\">/again</Redirect>\n</Response>\n"
}

fn main() {
    let source = document();
    let options = || Options {
        url: Some("https://app.example.com/voice".into()),
        ..Options::default()
    };
    let (read, report) = Document::read(source.as_bytes(), options());
    assert!(
        read.is_some() && report.diagnostics.is_empty(),
        "{report:?}"
    );
    let mut took: Vec<u128> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            black_box(Document::read(black_box(source.as_bytes()), options()));
            begun.elapsed().as_nanos()
        })
        .collect();
    took.sort_unstable();
    let at = |share: f64| {
        let place = (ROUNDS as f64 * share) as usize;
        took[place.min(ROUNDS - 1)] as f64 / 1000.0
    };
    println!(
        "parse and plan of {} bytes: {:.1} µs (median), {:.1} µs (90 %), {:.1} µs (99 %) of {ROUNDS}",
        source.len(),
        at(0.5),
        at(0.9),
        at(0.99)
    );
}
