//! How Twilio's documents are asked for and read, in calls: the checks 1 to 57 of
//! the compatibility notes that no other file has.

use pivot::flow::signature;
use secrecy::SecretString;

use crate::fetching::{header, pairs};
use crate::support::web_app::Seen;
use crate::support::{Reply, Scenario, ms, seconds, tone, twiml};

const BOTH: &str = "[default]\nvoice_url = '{app}/voice'\nfallback_url = '{app}/fallback'\n";

/// Of what is said when nothing else can be.
const APOLOGY: &str = "speech \"We are sorry";

/// What a caller hears of an answer: the names of sounds, or the code that the
/// fallback URL is told.
async fn outcome(reply: Reply) -> String {
    let scenario = Scenario::configured(BOTH).await;
    scenario.web.on("/voice", reply);
    scenario.web.on("/fallback", twiml("<Hangup/>"));
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    match scenario.web.at("/fallback").first() {
        Some(asked) => asked.param("ErrorCode").unwrap(),
        None => phone.heard_media().await.join(" "),
    }
}

async fn calls(config: &str, replies: &[(&str, Reply)]) -> Scenario {
    let scenario = Scenario::configured(config).await;
    for (path, reply) in replies {
        scenario.web.on(path, reply.clone());
    }
    scenario.call().await.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    scenario
}

fn only(scenario: &Scenario, path: &str) -> Seen {
    let mut seen = scenario.web.at(path);
    assert_eq!(seen.len(), 1, "{path}");
    seen.remove(0)
}

// Check 1.
#[tokio::test(start_paused = true)]
async fn the_first_request_is_a_signed_form() {
    let config = "[default]\nvoice_url = '{app}/voice'\n[account]\nauth_token = 'topsecret'\n";
    let scenario = calls(config, &[("/voice", twiml("<Hangup/>"))]).await;
    let seen = only(&scenario, "/voice");
    assert_eq!((seen.method.as_str(), seen.query.as_str()), ("POST", ""));
    let media_type = header(&seen, "content-type").unwrap();
    assert!(
        media_type.starts_with("application/x-www-form-urlencoded"),
        "{media_type}"
    );
    assert_eq!(seen.param("CallStatus").as_deref(), Some("ringing"));
    assert_eq!(seen.param("Direction").as_deref(), Some("inbound"));
    let url = format!("{}/voice", scenario.web.url());
    let signed = signature::sign(&"topsecret".into(), &url, &pairs(&seen));
    assert_eq!(header(&seen, "x-twilio-signature"), Some(signed.as_str()));
}

// Check 2.
#[tokio::test(start_paused = true)]
async fn by_get_the_parameters_join_the_urls_own_query() {
    let config = "[default]\nvoice_url = '{app}/voice?shop=7'\nmethod = 'get'\n";
    let scenario = calls(config, &[("/voice", twiml("<Hangup/>"))]).await;
    let seen = only(&scenario, "/voice");
    assert_eq!((seen.method.as_str(), seen.body.as_str()), ("GET", ""));
    assert!(seen.query.starts_with("shop=7&"), "{}", seen.query);
    assert_eq!(seen.param("CallStatus").as_deref(), Some("ringing"));
}

// Check 6.
#[tokio::test(start_paused = true)]
async fn an_answer_that_is_sound_is_played_and_the_call_ends() {
    for media_type in ["audio/wav", "audio/x-wav", "audio/mpeg"] {
        let heard = outcome(Reply::new(media_type, tone())).await;
        assert!(heard.starts_with("sound:/"), "{media_type}: {heard}");
    }
}

