//! What counts as a document: content types, first characters, empty answers.

use crate::fetching::caller;
use crate::support::{Reply, Scenario};

const XML: &str = "<Response><Play>sound:hello-world</Play></Response>";
const JSON: &str = r#"{"module": "play", "data": {"id": "sound:hello-world"}, "children": {}}"#;

// Check 4.
// Check 7.
// Check 8.
// Check 14.
// Check 15.
#[tokio::test(start_paused = true)]
async fn documents_are_recognised_by_type_and_else_by_their_first_character() {
    // 31 to 42, and 19 in our form.
    let bom = format!("\u{feff}{XML}");
    let comments = "<Response><!-- a --><Play>sound:hello-world</Play><!-- b --></Response>";
    let cases: Vec<(&str, &str, bool)> = vec![
        ("text/xml", XML, true),
        ("application/xml; charset=utf-8", XML, true),
        ("APPLICATION/XML", XML, true),
        ("application/json; charset=utf-8", JSON, true),
        ("text/html", JSON, true),
        ("text/html; charset=UTF-8", XML, true),
        ("text/plain", XML, true),
        ("application/twiml", XML, true),
        ("", XML, true),
        ("", JSON, true),
        ("application/json", XML, false),
        ("application/xml", JSON, false),
        (
            "application/xml",
            "<response><Play>sound:hello-world</Play></response>",
            false,
        ),
        ("application/xml", comments, true),
        ("application/xml", &bom, true),
        ("application/octet-stream", "garbage", false),
    ];
    for format in ["kazoo", "twiml"] {
        for (content_type, body, runs) in &cases {
            let scenario = Scenario::configured(&format!(
                "[default]\nvoice_url = '{{app}}/voice'\nreq_format = '{format}'\n"
            ))
            .await;
            let mut reply = Reply::new(content_type, *body);
            reply.status = 201;
            scenario.web.on("/voice", reply);
            let phone = scenario.call_from(caller()).await;
            phone.wait_ended().await.unwrap();
            let heard = phone.heard_media().await;
            assert_eq!(
                heard == ["sound:hello-world"],
                *runs,
                "{format} {content_type}: {body}\n{}",
                scenario.lines().await
            );
            scenario.nothing_left().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_answer_hangs_up_in_kazoos_format_only() {
    // 29.
    for (format, status, back) in [
        ("kazoo", 200, false),
        ("kazoo", 204, true),
        ("twiml", 200, true),
        ("twiml", 204, true),
    ] {
        let scenario = Scenario::configured(&format!(
            "[default]\nvoice_url = '{{app}}/voice'\nreq_format = '{format}'\n"
        ))
        .await;
        scenario.web.on("/voice", Reply::status(status));
        let phone = scenario.call_from(caller()).await;
        phone.wait_ended().await.unwrap();
        assert_eq!(phone.continued().await.is_some(), back, "{format} {status}");
        scenario.nothing_left().await;
    }
}

// Check 5.
#[tokio::test(start_paused = true)]
async fn plain_words_are_spoken_and_the_call_ends() {
    let scenario = Scenario::new().await;
    scenario
        .web
        .on("/voice", Reply::new("text/plain", "Hello from pivot"));
    let phone = scenario.call_from(caller()).await;
    phone.wait_ended().await.unwrap();
    let lines = scenario.lines().await;
    assert_eq!(phone.heard_media().await.len(), 1, "{lines}");
    assert!(lines.contains("speech \"Hello from pivot\""), "{lines}");
    assert!(phone.continued().await.is_none());
    scenario.nothing_left().await;
}
