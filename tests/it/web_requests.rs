//! What goes out: form, headers, redirects, cookies and credentials.

use std::sync::Arc;

use http::Method;
use pivot::web::{Body, CookieJar, Outgoing, Policy, Redirects};

use crate::web_support::{Server, Step, answer, in_virtual_time, ok, post, send, send_with, web};

#[test]
fn requests_look_as_twilio_and_kazoo_send_them() {
    in_virtual_time(async {
        let server = Server::always(ok("")).await;
        let host = server.address;
        let web = web();
        let out = post(server.url("/v?x=%20y#rc=2"), Policy::twiml())
            .header("I-Twilio-Idempotency-Token", "t-1")
            .sign(Arc::new(|url, form| format!("{url} {}", form.len())));
        let answer = web.send(out, None).await.unwrap();
        assert_eq!(
            server.seen()[0],
            format!(
                "POST /v?x=%20y HTTP/1.1\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n\
                 Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n\
                 I-Twilio-Idempotency-Token: t-1\r\n\
                 X-Twilio-Signature: http://{host}/v?x=%20y 2\r\n\
                 Accept-Encoding: gzip\r\nHost: {host}\r\nContent-Length: 22\r\n\r\n\
                 Digits=12%23&To=%2B1+2"
            )
        );
        assert_eq!(answer.sent.uri, format!("http://{host}/v?x=%20y"));
        assert_eq!(answer.sent.body, "Digits=12%23&To=%2B1+2");
        assert!(answer.warnings.is_empty());

        let mut get = post(server.url("/v?x=1#f"), Policy::kazoo());
        get.method = Method::GET;
        let answer = web.send(get, None).await.unwrap();
        // Or a document that redirects to itself would send them twice.
        assert_eq!(answer.url.as_str(), server.url("/v?x=1"));
        let seen = &server.seen()[1];
        assert!(
            seen.starts_with("GET /v?x=1&Digits=12%23&To=%2B1+2 HTTP/1.1\r\n"),
            "{seen}"
        );
        assert!(!seen.to_lowercase().contains("user-agent"), "{seen}");
        assert!(!seen.to_lowercase().contains("content-"), "{seen}");

        let json = Outgoing::new(Method::POST, server.url("/"), Policy::kazoo())
            .body(Body::Json(serde_json::json!({"Digits": {"a": "1"}})))
            .header("Content-Length", "9999");
        web.send(json, None).await.unwrap();
        let seen = &server.seen()[2];
        assert!(
            seen.contains("Content-Type: application/json\r\n"),
            "{seen}"
        );
        assert!(
            seen.ends_with("\r\n\r\n{\"Digits\":{\"a\":\"1\"}}"),
            "{seen}"
        );
    });
}