// Check 12.
// Check 13.
// Check 18.
// Check 19.
// Check 20.
// Check 21.
// Check 22.
// Check 23.
// Check 24.
// Check 25.
// Check 26.
// Check 34.
// Check 35.
#[tokio::test(start_paused = true)]
async fn documents_as_they_are_written() {
    let declared = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
    let play = "<Response><Play>sound:a</Play></Response>";
    let padded = |bytes: usize| {
        format!(
            "<Response><!--{}--><Play>sound:a</Play></Response>",
            "x".repeat(bytes)
        )
    };
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("a blank line before the declaration", format!("\n{declared}{play}").into(), "12100"),
        ("white space before the root", format!(" \n{play}").into(), "sound:a"),
        (
            "an unknown element between two verbs",
            "<Response><Play>sound:a</Play><Sing/><Play>sound:b</Play></Response>".into(),
            "sound:a sound:b",
        ),
        (
            "comments between verbs and in Gather",
            "<Response><!-- 1 --><Gather timeout='1'><!-- 2 --><Play>sound:a</Play></Gather><!-- 3 --><Play>sound:b</Play></Response>"
                .into(),
            "sound:a sound:b",
        ),
        (
            "indented as by C#",
            format!("{declared}\r\n<Response>\r\n  <Play loop=\"2\">sound:a</Play>\r\n  <Hangup></Hangup>\r\n</Response>").into(),
            "sound:a sound:a",
        ),
        (
            "an empty element spelt out",
            "<Response><Play>sound:a</Play><Hangup></Hangup><Play>sound:b</Play></Response>".into(),
            "sound:a",
        ),
        ("CDATA", "<Response><Play><![CDATA[sound:a]]></Play></Response>".into(), "sound:a"),
        (
            "references in text and attributes",
            "<Response><Play loop='&#50;'>sound&#58;a</Play></Response>".into(),
            "sound:a sound:a",
        ),
        (
            "an external entity",
            "<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><Response><Play>sound:&x;</Play></Response>".into(),
            "12100",
        ),
        ("65 kB", padded(65 * 1024).into(), "11750"),
        ("63 kB", padded(63 * 1024).into(), "sound:a"),
        ("text beside verbs", "<Response>Hello<Play>sound:a</Play></Response>".into(), "sound:a"),
        (
            "attributes in any order",
            "<Response><Play terminators='#' loop='2'>sound:a</Play></Response>".into(),
            "sound:a sound:a",
        ),
    ];
    for (what, body, heard) in cases {
        assert_eq!(outcome(Reply::xml(body)).await, heard, "{what}");
    }
}

// Check 19.
// Check 23.
// Check 28.
#[tokio::test(start_paused = true)]
async fn accents_are_read_in_the_documents_own_charset_and_as_references() {
    let declared = |charset: &str| format!("<?xml version='1.0' encoding='{charset}'?>");
    let document = "<Response><Set><Variable key='dish' value='caf\u{e9} &amp; cr&#232;me'/></Set>\
        <Dial action='/done' timeout='5'><!-- 1 --><Number><!-- 2 -->100</Number></Dial></Response>";
    let latin: Vec<u8> = document.chars().map(|c| c as u32 as u8).collect();
    let utf8 = document.as_bytes().to_vec();
    let with = |head: String, body: &[u8]| [head.as_bytes(), body].concat();
    let cases = [
        Reply::xml(with(declared("ISO-8859-1"), &latin)),
        Reply::new("text/xml; charset=iso-8859-1", latin.clone()),
        Reply::xml(with(declared("UTF-8"), &utf8)),
        Reply::xml(utf8.clone()),
    ];
    for reply in cases {
        let scenario = Scenario::new().await;
        scenario.web.on("/voice", reply.clone());
        scenario.web.on("/done", twiml("<Hangup/>"));
        let busy = pivot::simulate::Behaviour::busy();
        scenario.asterisk.callee("*", busy).await;
        scenario.call().await.wait_ended().await.unwrap();
        scenario.nothing_left().await;
        let done = only(&scenario, "/done");
        let dish = done.param("dish");
        assert_eq!(dish.as_deref(), Some("caf\u{e9} & cr\u{e8}me"), "{reply:?}");
        assert_eq!(scenario.asterisk.called("Local/100@*").await.len(), 1);
    }
}

// Check 16.
// Check 17.
// Check 36.
#[tokio::test(start_paused = true)]
async fn what_is_unknown_is_skipped_and_told() {
    let scenario = Scenario::new().await;
    scenario.web.on(
        "/voice",
        twiml("<say>a</say><Play foo='1'>sound:b</Play><Say>x<amazon:effect name='y'>z</amazon:effect></Say>"),
    );
    let phone = scenario.call().await;
    phone.wait_ended().await.unwrap();
    let heard = phone.heard_media().await;
    assert_eq!((heard.len(), heard[0].as_str()), (2, "sound:b"));
    let lines = scenario.lines().await;
    assert_eq!(lines.matches("12200").count(), 3, "{lines}");
    assert!(lines.contains("speech \"xz\""), "{lines}");
    scenario.nothing_left().await;
}

