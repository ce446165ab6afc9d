//! What a test asks of the fake's log: what was sent, what waited, what came.

use std::time::Duration;

use pivot::simulate::Request;

use super::{Scenario, ms};

/// What Asterisk does at once is answered within this, delays of the test apart.
const AT_ONCE: Duration = ms(200);

impl Scenario {
    /// The requests with this method whose path ends like this.
    pub(crate) async fn sent(&self, method: &str, ending: &str) -> Vec<Request> {
        let mut requests = self.asterisk.requests().await;
        requests.retain(|r| r.method == method && r.path.ends_with(ending));
        requests
    }

    /// Asserts that no request stood behind a prompt or a recording in the
    /// queue of its channel.
    pub(crate) async fn nothing_waited(&self) {
        let joins = |r: &Request| {
            let set = r.method == "POST" && r.path.ends_with("/variable");
            let ends = ["/answer", "/addChannel", "/removeChannel"];
            set || ends.iter().any(|end| r.path.ends_with(end))
        };
        for request in self.asterisk.requests().await.iter().filter(|r| joins(r)) {
            let took = request.answered.map(|answered| answered - request.at);
            assert!(
                took.is_some_and(|took| took < AT_ONCE),
                "{} {} waited {took:?}\n{}",
                request.method,
                request.path,
                self.lines().await
            );
        }
    }

    /// Asserts that no request was made again and again about what is not there.
    pub(crate) async fn nothing_loops(&self) {
        let mut counts = std::collections::HashMap::new();
        for request in self.asterisk.requests().await {
            if request.status == Some(404) {
                let count = counts
                    .entry((request.method.clone(), request.path.clone()))
                    .or_insert(0);
                *count += 1;
                assert!(
                    *count <= 3,
                    "{} {} again and again\n{}",
                    request.method,
                    request.path,
                    self.lines().await
                );
            }
        }
    }
}
