//! Tests of the whole.

#[cfg(test)]
mod callflow_documents;
#[cfg(test)]
mod twiml_documents;
#[cfg(test)]
mod web_servers;