// Check 33.
#[tokio::test(start_paused = true)]
async fn no_digits_at_all_are_any_number_of_them() {
    let scenario = Scenario::new().await;
    let gather = "<Gather action='/done' timeout='2' numDigits='0'/>";
    scenario.web.on("/voice", twiml(gather));
    scenario.web.on("/done", twiml("<Hangup/>"));
    let phone = scenario.call().await;
    phone.press_at(seconds(1), "123");
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let digits = only(&scenario, "/done").param("Digits");
    assert_eq!(digits.as_deref(), Some("123"));
    assert!(scenario.lines().await.contains("13314"));
}

// Check 31.
#[tokio::test(start_paused = true)]
async fn bad_values_give_the_default_and_good_ones_may_be_in_capitals() {
    for (attributes, asked, code) in [
        ("actionOnEmptyResult='TRUE'", true, None),
        ("actionOnEmptyResult='True'", true, None),
        ("actionOnEmptyResult='yes'", false, Some("13338")),
    ] {
        let scenario = calls(
            "[default]\nvoice_url = '{app}/voice'\n",
            &[
                (
                    "/voice",
                    twiml(&format!(
                        "<Gather action='/done' timeout='1' {attributes}/>"
                    )),
                ),
                ("/done", twiml("<Hangup/>")),
            ],
        )
        .await;
        assert_eq!(
            scenario.web.at("/done").len(),
            usize::from(asked),
            "{attributes}"
        );
        let lines = scenario.lines().await;
        assert_eq!(
            code.is_some_and(|code| lines.contains(code)),
            code.is_some(),
            "{attributes}"
        );
    }
}

// Check 37.
// Check 38.
// Check 55.
#[tokio::test(start_paused = true)]
async fn a_redirect_becomes_a_get_without_what_the_verb_has_to_say() {
    let moved = |to: &str| Reply::status(302).header("location", to);
    let scenario = Scenario::new().await;
    scenario.web.on("/voice", moved("/deep/welcome"));
    scenario.web.on(
        "/deep/welcome",
        twiml("<Gather action='keys' numDigits='1'/>"),
    );
    scenario.web.on("/deep/keys", moved("/deep/end"));
    scenario.web.on("/deep/end", twiml("<Hangup/>"));
    let phone = scenario.call().await;
    phone.press_at(seconds(1), "5");
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let welcome = only(&scenario, "/deep/welcome");
    assert_eq!(
        (welcome.method.as_str(), welcome.body.as_str()),
        ("GET", "")
    );
    assert_eq!(
        only(&scenario, "/deep/keys").param("Digits").as_deref(),
        Some("5")
    );
    let end = only(&scenario, "/deep/end");
    assert_eq!((end.method.as_str(), end.param("Digits")), ("GET", None));
}

// Check 43.
#[tokio::test(start_paused = true)]
async fn in_twilios_profile_a_fallback_that_fails_ends_with_an_apology() {
    let config = format!("{BOTH}profile = 'twilio'\n");
    let scenario = Scenario::configured(&config).await;
    scenario.web.on("/voice", Reply::status(500));
    scenario.web.on("/fallback", Reply::status(404));
    let phone = scenario.call().await;
    assert!(!phone.wait_ended().await.unwrap().by_phone);
    scenario.nothing_left().await;
    let lines = scenario.lines().await;
    assert_eq!(phone.heard_media().await.len(), 1, "{lines}");
    assert!(lines.contains(APOLOGY), "{lines}");
    assert!(phone.continued().await.is_none());
}

// Check 44.
// Check 48.
#[tokio::test(start_paused = true)]
async fn a_slow_server_has_fifteen_seconds_or_what_the_url_says() {
    let slow = |time| twiml("<Play>sound:a</Play>").after(time);
    assert_eq!(outcome(slow(seconds(14))).await, "sound:a");
    assert_eq!(outcome(slow(seconds(16))).await, "11203");
    let scenario = Scenario::configured(&BOTH.replace("/voice", "/voice#rt=500")).await;
    scenario.web.on("/voice", slow(seconds(1)));
    scenario.web.on("/fallback", twiml("<Hangup/>"));
    scenario.call().await.wait_ended().await.unwrap();
    assert_eq!(
        only(&scenario, "/fallback").param("ErrorCode").as_deref(),
        Some("11203")
    );
}

