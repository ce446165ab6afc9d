//! Tests of the whole.

#[cfg(test)]
mod callflow_documents;
mod twiml_documents;