#[test]
fn a_retry_carries_the_same_token() {
    in_virtual_time(async {
        let server = Server::start(|number, _| match number {
            0 | 1 => answer("503 Busy", "", ""),
            _ => ok("third"),
        })
        .await;
        let out = post(server.url("/#rc=2&rp=5xx"), Policy::twiml())
            .header("I-Twilio-Idempotency-Token", "t-9");
        assert_eq!(send_with(out).await, r#"200 "third", 3 attempts"#);
        let seen = server.seen();
        assert_eq!(seen.len(), 3);
        assert!(seen.iter().all(|request| request.contains("t-9")));
    });
}

fn ten_then(more: usize) -> impl Fn(usize, &str) -> Vec<Step> {
    move |number, _| {
        if number < more {
            answer(
                "302 Found",
                &format!("Location: hop{number}?n={number}#frag"),
                "",
            )
        } else {
            ok("end")
        }
    }
}

// Check 39.
#[test]
fn ten_redirects_are_followed_and_no_more() {
    in_virtual_time(async {
        let server = Server::start(ten_then(10)).await;
        let answer = web()
            .send(post(server.url("/a/voice"), Policy::twiml()), None)
            .await
            .unwrap();
        assert_eq!((answer.status, answer.redirects), (200, 10));
        assert_eq!(answer.url.as_str(), server.url("/a/hop9?n=9"));
        let seen = server.seen();
        assert!(seen[0].starts_with("POST /a/voice HTTP/1.1\r\n"));
        assert!(seen[10].starts_with("GET /a/hop9?n=9 HTTP/1.1\r\n"));

        let server = Server::start(ten_then(11)).await;
        assert_eq!(
            send(server.url("/")).await,
            "headers 11215: more than 10 redirects"
        );
        assert_eq!(server.seen().len(), 11);
    });
}

#[test]
fn what_a_redirect_makes_of_a_post() {
    let keep = |redirects| {
        let mut policy = Policy::twiml();
        policy.redirects = redirects;
        policy
    };
    for (policy, status, expected) in [
        (Policy::twiml(), 302, "GET"),
        (Policy::twiml(), 307, "GET"),
        (Policy::kazoo(), 301, "GET"),
        (Policy::kazoo(), 303, "GET"),
        (Policy::kazoo(), 307, "POST"),
        (Policy::kazoo(), 308, "POST"),
        (Policy::upload(), 301, "POST"),
        (Policy::upload(), 303, "GET"),
        (keep(Redirects::None), 302, ""),
    ] {
        let seen = in_virtual_time(async {
            let server = Server::start(move |number, _| match number {
                0 => answer(&format!("{status} Go"), "Location: /next", ""),
                _ => ok(""),
            })
            .await;
            web()
                .send(post(server.url("/voice"), policy.clone()), None)
                .await
                .unwrap();
            server.seen()
        });
        let second = seen.get(1).map(String::as_str).unwrap_or_default();
        assert_eq!(
            second.split(' ').next().unwrap_or_default(),
            expected,
            "{status} {policy:?}"
        );
        assert_eq!(second.contains("Digits=12%23"), expected == "POST");
        assert_eq!(
            second.to_lowercase().contains("content-type"),
            expected == "POST"
        );
    }
}

#[test]
fn confidential_headers_stay_with_their_server() {
    in_virtual_time(async {
        let target = Server::always(ok("there")).await;
        let location = target.url("/t");
        let first = Server::start(move |_, _| {
            answer(
                "302 Found",
                &format!("Location: {location}\nSet-Cookie: s=1"),
                "",
            )
        })
        .await;
        let out = post(first.url("/"), Policy::twiml())
            .header("Authorization", "Bearer top")
            .header("X-Api-Key", "key")
            .header("X-Tenant", "t1");
        web().send(out, None).await.unwrap();
        assert!(first.seen()[0].contains("Bearer top"));
        let seen = &target.seen()[0];
        assert!(seen.contains("X-Tenant: t1"), "{seen}");
        assert!(!seen.contains("Bearer") && !seen.contains("key"), "{seen}");
    });
}

#[test]
fn cookies_live_as_long_as_the_call() {
    in_virtual_time(async {
        let server = Server::start(|number, _| match number {
            0 => answer("302 Found", "Location: /b\nSet-Cookie: sid=abc; Path=/", ""),
            _ => ok("ok"),
        })
        .await;
        let web = web();
        let mut jar = CookieJar::default();
        for _ in 0..2 {
            let out = post(server.url("/a"), Policy::twiml());
            web.send(out, Some(&mut jar)).await.unwrap();
        }
        web.send(post(server.url("/a"), Policy::twiml()), None)
            .await
            .unwrap();
        let with_cookie: Vec<bool> = server
            .seen()
            .iter()
            .map(|request| request.contains("Cookie: sid=abc\r\n"))
            .collect();
        assert_eq!(with_cookie, [false, true, true, false]);
    });
}

/// A server that wants user `me` with password `secret:1`.
async fn protected(challenge: &'static str, scheme: &'static str) -> Server {
    Server::start(move |_, request| {
        if request.contains(&format!("Authorization: {scheme}")) {
            ok("welcome")
        } else {
            answer(
                "401 Unauthorized",
                &format!("WWW-Authenticate: {challenge}"),
                "who?",
            )
        }
    })
    .await
}

fn authorizations(server: &Server) -> Vec<String> {
    let lines = server.seen();
    lines
        .iter()
        .map(|request| {
            let line = request
                .lines()
                .find(|line| line.starts_with("Authorization: "));
            line.unwrap_or_default()
                .trim_start_matches("Authorization: ")
                .to_owned()
        })
        .collect()
}

#[test]
fn basic_credentials_are_sent_when_asked_for_and_then_remembered() {
    in_virtual_time(async {
        let server = protected("Basic realm=\"x\"", "Basic").await;
        let web = web();
        let mut jar = CookieJar::default();
        let url = format!("http://me:secret%3A1@{}/a", server.address);
        let answer = web
            .send(post(&url, Policy::twiml()), Some(&mut jar))
            .await
            .unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.attempts, 1);
        assert_eq!(answer.url.as_str(), server.url("/a"));
        assert!(!format!("{:?}", answer.sent).contains("secret"));
        // A call that moves to another process takes its logins along.
        let saved = serde_json::to_string(&jar).unwrap();
        let mut jar: CookieJar = serde_json::from_str(&saved).unwrap();
        let next = post(server.url("/next"), Policy::twiml());
        web.send(next, Some(&mut jar)).await.unwrap();
        let basic = "Basic bWU6c2VjcmV0OjE=";
        assert_eq!(authorizations(&server), ["", basic, basic]);
        assert!(!server.seen()[0].contains("me:"));
    });
}

