//! The store that `[store] url` names.

use std::sync::Arc;

use super::{MemoryStore, SqliteStore, Store, StoreError};

/// Opens it, and makes it when it is not there. Absent = in memory.
pub async fn open(url: Option<&str>) -> Result<Arc<dyn Store>, StoreError> {
    match url.and_then(|url| url.split_once(':')) {
        None => Ok(Arc::new(MemoryStore::default())),
        Some(("sqlite", file)) => Ok(Arc::new(SqliteStore::open(file.into()).await?)),
        Some((scheme, _)) => Err(StoreError::Broken(format!(
            "`store.url`: this build has no store for {scheme}:"
        ))),
    }
}
