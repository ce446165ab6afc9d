use std::time::Duration;

use super::*;

fn key(name: &str) -> Key {
    Key {
        asterisk: "a1".into(),
        account: "AC1".into(),
        name: name.into(),
    }
}

fn at(seconds: i64) -> Time {
    Time(clock::now().0 - 100_000 + seconds * 1000)
}

/// A book, and what was told.
#[derive(Default)]
struct Desk {
    book: Book,
    told: Vec<Told>,
}

impl Desk {
    fn join(&mut self, name: &str, since: i64) -> (CallId, Join) {
        let call = CallId::new();
        let join = self.again(name, &call, since);
        (call, join)
    }

    fn again(&mut self, name: &str, call: &CallId, since: i64) -> Join {
        self.book.join(
            key(name),
            call,
            Place::new(at(since)),
            Some(2),
            &mut self.told,
        )
    }

    fn take(&mut self, name: &str) -> (CallId, Take) {
        let call = CallId::new();
        let take = self.book.take(&key(name), &call, None, &mut self.told);
        (call, take)
    }
}

fn offered(take: &Take) -> &Offer {
    match take {
        Take::Caller(offer) => offer,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_oldest_is_taken_first_and_the_others_move_up() {
    let mut desk = Desk::default();
    let (first, _) = desk.join("support", 1);
    let (second, _) = desk.join("support", 2);
    let view = desk.book.view(&key("support"), &second).unwrap();
    assert_eq!((view.position, view.size, view.max), (2, 2, 2));
    assert!(view.waited >= Duration::from_secs(97), "{view:?}");
    let (agent, take) = desk.take("support");
    assert_eq!(offered(&take).caller, first);
    let told = &desk.told[0];
    assert_eq!(told.0, first);
    assert!(matches!(&told.1, QueueNews::Taken { taken, .. } if taken.by == agent));
    let view = desk.book.view(&key("support"), &second).unwrap();
    assert_eq!((view.position, view.size), (1, 1));
    assert_eq!(desk.book.view(&key("support"), &first), None);
}

#[test]
fn queues_of_other_accounts_and_asterisks_are_others() {
    let mut desk = Desk::default();
    desk.join("support", 1);
    let elsewhere = Key {
        asterisk: "a2".into(),
        ..key("support")
    };
    let take = desk
        .book
        .take(&elsewhere, &CallId::new(), None, &mut desk.told);
    assert_eq!(take, Take::Unknown);
    assert_eq!(desk.take("sales").1, Take::Unknown);
}

#[test]
fn agents_who_wait_get_those_who_come_in_order() {
    let mut desk = Desk::default();
    let (caller, _) = desk.join("support", 1);
    desk.book.leave(&caller, &mut desk.told);
    let (first, take) = desk.take("support");
    assert_eq!(take, Take::Waits);
    let (second, _) = desk.take("support");
    let (caller, join) = desk.join("support", 2);
    assert!(matches!(join, Join::Taken { taken, .. } if taken.by == first));
    assert!(
        matches!(&desk.told[0], (to, QueueNews::Offered(offer)) if *to == first && offer.caller == caller)
    );
    assert!(!desk.book.give_up(&first), "it has an offer");
    assert!(desk.book.give_up(&second));
    assert!(matches!(desk.join("support", 3).1, Join::Waits { .. }));
}

#[test]
fn a_queue_has_the_size_it_was_made_with() {
    let mut desk = Desk::default();
    desk.join("support", 1);
    desk.join("support", 2);
    assert!(matches!(desk.join("support", 3).1, Join::Full { queue } if queue.starts_with("QU")));
    let more = desk.book.join(
        key("support"),
        &CallId::new(),
        Place::new(at(4)),
        Some(100),
        &mut desk.told,
    );
    assert!(matches!(more, Join::Full { .. }));
    let back = desk.book.join(
        key("support"),
        &CallId::new(),
        Place::new(at(0)),
        None,
        &mut desk.told,
    );
    assert!(
        matches!(back, Join::Waits { .. }),
        "one who comes back has a place"
    );
}

#[test]
fn whoever_leaves_is_told_to_the_other_one_once() {
    let mut desk = Desk::default();
    let (caller, _) = desk.join("support", 1);
    let (agent, take) = desk.take("support");
    let stay = offered(&take).stay;
    assert!(desk.book.are_paired(stay));
    desk.told.clear();
    desk.book.leave(&caller, &mut desk.told);
    assert_eq!(desk.told, [(agent.clone(), QueueNews::Ended { stay })]);
    desk.told.clear();
    desk.book.leave(&agent, &mut desk.told);
    assert_eq!(desk.told, []);
    assert!(!desk.book.are_paired(stay));
}

#[test]
fn one_who_comes_back_stands_where_that_one_stood() {
    let mut desk = Desk::default();
    let (caller, _) = desk.join("support", 1);
    let (agent, _) = desk.take("support");
    let (other, _) = desk.join("support", 2);
    desk.book.leave(&agent, &mut desk.told);
    desk.again("support", &caller, 1);
    let position = |call| desk.book.view(&key("support"), call).unwrap().position;
    assert_eq!((position(&caller), position(&other)), (1, 2));
}

#[test]
fn asking_twice_changes_nothing() {
    let mut desk = Desk::default();
    let (caller, join) = desk.join("support", 1);
    assert_eq!(desk.again("support", &caller, 1), join);
    let (agent, take) = desk.take("support");
    assert_eq!(
        desk.book
            .take(&key("support"), &agent, None, &mut desk.told),
        take
    );
    assert!(matches!(
        desk.again("support", &caller, 1),
        Join::Taken { .. }
    ));
    assert_eq!(desk.told.len(), 1);
}

#[test]
fn one_who_waits_can_be_called_out() {
    let mut desk = Desk::default();
    let (first, _) = desk.join("support", 1);
    let (second, _) = desk.join("support", 2);
    let request = Request {
        url: "http://x.example/".into(),
        method: None,
        params: Vec::new(),
        why: "Queue member".into(),
    };
    let mut redirect = |which| {
        desk.book
            .redirect(&key("support"), &which, request.clone(), &mut desk.told)
    };
    assert_eq!(redirect(Which::Call(second.clone())), Some(second));
    assert_eq!(redirect(Which::Front), Some(first));
    assert_eq!(redirect(Which::Front), None);
    assert_eq!(desk.told.len(), 2);
}

#[test]
fn it_can_be_written_down() {
    let mut desk = Desk::default();
    let (caller, join) = desk.join("support", 1);
    desk.join("sales", 1);
    desk.take("sales");
    let text = serde_json::to_string(&desk.book).unwrap();
    desk.book = serde_json::from_str(&text).unwrap();
    assert_eq!(desk.again("support", &caller, 1), join);
    let Join::Waits { stay, .. } = desk.join("support", 2).1 else {
        panic!("it waits");
    };
    assert_eq!(stay, 3, "numbers only grow");
}

#[test]
fn empty_queues_are_forgotten_when_there_are_too_many() {
    let mut desk = Desk::default();
    desk.join("kept", 1);
    for number in 0..EMPTY + 10 {
        let (caller, _) = desk.join(&format!("q{number}"), 1);
        desk.book
            .queues
            .get_mut(&key(&format!("q{number}")))
            .unwrap()
            .members
            .retain(|member| member.call != caller);
    }
    assert!(desk.book.queues.len() <= EMPTY);
    assert!(desk.book.queues.contains_key(&key("kept")));
}