// Check 45.
#[tokio::test(start_paused = true)]
async fn a_refused_connection_has_its_code_and_takes_no_long_time() {
    let (_reserved, url) = crate::support::nobody();
    let url = format!("{url}/voice");
    let scenario = Scenario::configured(&BOTH.replace("{app}/voice", &url)).await;
    scenario.web.on("/fallback", twiml("<Hangup/>"));
    let phone = scenario.call().await;
    let ended = phone.wait_ended().await.unwrap();
    assert!(ended.at < seconds(15), "{ended:?}");
    let asked = only(&scenario, "/fallback");
    assert_eq!(asked.param("ErrorCode").as_deref(), Some("11202"));
    assert_eq!(asked.param("ErrorUrl"), Some(url));
}

// Check 46.
// Check 47.
// Check 192.
#[tokio::test(start_paused = true)]
async fn retries_carry_one_token_and_the_fragment_is_neither_sent_nor_signed() {
    let scenario = calls(
        "[default]\nvoice_url = '{app}/voice?x=%20y#rc=2&rp=5xx'\n[account]\nauth_token = 'topsecret'\n",
        &[
            ("/voice", Reply::status(503)),
            ("/voice", Reply::status(503)),
            ("/voice", twiml("<Hangup/>")),
        ],
    )
    .await;
    let seen = scenario.web.at("/voice");
    assert_eq!(seen.len(), 3);
    let token = SecretString::from("topsecret");
    let url = format!("{}/voice?x=%20y", scenario.web.url());
    for request in &seen {
        assert_eq!(request.query, "x=%20y");
        assert_eq!(
            header(request, "i-twilio-idempotency-token"),
            header(&seen[0], "i-twilio-idempotency-token")
        );
        let signed = signature::sign(&token, &url, &pairs(request));
        assert_eq!(header(request, "x-twilio-signature"), Some(signed.as_str()));
    }
}

// Check 50.
#[tokio::test(start_paused = true)]
async fn credentials_are_sent_when_asked_for_and_are_not_signed() {
    let scenario = Scenario::configured("[account]\nauth_token = 'topsecret'\n").await;
    let host = scenario.web.url().replace("http://", "");
    scenario.web.on(
        "/voice",
        Reply::status(401).header("www-authenticate", "Basic realm=\"shop\""),
    );
    scenario.web.on("/voice", twiml("<Hangup/>"));
    let caller = pivot::simulate::Caller {
        args: vec![format!("http://user:pass@{host}/voice")],
        ..pivot::simulate::Caller::default()
    };
    scenario.call_from(caller).await.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let seen = scenario.web.at("/voice");
    assert_eq!(seen.len(), 2, "{}", scenario.lines().await);
    assert_eq!(header(&seen[0], "authorization"), None);
    assert_eq!(
        header(&seen[1], "authorization"),
        Some("Basic dXNlcjpwYXNz")
    );
    let signed = signature::sign(
        &"topsecret".into(),
        &format!("http://{host}/voice"),
        &pairs(&seen[1]),
    );
    assert_eq!(
        header(&seen[1], "x-twilio-signature"),
        Some(signed.as_str())
    );
}

// Check 53.
#[tokio::test(start_paused = true)]
async fn documents_are_never_cached_and_sounds_are_asked_whether_they_changed() {
    let scenario = Scenario::new().await;
    scenario.web.on(
        "/voice",
        twiml("<Play>/a.wav</Play>").header("cache-control", "max-age=3600"),
    );
    let sound = Reply::new("audio/wav", tone())
        .header("etag", "\"one\"")
        .header("cache-control", "no-cache");
    scenario.web.on("/a.wav", sound);
    let unchanged = Reply::status(304)
        .header("etag", "\"one\"")
        .header("cache-control", "no-cache");
    scenario.web.on("/a.wav", unchanged);
    let mut heard = Vec::new();
    for _ in 0..2 {
        let phone = scenario.call().await;
        phone.wait_ended().await.unwrap();
        heard.push(phone.heard_media().await);
    }
    assert_eq!(heard[0], heard[1], "the same file");
    assert_eq!(heard[0].len(), 1);
    assert_eq!(scenario.web.at("/voice").len(), 2);
    let asked = scenario.web.at("/a.wav");
    assert_eq!(header(&asked[0], "if-none-match"), None);
    assert_eq!(header(&asked[1], "if-none-match"), Some("\"one\""));
    scenario.nothing_left().await;
}

