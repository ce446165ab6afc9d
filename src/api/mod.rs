//! Placeholder: the media branch replaces this file whole.
use crate::call::Services;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct ApiError;
pub struct Server;
pub async fn bind(_: &Arc<Services>, _: watch::Receiver<bool>) -> Result<Server, ApiError> {
    Ok(Server)
}
impl Server {
    pub async fn run(self, _: CancellationToken) {}
}
