//! The store that `[store] url` names.

use std::sync::Arc;

use super::{MemoryStore, SqliteStore, Store, StoreError};

/// Opens it, and makes it when it is not there. Absent = in memory.
pub async fn open(url: Option<&str>) -> Result<Arc<dyn Store>, StoreError> {
    match url.and_then(|url| url.split_once(':')) {
        None => Ok(Arc::new(MemoryStore::default())),
        Some(("sqlite", file)) => Ok(Arc::new(SqliteStore::open(file.into()).await?)),
        Some(("postgres" | "postgresql", _)) => postgres(url.unwrap_or_default()).await,
        Some((scheme, _)) => Err(StoreError::Broken(format!(
            "`store.url`: this build has no store for {scheme}:"
        ))),
    }
}

#[cfg(feature = "postgres")]
async fn postgres(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    Ok(Arc::new(super::PostgresStore::open(url).await?))
}

#[cfg(not(feature = "postgres"))]
async fn postgres(_url: &str) -> Result<Arc<dyn Store>, StoreError> {
    Err(StoreError::Broken(
        "`store.url`: this build cannot ask Postgres; build pivot with `--features postgres`"
            .into(),
    ))
}
