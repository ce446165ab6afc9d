//! TwiML: the list.

/// A document that has been read.
#[derive(Debug)]
pub struct Document;
