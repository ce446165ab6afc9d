use std::time::Duration;

use super::{Enqueue, Wait, params};
use crate::call::ops::{Enqueued, QueueResult};
use crate::config::Method;
use crate::twiml::verbs::reading::{clean, read};

#[test]
fn defaults() {
    let expected = Enqueue {
        name: Some("support".into()),
        action: None,
        method: None,
        wait: Wait::Music,
        max: 1000,
        told_beside: None,
    };
    assert_eq!(clean::<Enqueue>("<Enqueue> support </Enqueue>"), expected);
}

#[test]
fn attributes_are_read() {
    let enqueue = clean::<Enqueue>(
        "<Enqueue action='/a' method='get' waitUrl='/w' waitUrlMethod='GET' maxQueueSize='5000'>q</Enqueue>",
    );
    assert_eq!(
        (enqueue.action.as_deref(), enqueue.method),
        (Some("/a"), Some(Method::Get))
    );
    let wait = Wait::Document {
        url: "/w".into(),
        method: Some(Method::Get),
    };
    assert_eq!((enqueue.wait, enqueue.max), (wait, 5000));
    assert_eq!(
        clean::<Enqueue>("<Enqueue waitUrl=''>q</Enqueue>").wait,
        Wait::Silence
    );
}

#[test]
fn bad_values_give_the_default() {
    for (attribute, code) in [
        ("method='PUT'", 14201),
        ("waitUrl='ftp://x.example/'", 14202),
        ("waitUrl='a b'", 14202),
        ("action='mailto:x@y.example'", 14203),
        ("waitUrlMethod='PUT'", 14206),
        ("maxQueueSize='0'", 12200),
        ("maxQueueSize='many'", 12200),
        ("workflowSid='WW1'", 12200),
        ("loud='true'", 12200),
    ] {
        let (enqueue, codes) = read::<Enqueue>(&format!("<Enqueue {attribute}>q</Enqueue>"));
        assert_eq!(
            enqueue,
            clean::<Enqueue>("<Enqueue>q</Enqueue>"),
            "{attribute}"
        );
        assert_eq!(codes, [code], "{attribute}");
    }
    let (enqueue, codes) = read::<Enqueue>("<Enqueue maxQueueSize='5001'>q</Enqueue>");
    assert_eq!((enqueue.max, codes), (5000, vec![12200]));
}

#[test]
fn names_have_64_characters_at_most() {
    let (enqueue, codes) = read::<Enqueue>("<Enqueue/>");
    assert_eq!((enqueue.name, codes), (None, vec![14204]));
    let long = |length| format!("<Enqueue>{}</Enqueue>", "ü".repeat(length));
    assert_eq!(clean::<Enqueue>(&long(64)).name, Some("ü".repeat(64)));
    let (enqueue, codes) = read::<Enqueue>(&long(65));
    assert_eq!((enqueue.name, codes), (Some("ü".repeat(64)), vec![14205]));
}

#[test]
fn a_task_is_read_and_told() {
    let xml =
        "<Enqueue workflowSid='WW1'><Task priority='5' timeout='30'>{\"a\":1}</Task></Enqueue>";
    let (enqueue, codes) = read::<Enqueue>(xml);
    assert_eq!((enqueue.name, codes), (None, vec![12200, 12200]));
    assert_eq!(
        read::<Enqueue>("<Enqueue>q<Say>x</Say></Enqueue>").1,
        [12200]
    );
}

#[test]
fn the_action_is_told_how_it_ended() {
    let enqueued = Enqueued {
        result: QueueResult::BridgingInProcess,
        queue: Some("QU1".into()),
        waited: Duration::from_millis(61_600),
    };
    let told: Vec<String> = params(&enqueued)
        .into_iter()
        .map(|(k, v)| format!("{k}={v}"))
        .collect();
    assert_eq!(
        told,
        [
            "QueueResult=bridging-in-process",
            "QueueSid=QU1",
            "QueueTime=62"
        ]
    );
}
