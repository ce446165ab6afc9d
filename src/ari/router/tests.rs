use super::*;

fn start(id: &str) -> Event {
    let text = format!(r#"{{"type":"StasisStart","args":["x"],"channel":{{"id":"{id}"}}}}"#);
    Event::read(&text).unwrap()
}

fn digit(id: &str, digit: char) -> Event {
    Event::Dtmf {
        channel: id.into(),
        digit,
    }
}

fn event(event: Event) -> Message {
    Message::Event {
        event,
        read: Instant::now(),
    }
}

fn router() -> (Router, mpsc::UnboundedReceiver<Arrival>) {
    let (sender, arrivals) = mpsc::unbounded_channel();
    let (router, run) = Router::start(sender);
    tokio::spawn(run);
    (router, arrivals)
}

#[tokio::test]
async fn events_that_follow_an_arrival_at_once_are_in_the_calls_mailbox() {
    let (router, mut arrivals) = router();
    router.tell(event(start("c1")));
    router.tell(event(digit("c1", '5')));
    let Some(Arrival::Call {
        mut mailbox, args, ..
    }) = arrivals.recv().await
    else {
        panic!()
    };
    assert_eq!(args, ["x"]);
    assert!(matches!(
        mailbox.recv().await,
        Some(Delivery::Event(Event::Dtmf { digit: '5', .. }))
    ));
}

#[tokio::test]
async fn an_object_registered_before_its_request_gets_its_first_event() {
    let (router, mut arrivals) = router();
    router.tell(event(start("c1")));
    let Some(Arrival::Call {
        id, mut mailbox, ..
    }) = arrivals.recv().await
    else {
        panic!()
    };
    let objects = router.objects(&id);
    objects.register("p1");
    router.tell(event(Event::PlaybackStarted {
        playback: "p1".into(),
    }));
    objects.forget("p1");
    router.tell(event(Event::PlaybackFinished {
        playback: "p1".into(),
        failed: false,
    }));
    router.tell(event(digit("c1", '1')));
    assert!(matches!(
        mailbox.recv().await,
        Some(Delivery::Event(Event::PlaybackStarted { .. }))
    ));
    assert!(matches!(
        mailbox.recv().await,
        Some(Delivery::Event(Event::Dtmf { .. }))
    ));
}

#[tokio::test]
async fn a_call_that_does_not_read_is_cut_off_and_the_others_go_on() {
    let (router, mut arrivals) = router();
    router.tell(event(start("stuck")));
    router.tell(event(start("fine")));
    let Some(Arrival::Call {
        mailbox: mut stuck, ..
    }) = arrivals.recv().await
    else {
        panic!()
    };
    let Some(Arrival::Call {
        mailbox: mut fine, ..
    }) = arrivals.recv().await
    else {
        panic!()
    };
    for _ in 0..=MAILBOX {
        router.tell(event(digit("stuck", '1')));
    }
    router.tell(event(digit("fine", '2')));
    assert!(matches!(
        fine.recv().await,
        Some(Delivery::Event(Event::Dtmf { digit: '2', .. }))
    ));
    for _ in 0..MAILBOX {
        assert!(stuck.recv().await.is_some());
    }
    assert!(stuck.recv().await.is_none(), "the mailbox is closed");
}

#[tokio::test]
async fn a_leg_whose_call_is_over_is_a_stray() {
    let (router, mut arrivals) = router();
    router.tell(event(start("pv-old-1.1.1")));
    assert!(
        matches!(arrivals.recv().await, Some(Arrival::Stray { channel }) if channel == "pv-old-1.1.1")
    );
}

#[tokio::test]
async fn the_dialplans_half_of_a_leg_may_be_a_call() {
    let (router, mut arrivals) = router();
    router.tell(event(start("pv-old-1.1.1;2")));
    assert!(
        matches!(arrivals.recv().await, Some(Arrival::Call { channel, .. }) if channel.id == "pv-old-1.1.1;2")
    );
}

#[tokio::test]
async fn a_channel_that_replaces_another_belongs_to_the_same_call() {
    let (router, mut arrivals) = router();
    router.tell(event(start("c1")));
    let Some(Arrival::Call { mut mailbox, .. }) = arrivals.recv().await else {
        panic!()
    };
    let text = r#"{"type":"StasisStart","channel":{"id":"c2"},"replace_channel":{"id":"c1"}}"#;
    router.tell(event(Event::read(text).unwrap()));
    router.tell(event(digit("c2", '9')));
    assert!(matches!(
        mailbox.recv().await,
        Some(Delivery::Event(Event::StasisStart { .. }))
    ));
    assert!(matches!(
        mailbox.recv().await,
        Some(Delivery::Event(Event::Dtmf { .. }))
    ));
}
