//! What can go wrong on purpose.

use std::time::Duration;

use super::rest::{Answer, Request};
use super::world::{Ticket, World};

/// What happens to a request instead of, or besides, its being carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Refused with this status; not carried out.
    Refuse(u16),
    /// Carried out, but the client sees this status.
    Lie(u16),
    /// Not carried out and never answered.
    Ignore,
    /// Carried out, but the answer never comes.
    LoseAnswer,
    /// Carried out; the connection breaks instead of an answer.
    Reset,
    /// Carried out after this long.
    Late(Duration),
}

/// Which request a fault is for.
#[derive(Debug, Clone)]
pub struct Matching {
    /// `None` matches every method.
    pub method: Option<String>,
    /// Found anywhere in the path.
    pub path: String,
    /// How many matching requests pass unharmed before.
    pub skip: usize,
}

impl Matching {
    /// The next request with this method whose path contains `path`.
    pub fn next(method: &str, path: &str) -> Self {
        Self {
            method: Some(method.to_uppercase()),
            path: path.into(),
            skip: 0,
        }
    }

    /// Lets `count` matching requests pass first.
    #[must_use]
    pub fn after(mut self, count: usize) -> Self {
        self.skip = count;
        self
    }

    fn matches(&self, request: &Request) -> bool {
        self.method.as_ref().is_none_or(|m| *m == request.method)
            && request.path.join("/").contains(&self.path)
    }
}

/// The faults that have not happened yet.
#[derive(Default)]
pub(super) struct Faults(Vec<(Matching, Fault)>);

impl Faults {
    pub(super) fn add(&mut self, matching: Matching, fault: Fault) {
        self.0.push((matching, fault));
    }

    pub(super) fn take(&mut self, request: &Request) -> Option<Fault> {
        let mut hit = None;
        for (place, (matching, _)) in self.0.iter_mut().enumerate() {
            if !matching.matches(request) {
                continue;
            }
            if matching.skip > 0 {
                matching.skip -= 1;
            } else if hit.is_none() {
                hit = Some(place);
            }
        }
        hit.map(|place| self.0.remove(place).1)
    }
}

impl Fault {
    fn answer(status: u16) -> Answer {
        Answer::error(status, "Injected fault")
    }
}

impl World {
    /// Carries a request out that a fault was set for.
    pub(super) fn faulty(&mut self, ticket: Ticket, request: Request, fault: &Fault) {
        match fault {
            Fault::Refuse(status) => self.answer(ticket, Fault::answer(*status)),
            Fault::Ignore => self.never_answer(ticket),
            Fault::Late(delay) => {
                self.after(*delay, move |world| world.carry_out(ticket, &request));
            }
            Fault::Lie(status) => {
                self.answer(ticket, Fault::answer(*status));
                self.carry_out(ticket, &request);
            }
            Fault::LoseAnswer => {
                self.never_answer(ticket);
                self.carry_out(ticket, &request);
            }
            Fault::Reset => {
                self.break_off(ticket);
                self.carry_out(ticket, &request);
            }
        }
    }
}
