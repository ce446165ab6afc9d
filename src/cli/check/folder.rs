//! The documents of a folder.

use std::path::{Path, PathBuf};

/// Deeper is no folder of documents but somebody's whole disk.
const DEEPEST: usize = 16;

/// The files themselves, and of folders the documents in them, sorted.
pub(super) fn files(paths: &[PathBuf]) -> Vec<PathBuf> {
    files_of(paths, &["xml", "twiml", "json"])
}

/// The same, of folders only what has one of these extensions.
pub(in crate::cli) fn files_of(paths: &[PathBuf], extensions: &[&str]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let first = files.len();
            walk(path, 0, extensions, &mut files);
            files[first..].sort();
        } else {
            files.push(path.clone());
        }
    }
    files
}

/// Hidden files, what package managers installed and links are left out.
fn walk(folder: &Path, depth: usize, extensions: &[&str], files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        let hidden = name.to_string_lossy().starts_with('.') || name == "node_modules";
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !hidden && depth < DEEPEST => {
                walk(&path, depth + 1, extensions, files);
            }
            Ok(kind) if kind.is_file() && !hidden && is_document(&path, extensions) => {
                files.push(path)
            }
            _ => {}
        }
    }
}

fn is_document(path: &Path, extensions: &[&str]) -> bool {
    path.extension()
        .is_some_and(|extension| extensions.iter().any(|known| extension == *known))
}
