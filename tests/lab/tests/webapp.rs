//! The scripted web application, asked over a plain socket.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step of a test script is the failure of the test"
)]

use std::time::Duration;

use pivot_lab::webapp::{Answer, WebApp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

async fn ask(app: &WebApp, request: &str) -> String {
    let mut stream = TcpStream::connect(app.addr).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

async fn get(app: &WebApp, path: &str) -> String {
    ask(
        app,
        &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
    )
    .await
}

#[tokio::test]
async fn answers_come_in_their_order_and_the_last_is_repeated() {
    let app = WebApp::start().await.unwrap();
    app.on(
        "/a",
        [
            Answer::status(503),
            Answer::xml("<Response/>").header("X-N", "2"),
        ],
    );
    assert!(get(&app, "/a").await.starts_with("HTTP/1.1 503"));
    for _ in 0..2 {
        let text = get(&app, "/a").await.to_lowercase();
        assert!(
            text.starts_with("http/1.1 200") && text.contains("x-n: 2"),
            "{text}"
        );
        assert!(text.contains("content-type: text/xml") && text.ends_with("<response/>"));
    }
    assert!(get(&app, "/b").await.starts_with("HTTP/1.1 404"));
    assert_eq!(app.requests().len(), 4);
}

#[tokio::test]
async fn request_is_remembered_exactly() {
    let app = WebApp::start().await.unwrap();
    let body = "Digits=12%23&From=%2B1555";
    let head = "POST /p?x=1%202&x=3 HTTP/1.1\r\nHost: x\r\nX-Mine: a b\r\nConnection: close\r\n\
                Content-Type: application/x-www-form-urlencoded\r\n";
    ask(
        &app,
        &format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()),
    )
    .await;
    let seen = app.wait_request("/p").await.unwrap();
    assert_eq!(
        (seen.method.as_str(), seen.query.as_str()),
        ("POST", "x=1%202&x=3")
    );
    assert_eq!(
        (seen.text().as_str(), seen.header("x-mine")),
        (body, Some("a b"))
    );
    let params = seen.params();
    let params: Vec<_> = params
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    assert_eq!(
        params,
        [
            ("x", "1 2"),
            ("x", "3"),
            ("Digits", "12#"),
            ("From", "+1555")
        ]
    );
}

#[tokio::test]
async fn answer_is_held_back_as_long_as_asked() {
    let app = WebApp::start().await.unwrap();
    app.on(
        "/slow",
        [Answer::status(204).after(Duration::from_millis(300))],
    );
    let began = Instant::now();
    get(&app, "/slow").await;
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn documents_of_a_folder_have_their_words_and_parameters_filled_in() {
    let app = WebApp::start().await.unwrap();
    let dir = pivot_lab::paths::lab().join("sample");
    app.serve_dir(&dir, &[("{app}", app.url("")), ("{other}", "777".into())])
        .unwrap();
    assert!(get(&app, "/dial.xml").await.contains("<Dial>777</Dial>"));
    let said = get(&app, "/collected.xml?Digits%5Bmy_dtmf%5D=1379").await;
    assert!(said.contains("You entered 1 3 7 9"), "{said}");
}
