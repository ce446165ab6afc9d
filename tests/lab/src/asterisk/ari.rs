//! What the lab asks of ARI: is it up, and what was left behind.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Asterisk;
use crate::error::{LabError, Result};

/// One answer of ARI.
#[derive(Debug, Clone)]
pub struct AriReply {
    pub status: u16,
    /// `Null` when there is no JSON body.
    pub body: Value,
}

/// What stands in Asterisk at one moment, by id or name. Empty after a call
/// that cleaned up behind itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leftovers {
    pub channels: Vec<String>,
    pub bridges: Vec<String>,
    pub stored_recordings: Vec<String>,
}

impl Leftovers {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Asterisk {
    /// One ARI request, with a path such as `/ari/channels`.
    pub async fn ari(&self, method: &str, path: &str) -> Result<AriReply> {
        let credentials = format!("{}:{}", self.username, self.password);
        let separator = if path.contains('?') { '&' } else { '?' };
        let request = format!(
            "{method} {path}{separator}api_key={credentials} HTTP/1.1\r\nHost: {}\r\n\
             Connection: close\r\nContent-Length: 0\r\n\r\n",
            self.ari_addr
        );
        let mut stream = TcpStream::connect(self.ari_addr).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        let text = String::from_utf8_lossy(&bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .ok_or_else(|| LabError::failed(format!("ARI answered {head:?}")))?;
        Ok(AriReply {
            status,
            body: serde_json::from_str(body).unwrap_or(Value::Null),
        })
    }

    /// Channels, bridges and stored recordings that exist now. Live recordings
    /// have no list in ARI; they end with their channel or bridge.
    pub async fn leftovers(&self) -> Result<Leftovers> {
        Ok(Leftovers {
            channels: self.names("/ari/channels", "id").await?,
            bridges: self.names("/ari/bridges", "id").await?,
            stored_recordings: self.names("/ari/recordings/stored", "name").await?,
        })
    }

    /// As [`Asterisk::leftovers`], after up to 3 s for what is on its way out: a
    /// channel stands for some milliseconds after its BYE.
    pub async fn settled_leftovers(&self) -> Result<Leftovers> {
        for _ in 0..60 {
            if self.leftovers().await?.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.leftovers().await
    }

    async fn names(&self, path: &str, key: &str) -> Result<Vec<String>> {
        let reply = self.ari("GET", path).await?;
        let list = reply
            .body
            .as_array()
            .ok_or_else(|| LabError::failed(format!("{path}: {}", reply.status)))?;
        Ok(list
            .iter()
            .filter_map(|item| item[key].as_str().map(str::to_owned))
            .collect())
    }

    /// Whether ARI still knows this playback (a playback that is over answers 404).
    pub async fn playback_exists(&self, id: &str) -> Result<bool> {
        Ok(self
            .ari("GET", &format!("/ari/playbacks/{id}"))
            .await?
            .status
            != 404)
    }

    /// Whether a recording of this name is running.
    pub async fn recording_is_live(&self, name: &str) -> Result<bool> {
        let path = format!("/ari/recordings/live/{name}");
        Ok(self.ari("GET", &path).await?.status != 404)
    }
}