// Check 54.
#[tokio::test(start_paused = true)]
async fn relative_urls_are_resolved_against_their_document() {
    let config = "[default]\nvoice_url = '{app}/a/b/voice?x=1'\n";
    for (written, path, query) in [
        ("next", "/a/b/next", ""),
        ("/next", "/next", ""),
        ("?y=2", "/a/b/voice", "y=2"),
        ("../up", "/a/up", ""),
        ("./c/d", "/a/b/c/d", ""),
    ] {
        let scenario = Scenario::configured(config).await;
        scenario.web.on(
            "/a/b/voice",
            twiml(&format!("<Redirect>{written}</Redirect>")),
        );
        for known in ["/a/b/voice", "/a/b/next", "/next", "/a/up", "/a/b/c/d"] {
            scenario.web.on(known, twiml("<Hangup/>"));
        }
        scenario.call().await.wait_ended().await.unwrap();
        let seen = scenario.web.seen();
        assert_eq!(seen.len(), 2, "{written}");
        assert_eq!(
            (seen[1].path.as_str(), seen[1].query.as_str()),
            (path, query),
            "{written}"
        );
    }
    let scenario = Scenario::configured(config).await;
    let host = scenario.web.url().replace("http:", "");
    scenario.web.on(
        "/a/b/voice",
        twiml(&format!("<Redirect>{host}/other</Redirect>")),
    );
    scenario.web.on("/other", twiml("<Hangup/>"));
    scenario.call().await.wait_ended().await.unwrap();
    only(&scenario, "/other");
}

#[tokio::test(start_paused = true)]
async fn what_sip_says_of_a_call_is_told() {
    let scenario = Scenario::new().await;
    scenario.web.on("/voice", twiml("<Hangup/>"));
    let caller = pivot::simulate::Caller {
        number: "+1 (555) 000-1".into(),
        domain: "pbx.example.com".into(),
        call_id: Some("829597750@10.26.0.158".into()),
        forwarded_from: "+15558888".into(),
        headers: vec![
            ("X-Order".into(), "a=1;b=2".into()),
            ("User-to-User".into(), "abc;encoding=hex".into()),
            ("Subject".into(), "secret".into()),
        ],
        ..pivot::simulate::Caller::default()
    };
    scenario.call_from(caller).await.wait_ended().await.unwrap();
    let seen = only(&scenario, "/voice");
    for (name, value) in [
        ("From", "+15550001"),
        ("SipDomain", "pbx.example.com"),
        ("SipCallId", "829597750@10.26.0.158"),
        ("SipSourceIp", "127.0.0.1"),
        ("SipHeader_X-Order", "a=1;b=2"),
        ("SipHeader_User-to-User", "abc;encoding=hex"),
        ("ForwardedFrom", "+15558888"),
    ] {
        assert_eq!(seen.param(name).as_deref(), Some(value), "{name}");
    }
    assert!(!seen.body.contains("secret"), "{}", seen.body);
}

// Check 197.
#[tokio::test(start_paused = true)]
async fn timestamps_are_rfc_2822_in_gmt() {
    let config = "[default]\nvoice_url = '{app}/voice'\nstatus_callback = '{app}/status'\n";
    let scenario = calls(
        config,
        &[
            ("/voice", twiml("<Hangup/>")),
            ("/status", Reply::status(204)),
        ],
    )
    .await;
    tokio::time::sleep(ms(500)).await;
    let written = only(&scenario, "/status").param("Timestamp").unwrap();
    let time = jiff::fmt::rfc2822::parse(&written).unwrap();
    assert!(written.ends_with(" +0000"), "{written}");
    let now = pivot::clock::now().unix_seconds();
    assert!(
        (now - time.timestamp().as_second()).abs() < 120,
        "{written}"
    );
}
