//! A stage whose pivot has a store, which tests fill beside the running daemon.

use std::ops::Deref;
use std::path::PathBuf;

use pivot::id::AccountId;
use pivot::objects::Kind;
use pivot::store::{Attachment, Catalog, Expected, Numbers, open};
use serde_json::{Value, json};

use crate::ears::Heard;
use crate::error::{LabError, Result};
use crate::phone::Call;
use crate::pivot::Config;
use crate::stage::{CALLER, Stage};

/// The configuration's own account.
const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

pub struct House {
    stage: Stage,
    catalog: Catalog,
    account: AccountId,
    file: PathBuf,
}

impl Deref for House {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        &self.stage
    }
}

impl House {
    /// `None` where this version cannot be had.
    pub async fn new(version: &str) -> Result<Option<Self>> {
        Self::with(version, |config| config).await
    }

    /// The same with a changed configuration.
    pub async fn with(
        version: &str,
        change: impl FnOnce(Config) -> Config,
    ) -> Result<Option<Self>> {
        let name = format!("pivot-lab-{}.db", uuid::Uuid::new_v4());
        let file = std::env::temp_dir().join(name);
        let url = format!("sqlite:{}", file.display());
        let tables = format!("[account]\nsid = \"AC{ACCOUNT}\"\n[store]\nurl = {url:?}\n");
        let stage = Stage::with(version, |config| change(config.more(&tables))).await?;
        let Some(stage) = stage else {
            return Ok(None);
        };
        let failed = |error: &dyn std::fmt::Display| LabError::failed(error.to_string());
        let store = open(Some(&url)).await.map_err(|error| failed(&error))?;
        let catalog = Catalog::open(store, Numbers::default()).await;
        let account = AccountId::parse(ACCOUNT).ok_or_else(|| failed(&"no account"))?;
        Ok(Some(Self {
            stage,
            catalog: catalog.map_err(|error| failed(&error))?,
            account,
            file,
        }))
    }

    /// Stores a document as another process would.
    pub async fn put(&self, kind: Kind, id: &str, document: Value) -> Result<()> {
        let body = document.as_object().cloned().unwrap_or_default();
        let any = Expected::Anything;
        let written = self.catalog.put(&self.account, kind, id, body, any).await;
        written.map_err(|error| LabError::failed(error.to_string()))?;
        Ok(())
    }

    /// The same with a sound: an 8 kHz WAV file.
    pub async fn put_sound(
        &self,
        kind: Kind,
        id: &str,
        document: Value,
        sound: &Heard,
    ) -> Result<()> {
        self.put(kind, id, document).await?;
        let path = self.file.with_extension("wav");
        sound.write_wav(&path)?;
        let failed = |error: &dyn std::fmt::Display| LabError::failed(error.to_string());
        let bytes = std::fs::read(&path).map_err(|error| failed(&error))?;
        std::fs::remove_file(&path).ok();
        let attachment = Attachment {
            content_type: "audio/x-wav".into(),
            bytes,
        };
        let written = self
            .catalog
            .attach(&self.account, kind, id, attachment)
            .await;
        written.map_err(|error| failed(&error))?;
        Ok(())
    }

    /// All stored documents of a kind.
    pub async fn all(&self, kind: Kind) -> Result<Vec<Value>> {
        let listed = self.catalog.list(&self.account, kind).await;
        let listed = listed.map_err(|error| LabError::failed(error.to_string()))?;
        Ok(listed
            .into_iter()
            .map(|document| document.body.into())
            .collect())
    }

    /// The callflow of a number.
    pub async fn flow(&self, number: &str, flow: Value) -> Result<()> {
        let document = json!({ "numbers": [number], "flow": flow });
        self.put(Kind::Callflow, &format!("at-{number}"), document)
            .await
    }

    /// Somebody dials a number whose callflow this is.
    pub async fn call_flow(&self, flow: Value) -> Result<Call> {
        self.flow("2100", flow).await?;
        self.dial(CALLER, "2100").await
    }

    /// Somebody's phone dials a number.
    pub async fn dial(&self, from: &str, number: &str) -> Result<Call> {
        self.stage.asterisk.phone(from).call(number).await
    }
}

impl Drop for House {
    fn drop(&mut self) {
        for more in ["", "-wal", "-shm"] {
            std::fs::remove_file(format!("{}{more}", self.file.display())).ok();
        }
    }
}
