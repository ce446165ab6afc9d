//! A few connections, made when they are needed and made again when the server
//! has been restarted.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use postgres::{Client, NoTls};
use tokio::sync::Semaphore;

use super::address::Address;
use super::failure;
use crate::store::StoreError;

/// Postgres has 100 in all unless it is told otherwise.
const CONNECTIONS: usize = 8;
/// How long a connection may take to say that it still is one.
const PING: Duration = Duration::from_secs(2);
/// What a connection is told first: no question is worth more of a caller's time.
const SETTINGS: &str = "SET statement_timeout = '10s'; SET client_min_messages = warning";

pub(super) struct Pool {
    address: Address,
    idle: Mutex<Vec<Client>>,
    turns: Arc<Semaphore>,
}

impl Pool {
    pub(super) fn new(address: Address) -> Self {
        Self {
            address,
            idle: Mutex::default(),
            turns: Arc::new(Semaphore::new(CONNECTIONS)),
        }
    }

    /// Asks something that may be asked again: an idle connection may have died
    /// unnoticed, which shows when it is used.
    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        ask: impl Fn(&mut Client) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.blocking(move |pool| {
            while let Some(mut client) = pool.idle() {
                match ask(&mut client) {
                    Err(StoreError::Broken(_)) if client.is_valid(PING).is_err() => {}
                    answer => {
                        pool.keep(client);
                        return answer;
                    }
                }
            }
            let mut client = pool.connect()?;
            let answer = ask(&mut client);
            pool.keep(client);
            answer
        })
        .await
    }

    /// Asks something that is asked once, on a connection that is known to live.
    pub(super) async fn write<T: Send + 'static>(
        self: &Arc<Self>,
        ask: impl FnOnce(&mut Client) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.blocking(move |pool| {
            let mut client = pool.living()?;
            let answer = ask(&mut client);
            pool.keep(client);
            answer
        })
        .await
    }

    fn living(&self) -> Result<Client, StoreError> {
        while let Some(mut client) = self.idle() {
            if client.is_valid(PING).is_ok() {
                return Ok(client);
            }
        }
        self.connect()
    }

    fn connect(&self) -> Result<Client, StoreError> {
        let Address { config, tls, shown } = &self.address;
        let connected = match tls {
            Some(tls) => config.connect(tls.clone()),
            None => config.connect(NoTls),
        };
        let mut client = connected.map_err(|error| failure::of_connecting(&error, shown))?;
        client.batch_execute(SETTINGS)?;
        Ok(client)
    }

    fn idle(&self) -> Option<Client> {
        self.locked().pop()
    }

    fn keep(&self, client: Client) {
        if !client.is_closed() {
            self.locked().push(client);
        }
    }

    /// No holder can leave it half-changed.
    fn locked(&self) -> std::sync::MutexGuard<'_, Vec<Client>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let pool = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work(&pool)
        });
        done.await
            .unwrap_or_else(|error| Err(StoreError::Broken(error.to_string())))
    }
}

impl Drop for Pool {
    /// A client says goodbye while whoever drops it waits, which the threads of
    /// the runtime must not.
    fn drop(&mut self) {
        let idle = std::mem::take(&mut *self.locked());
        if !idle.is_empty() {
            std::thread::spawn(move || drop(idle));
        }
    }
}
