//! Tests of the whole.

mod twiml_documents;