#[test]
fn kazoo_sends_basic_at_once() {
    in_virtual_time(async {
        let server = protected("Basic realm=\"x\"", "Basic").await;
        let url = format!("http://me:secret%3A1@{}/a", server.address);
        assert_eq!(
            send_with(post(&url, Policy::kazoo())).await,
            r#"200 "welcome""#
        );
        assert_eq!(authorizations(&server), ["Basic bWU6c2VjcmV0OjE="]);
    });
}

#[test]
fn wrong_credentials_are_not_sent_twice() {
    in_virtual_time(async {
        let server = protected("Basic realm=\"x\"", "Never").await;
        let url = format!("http://me:secret@{}/a", server.address);
        assert_eq!(
            send_with(post(&url, Policy::twiml())).await,
            r#"401 "who?""#
        );
        assert_eq!(server.seen().len(), 2);
        assert_eq!(
            send_with(post(&url, Policy::kazoo())).await,
            r#"401 "who?""#
        );
        assert_eq!(server.seen().len(), 3);
        assert_eq!(send(server.url("/a")).await, r#"401 "who?""#);
        assert_eq!(server.seen().len(), 4);
    });
}

// Check 51.
#[test]
fn digest_challenges_are_answered() {
    in_virtual_time(async {
        let server = protected("Digest realm=\"x\", nonce=\"n1\", qop=\"auth\"", "Digest").await;
        let web = web();
        let mut jar = CookieJar::default();
        let url = format!("http://me:secret@{}/a?b=c", server.address);
        for _ in 0..2 {
            let out = post(&url, Policy::twiml());
            assert_eq!(web.send(out, Some(&mut jar)).await.unwrap().status, 200);
        }
        let sent = authorizations(&server);
        assert_eq!(sent.len(), 3);
        assert!(sent[1].contains("username=\"me\", realm=\"x\", nonce=\"n1\", uri=\"/a?b=c\""));
        assert!(sent[1].contains("nc=00000001") && sent[2].contains("nc=00000002"));
    });
}

#[test]
fn bad_overrides_are_warned_about_and_the_request_goes_out() {
    in_virtual_time(async {
        let server = Server::always(ok("a")).await;
        let out = post(server.url("/#rc=9&ct=50"), Policy::twiml());
        let answer = web().send(out, None).await.unwrap();
        let codes: Vec<u32> = answer.warnings.iter().map(|w| w.code).collect();
        assert_eq!(codes, [11243, 11243]);
        assert_eq!(
            answer.warnings[0].message,
            "`rc=9` is ignored: write a number of retries from 0 to 5"
        );
    });
}

#[test]
fn sending_may_move_between_threads() {
    fn moves<T: Send>(_: &T) {}
    let web = web();
    let mut jar = CookieJar::default();
    let sending = web.send(post("http://app.test/", Policy::twiml()), Some(&mut jar));
    moves(&sending);
    assert!(
        size_of_val(&sending) < 4096,
        "{} bytes",
        size_of_val(&sending)
    );
}
