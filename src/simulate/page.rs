//! A web application made of a folder: each request is answered with a file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// Serves a document at `/`, and the other files of its folder under their
/// names, with or without extension.
pub struct Page {
    address: SocketAddr,
    server: AbortHandle,
}

#[derive(Clone)]
struct Files {
    document: PathBuf,
    folder: PathBuf,
}

impl Page {
    pub async fn serve(document: &Path) -> std::io::Result<Self> {
        let document = document.canonicalize()?;
        let folder = document.parent().unwrap_or(Path::new("/")).to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = Router::new()
            .fallback(answer)
            .with_state(Files { document, folder });
        let serving = async move { axum::serve(listener, router).await };
        let server = tokio::spawn(serving).abort_handle();
        Ok(Self { address, server })
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(files): State<Files>, uri: Uri) -> Response {
    let name = uri.path().trim_start_matches('/');
    let candidates = if name.is_empty() {
        vec![files.document]
    } else if name.split('/').any(|part| part.starts_with('.')) {
        Vec::new()
    } else {
        let file = |end: &str| files.folder.join(format!("{name}{end}"));
        vec![file(""), file(".xml"), file(".json")]
    };
    for path in candidates {
        if let Ok(body) = std::fs::read(&path) {
            return ([(header::CONTENT_TYPE, content_type(&path, &body))], body).into_response();
        }
    }
    StatusCode::NOT_FOUND.into_response()
}

fn content_type(path: &Path, body: &[u8]) -> &'static str {
    let extension = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    match (extension, first) {
        ("wav", _) => "audio/wav",
        ("mp3", _) => "audio/mpeg",
        ("ogg", _) => "audio/ogg",
        (_, Some(b'{')) => "application/json",
        (_, Some(b'<')) => "application/xml",
        _ => "text/plain",
    }
}
