//! What several calls ask for at once is made once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};

/// Work under way, by key. Everybody who asks for the same key meanwhile gets
/// the same result. Nobody owns the work: it goes on while somebody waits for
/// it, and is dropped with the last of them.
pub struct Flight<T: Clone> {
    running: Mutex<HashMap<String, WeakShared<BoxFuture<'static, T>>>>,
}

impl<T: Clone> Default for Flight<T> {
    fn default() -> Self {
        Self {
            running: Mutex::default(),
        }
    }
}

impl<T: Clone + Send + Sync + 'static> Flight<T> {
    /// The result of the work under this key; starts it unless it runs already.
    pub async fn join<F>(&self, key: &str, work: impl FnOnce() -> F) -> T
    where
        F: Future<Output = T> + Send + 'static,
    {
        let shared = self.board(key, work);
        let result = shared.clone().await;
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = running
            .get(key)
            .is_some_and(|weak| weak.upgrade().is_none_or(|s| s.ptr_eq(&shared)));
        if ended {
            running.remove(key);
        }
        result
    }

    fn board<F>(&self, key: &str, work: impl FnOnce() -> F) -> Shared<BoxFuture<'static, T>>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = running.get(key).and_then(WeakShared::upgrade) {
            return shared;
        }
        // Those that were given up by everybody have left their keys behind.
        running.retain(|_, weak| weak.upgrade().is_some());
        let shared = work().boxed().shared();
        if let Some(weak) = shared.downgrade() {
            running.insert(key.to_owned(), weak);
        }
        shared
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn all_who_ask_at_once_share_one_run_and_later_ones_start_another() {
        let flight: Flight<u32> = Flight::default();
        let runs = Arc::new(AtomicU32::new(0));
        let ask = || {
            let runs = runs.clone();
            flight.join("a", move || async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                runs.fetch_add(1, Ordering::SeqCst) + 1
            })
        };
        assert_eq!(tokio::join!(ask(), ask(), ask()), (1, 1, 1));
        assert_eq!(ask().await, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn work_goes_on_when_the_first_asker_leaves_and_ends_with_the_last() {
        let flight: Flight<u32> = Flight::default();
        let finished = Arc::new(AtomicU32::new(0));
        let ask = || {
            let finished = finished.clone();
            flight.join("a", move || async move {
                tokio::time::sleep(Duration::from_secs(10)).await;
                finished.fetch_add(1, Ordering::SeqCst) + 1
            })
        };
        let impatient = tokio::time::timeout(Duration::from_secs(1), ask());
        let (left, stayed) = tokio::join!(impatient, ask());
        assert!(left.is_err());
        assert_eq!(stayed, 1);
        assert!(
            tokio::time::timeout(Duration::from_secs(1), ask())
                .await
                .is_err()
        );
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(finished.load(Ordering::SeqCst), 1);
    }
}
