use std::sync::Arc;

use super::*;

fn hop(url: &str, policy: Policy) -> (Hop, Policy) {
    let form = Body::Form(vec![("a".into(), "1".into())]);
    let out = Outgoing::new(Method::POST, url, policy).body(form);
    let (hop, policy, _) = first(out).unwrap();
    (hop, policy)
}

fn follow(
    (hop, policy): &(Hop, Policy),
    status: u16,
    location: &str,
    had_credentials: bool,
) -> Result<Option<Hop>, Failure> {
    let mut headers = HeaderMap::new();
    headers.insert(header::LOCATION, location.parse().unwrap());
    hop.redirected(status, &headers, policy, had_credentials)
}

#[test]
fn nothing_confidential_goes_from_https_to_http() {
    let twiml = hop("https://h/a", Policy::twiml());
    assert!(follow(&twiml, 302, "http://h/b", false).unwrap().is_some());
    for refused in [
        follow(&twiml, 302, "http://h/b", true),
        follow(
            &hop("https://h/a", Policy::kazoo()),
            307,
            "http://h/b",
            false,
        ),
    ] {
        let failure = refused.err().unwrap();
        assert_eq!(failure.code(), 11216);
        assert!(failure.to_string().contains("from https to http"));
    }
    assert!(follow(&twiml, 302, "https://h/b", true).unwrap().is_some());
}

#[test]
fn credentials_stay_with_their_origin() {
    let protected = hop("http://me:pw@h/a", Policy::kazoo());
    let login = |location: &str| {
        follow(&protected, 302, location, true)
            .unwrap()
            .unwrap()
            .login
    };
    assert_eq!(login("/b").map(|l| l.user).as_deref(), Some("me"));
    assert_eq!(login("http://h:81/b"), None);
    assert_eq!(login("//other/b"), None);
    assert_eq!(
        login("http://you:pw@other/b").map(|l| l.user).as_deref(),
        Some("you")
    );
}

#[test]
fn each_hop_is_signed_for_itself() {
    let sign: Sign = Arc::new(|url, form| format!("{url} {}", form.len()));
    let form = Body::Form(vec![("a".into(), "1".into())]);
    let out = Outgoing::new(Method::POST, "http://me:pw@h/a?b#rc=1", Policy::twiml())
        .body(form)
        .sign(sign);
    let (hop, policy, _) = first(out).unwrap();
    let signature = |hop: &Hop| {
        let request = hop.request(&mut CookieJar::default(), &policy);
        let value = request.headers().get(SIGNATURE).cloned();
        value.unwrap().to_str().unwrap().to_owned()
    };
    assert_eq!(signature(&hop), "http://h/a?b 1");
    let next = follow(&(hop, policy.clone()), 302, "/c?d#e", false);
    assert_eq!(signature(&next.unwrap().unwrap()), "http://h/c?d 0");
}

#[test]
fn the_callers_headers_replace_ours() {
    let out = Outgoing::new(Method::POST, "http://h/", Policy::twiml())
        .body(Body::Form(Vec::new()))
        .header("content-type", "text/x-own")
        .header("User-Agent", "own/1")
        .header("X-Twice", "1")
        .header("X-Twice", "2")
        .header("Transfer-Encoding", "chunked");
    let (hop, policy, _) = first(out).unwrap();
    let request = hop.request(&mut CookieJar::default(), &policy);
    let values = |name: &str| {
        let all = request.headers().get_all(name).iter();
        all.map(|v| v.to_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(values("content-type"), ["text/x-own"]);
    assert_eq!(values("user-agent"), ["own/1"]);
    assert_eq!(values("x-twice"), ["1", "2"]);
    assert!(values("transfer-encoding").is_empty());
}
