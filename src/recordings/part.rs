//! A file that is being written.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::id;

/// Stands beside what it may become, under a hidden name, and is removed when it
/// is dropped.
#[derive(Debug)]
pub struct Part(PathBuf);

impl Part {
    pub(super) fn new(dir: &Path) -> Self {
        Self(dir.join(format!(".{}.part", id::secret_sid(""))))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn write(
        &self,
        content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600);
        let mut file = BufWriter::new(file.open(&self.0)?);
        content(&mut file)?;
        file.flush()
    }

    /// Makes it the file of this name: for pivot's own server, and for whoever
    /// shares its group.
    pub(super) fn keep(&self, path: &Path) -> io::Result<()> {
        fs::set_permissions(&self.0, Permissions::from_mode(0o640))?;
        fs::rename(&self.0, path)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // It is not there when nothing was written, and when it was kept.
        fs::remove_file(&self.0).ok();
    }
}
