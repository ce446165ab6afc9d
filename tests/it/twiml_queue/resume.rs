//! Calls whose task is dropped and picked up again at awkward moments.

use super::*;

/// Drops the task of a call and goes on from its checkpoint.
async fn pick_up(scenario: &Scenario, number: usize) {
    let id = call_id(scenario, number).await;
    if timeline(scenario, number).await.summary.ended.is_some() {
        return;
    }
    scenario.pivot.drop_call(&id).await;
    if let Some(state) = scenario.checkpoints.read(&id) {
        scenario.pivot.resume_call(state).await;
    }
}

/// What the two hear and what is asked for; the calls are dropped at these times.
fn story(drops: &[(u64, usize)]) -> Vec<String> {
    let drops = drops.to_vec();
    let (told, telling) = std::sync::mpsc::channel();
    on_its_own(async move {
        let scenario = queue(
            ENQUEUE,
            "<Dial action='done'><Queue url='greet'>support</Queue></Dial>",
        )
        .await;
        let began = tokio::time::Instant::now();
        let alice = scenario.call().await;
        let mut bob = None;
        let mut steps: Vec<(u64, Option<usize>)> = drops
            .into_iter()
            .map(|(at, call)| (at, Some(call)))
            .collect();
        steps.push((7000, None));
        steps.sort();
        for (at, drop) in steps {
            tokio::time::sleep_until(began + ms(at)).await;
            match drop {
                Some(number) => pick_up(&scenario, number).await,
                None => bob = Some(agent(&scenario).await),
            }
        }
        tokio::time::sleep_until(began + seconds(20)).await;
        alice.hangup().await;
        let bob = bob.unwrap();
        bob.wait_ended().await.unwrap();
        over(&scenario).await;
        let names = [
            "QueueResult",
            "QueueTime",
            "QueuePosition",
            "DequeueResult",
            "DequeuedCallQueueTime",
            "DequeuedCallDuration",
        ];
        let requests = scenario
            .web
            .seen()
            .into_iter()
            .map(|seen| format!("{} {}", seen.path, params(&seen, &names).join(" ")));
        let mut all: Vec<String> = requests.collect();
        // A request that was under way is made again.
        all.dedup();
        all.extend(alice.heard_media().await);
        all.extend(bob.heard_media().await);
        all.push(format!(
            "talked {}",
            talked(&bob).await.as_secs_f64().round()
        ));
        told.send(all).unwrap();
    });
    telling.recv().unwrap()
}

#[test]
fn a_caller_or_an_agent_dropped_at_any_moment_comes_to_the_same() {
    let expected = story(&[]);
    assert!(
        expected.iter().any(|line| line == "talked 10"),
        "{expected:#?}"
    );
    let mut drops: Vec<Vec<(u64, usize)>> = vec![
        vec![(12_000, 0), (12_500, 1), (13_000, 0)],
        vec![
            (1000, 0),
            (3000, 0),
            (6000, 0),
            (7500, 1),
            (9000, 0),
            (11_000, 1),
            (15_000, 0),
        ],
    ];
    drops.extend((0..27).map(|n| vec![(n * 700 + 350, 0)]));
    drops.extend((11..27).map(|n| vec![(n * 700, 1)]));
    // The moments in which the two are put together.
    for ms in 0..4 {
        drops.push(vec![(5000 + ms, 0)]);
        drops.push(vec![(7001 + ms, 0)]);
        drops.push(vec![(7001 + ms, 1)]);
        drops.push(vec![(10_000 + ms, 0)]);
        drops.push(vec![(10_000 + ms, 1)]);
    }
    for drop in drops {
        assert_eq!(story(&drop), expected, "{drop:?}");
    }
}

#[test]
fn one_who_leaves_while_the_other_ones_task_is_gone_is_noticed() {
    on_its_own(async {
        let scenario = queue(ENQUEUE, DIAL).await;
        let alice = scenario.call().await;
        tokio::time::sleep(seconds(1)).await;
        let bob = agent(&scenario).await;
        tokio::time::sleep(seconds(2)).await;
        let id = call_id(&scenario, 0).await;
        scenario.pivot.drop_call(&id).await;
        bob.hangup().await;
        tokio::time::sleep(seconds(1)).await;
        scenario
            .pivot
            .resume_call(scenario.checkpoints.read(&id).unwrap())
            .await;
        alice.wait_ended().await.unwrap();
        over(&scenario).await;
        assert_eq!(
            param(&asked(&scenario, "/docs/left").await, "QueueResult"),
            "bridged"
        );
    });
}

#[test]
fn a_document_in_another_encoding_is_read_again_as_it_was() {
    on_its_own(async {
        let verbs = b"<?xml version='1.0' encoding='iso-8859-1'?><Response>\
            <Enqueue waitUrl='out' action='left?name=M\xfcller'>gr\xfc\xdfe</Enqueue></Response>";
        let reply = Reply::new("application/xml", verbs.to_vec());
        let config = "[default]\nvoice_url = \"{app}/docs/latin\"\n";
        let scenario = Scenario::configured(config).await;
        scenario.web.on("/docs/latin", reply);
        scenario
            .web
            .on("/docs/out", twiml("<Leave/>").after(seconds(2)));
        scenario.web.on("/docs/left", twiml("<Hangup/>"));
        let phone = scenario.call().await;
        tokio::time::sleep(seconds(1)).await;
        pick_up(&scenario, 0).await;
        phone.wait_ended().await.unwrap();
        over(&scenario).await;
        let left = asked(&scenario, "/docs/left").await;
        assert_eq!(left.query, "name=M%C3%BCller");
        assert_eq!(param(&left, "QueueResult"), "leave");
    });
}
