//! Running programs: fetching documents, executing them, and what follows.

pub mod signature;
