//! Where things lie in the checkout.

use std::path::PathBuf;

/// The top of the checkout.
pub fn checkout() -> PathBuf {
    let lab = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    match lab.parent().and_then(|tests| tests.parent()) {
        Some(top) => top.to_path_buf(),
        None => lab,
    }
}

/// Roots, caches and what test runs leave to look at. `PIVOT_LAB_BUILD` points
/// elsewhere, so that several checkouts can share the Asterisk roots.
pub fn build() -> PathBuf {
    match std::env::var_os("PIVOT_LAB_BUILD") {
        Some(dir) => PathBuf::from(dir),
        None => checkout().join("build"),
    }
}

/// Files of the lab itself.
pub fn lab() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
