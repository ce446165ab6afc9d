//! Serving one file: ranges, and answers without a body to those who have it.
//! HEAD is answered by axum from what GET would be.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use futures_util::stream;
use tokio::task::spawn_blocking;

use super::error::Refusal;

/// A prompt fits in, so that it costs one visit to the disk.
const CHUNK: u64 = 256 * 1024;

pub(super) async fn serve(
    path: &Path,
    content_type: &'static str,
    headers: &HeaderMap,
) -> axum::response::Response {
    let (at, headers) = (PathBuf::from(path), headers.clone());
    let read = spawn_blocking(move || answer(&at, content_type, &headers)).await;
    match read.unwrap_or_else(|error| Err(std::io::Error::other(error))) {
        Ok(response) => response.map(body),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Refusal::NotFound.into_response()
        }
        Err(error) => {
            tracing::error!(path = %path.display(), %error, "file cannot be served");
            Refusal::Broken("the file cannot be read; pivot's log says why").into_response()
        }
    }
}

/// What is to be sent: the beginning, and the file where the rest is.
#[derive(Default)]
struct Sent {
    start: Bytes,
    rest: Option<(File, u64)>,
}

fn answer(
    path: &Path,
    content_type: &'static str,
    headers: &HeaderMap,
) -> std::io::Result<Response<Sent>> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    let length = metadata.len();
    let changed = metadata.modified()?.duration_since(UNIX_EPOCH);
    let tag = format!(
        "\"{length:x}-{:x}\"",
        changed.unwrap_or_default().as_millis()
    );
    let known = |value: &HeaderValue| {
        let tags = value.to_str().unwrap_or_default();
        tags.split(',').any(|given| {
            let given = given.trim();
            given == "*" || given.trim_start_matches("W/") == tag
        })
    };
    let builder = Response::builder()
        .header(header::ETAG, &tag)
        .header(header::ACCEPT_RANGES, "bytes");
    if headers.get(header::IF_NONE_MATCH).is_some_and(known) {
        let response = builder
            .status(StatusCode::NOT_MODIFIED)
            .body(Sent::default());
        return response.map_err(std::io::Error::other);
    }
    let same = headers
        .get(header::IF_RANGE)
        .is_none_or(|value| value.as_bytes() == tag.as_bytes());
    let range = headers
        .get(header::RANGE)
        .filter(|_| same)
        .and_then(|value| value.to_str().ok())
        .map_or(Range::All, |value| Range::read(value, length));
    let builder = builder.header(header::CONTENT_TYPE, content_type);
    let response = match range {
        Range::All => builder
            .header(header::CONTENT_LENGTH, length)
            .body(begin(file, length)?),
        Range::Part { start, end } => {
            file.seek(SeekFrom::Start(start))?;
            let size = end - start + 1;
            builder
                .status(StatusCode::PARTIAL_CONTENT)
                .header(header::CONTENT_LENGTH, size)
                .header(
                    header::CONTENT_RANGE,
                    format!("bytes {start}-{end}/{length}"),
                )
                .body(begin(file, size)?)
        }
        Range::Beyond => builder
            .status(StatusCode::RANGE_NOT_SATISFIABLE)
            .header(header::CONTENT_RANGE, format!("bytes */{length}"))
            .body(Sent::default()),
    };
    response.map_err(std::io::Error::other)
}

fn begin(mut file: File, size: u64) -> std::io::Result<Sent> {
    let start = chunk(&mut file, size)?;
    let left = size - start.len() as u64;
    Ok(Sent {
        start,
        rest: (left > 0).then_some((file, left)),
    })
}

/// The next piece of a file that has `left` bytes to go.
fn chunk(file: &mut File, left: u64) -> std::io::Result<Bytes> {
    let mut chunk = vec![0; usize::try_from(left.min(CHUNK)).unwrap_or(0)];
    file.read_exact(&mut chunk)?;
    Ok(chunk.into())
}

fn body(sent: Sent) -> Body {
    let Some(rest) = sent.rest else {
        return Body::from(sent.start);
    };
    let rest = stream::try_unfold(rest, |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let read = spawn_blocking(move || chunk(&mut file, left).map(|chunk| (chunk, file)));
        let (chunk, file) = read.await.map_err(std::io::Error::other)??;
        let left = left - chunk.len() as u64;
        std::io::Result::Ok(Some((chunk, (file, left))))
    });
    let start = stream::iter([std::io::Result::Ok(sent.start)]);
    Body::from_stream(futures_util::StreamExt::chain(start, rest))
}

/// The bytes that are asked for.
#[derive(Debug, PartialEq)]
enum Range {
    All,
    /// Both inclusive.
    Part {
        start: u64,
        end: u64,
    },
    Beyond,
}

impl Range {
    /// Several ranges, and what is no range, are answered with the whole.
    fn read(value: &str, length: u64) -> Self {
        let one = value
            .strip_prefix("bytes=")
            .filter(|ranges| !ranges.contains(','))
            .and_then(|range| range.trim().split_once('-'));
        let Some((first, last)) = one else {
            return Self::All;
        };
        let (start, end) = match (first.parse::<u64>(), last.parse::<u64>()) {
            (Ok(first), Ok(last)) if first <= last => (first, last),
            (Ok(first), Err(_)) if last.is_empty() => (first, u64::MAX),
            (Err(_), Ok(count)) if first.is_empty() => (length.saturating_sub(count), u64::MAX),
            _ => return Self::All,
        };
        let suffix_of_nothing = first.is_empty() && last.parse() == Ok(0u64);
        if start >= length || suffix_of_nothing {
            return Self::Beyond;
        }
        Self::Part {
            start,
            end: end.min(length - 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_has_them() {
        let read = |value| Range::read(value, 100);
        let part = |start, end| Range::Part { start, end };
        assert_eq!(read("bytes=0-9"), part(0, 9));
        assert_eq!(read("bytes=90-"), part(90, 99));
        assert_eq!(read("bytes=-10"), part(90, 99));
        assert_eq!(read("bytes=-1000"), part(0, 99));
        assert_eq!(read("bytes=50-1000"), part(50, 99));
        assert_eq!(read("bytes=100-"), Range::Beyond);
        assert_eq!(read("bytes=-0"), Range::Beyond);
        for whole in [
            "bytes=9-0",
            "bytes=0-1,5-6",
            "bytes=",
            "bytes=a-b",
            "lines=1-2",
            "bytes=-",
        ] {
            assert_eq!(read(whole), Range::All, "{whole}");
        }
        assert_eq!(Range::read("bytes=0-", 0), Range::Beyond);
    }
}
