//! From the bytes of an answer to its text.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::error;
use crate::report::Report;

/// Decodes a document. What it is written in is told, in this order, by a byte
/// order mark, by the `charset` of the answer's content type, by its XML
/// declaration; UTF-8 otherwise.
///
/// There is always a text, so that errors can be shown in it.
pub fn decode(bytes: &[u8], charset: Option<&str>, report: &mut Report) -> String {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return with(encoding, bytes.get(length..).unwrap_or_default(), report);
    }
    if let Some(encoding) = charset.and_then(|c| Encoding::for_label(c.as_bytes())) {
        return with(encoding, bytes, report);
    }
    if bytes.starts_with(&[b'<', 0]) {
        return with(UTF_16LE, bytes, report);
    }
    if bytes.starts_with(&[0, b'<']) {
        return with(UTF_16BE, bytes, report);
    }
    let Some((start, label)) = declared(bytes) else {
        return with(UTF_8, bytes, report);
    };
    let span = start..start + label.len();
    match Encoding::for_label(label.as_bytes()) {
        // A declaration that can be read byte by byte is not UTF-16, whatever
        // it says: .NET writes this when a string is its destination.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => {
            report
                .warn(
                    error::PARSE,
                    span,
                    format!("declared as `{label}`, which it is not; read as UTF-8"),
                )
                .help("write `encoding=\"UTF-8\"`");
            with(UTF_8, bytes, report)
        }
        Some(encoding) => with(encoding, bytes, report),
        None => {
            report
                .error(
                    error::PARSE,
                    span,
                    format!("`{label}` is not a known encoding"),
                )
                .help("write `encoding=\"UTF-8\"` and send UTF-8");
            String::from_utf8_lossy(bytes).into_owned()
        }
    }
}

fn with(encoding: &'static Encoding, bytes: &[u8], report: &mut Report) -> String {
    if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        return text.into_owned();
    }
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let place = match std::str::from_utf8(bytes) {
        Err(error) if encoding == UTF_8 => error.valid_up_to(),
        _ => text.find('\u{FFFD}').unwrap_or_default(),
    };
    let name = encoding.name();
    report
        .error(
            error::PARSE,
            place..(place + 1).min(text.len()),
            format!("these bytes are not {name}"),
        )
        .help("send UTF-8, or declare the encoding: `<?xml version=\"1.0\" encoding=\"…\"?>`");
    text.into_owned()
}

/// The encoding that the XML declaration names, and where it stands.
fn declared(bytes: &[u8]) -> Option<(usize, String)> {
    if !bytes.starts_with(b"<?xml") {
        return None;
    }
    let head: String = bytes
        .iter()
        .take(200)
        .map(|b| char::from(if b.is_ascii() { *b } else { b'?' }))
        .collect();
    let head = head.split_once("?>")?.0;
    let after = head.find("encoding")? + "encoding".len();
    let quote = after + head.get(after..)?.find(['"', '\''])?;
    if head.get(after..quote)?.trim() != "=" {
        return None;
    }
    let mark = head.get(quote..=quote)?;
    let label = head.get(quote + 1..)?.split_once(mark)?.0;
    Some((quote + 1, label.to_owned()))
}
