//! Fields that are information for those who read the document.

use pivot::callflow::table::{self, Reading};
use pivot::objects::Kind;
use serde_json::{Map, Value, json};

use crate::api::Api;

/// A value for a field, as the table describes it.
fn value(values: &str) -> Value {
    match values {
        "list of texts" => json!(["one", "two"]),
        "text" => json!("kept"),
        values if values.starts_with("`true`") => json!(true),
        _ => json!(7),
    }
}

/// Puts a value where a dotted name says.
fn put(document: &mut Map<String, Value>, name: &str, value: Value) {
    match name.split_once('.') {
        None => {
            document.insert(name.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = document.entry(first).or_insert_with(|| json!({}));
            put(inner.as_object_mut().unwrap(), rest, value);
        }
    }
}

/// docs/callflow.md says `kept` of these: every one of every kind that the API shows.
#[tokio::test]
async fn what_is_for_readers_alone_is_given_back_as_it_came() {
    let api = Api::start().await;
    let mut fields = 0;
    for definition in table::stored() {
        let kind = Kind::ALL.iter().find(|kind| kind.one() == definition.name);
        let kind = *kind.unwrap();
        let kept = definition.fields.iter();
        let kept = kept.filter(|field| field.reading == Reading::Kept);
        let mut document = Map::new();
        for field in kept {
            put(&mut document, &field.name, value(&field.values));
            fields += 1;
        }
        if document.is_empty() || kind == Kind::Token {
            continue;
        }
        let stored = Value::from(document.clone());
        let smallest = crate::api::documents().into_iter();
        let mut smallest = smallest.filter(|(path, _)| *path == kind.name());
        let shown = match smallest.next() {
            Some((path, mut whole)) => {
                let further = document.clone();
                whole.as_object_mut().unwrap().extend(further);
                let id = api.create(path, whole).await;
                api.get(&format!("{path}/{id}")).await.data().clone()
            }
            // pivot itself writes these.
            None => {
                let (id, path) = match kind {
                    Kind::Message => {
                        let sales = json!({"name": "sales", "mailbox": "777"});
                        api.scenario.put(Kind::Vmbox, "sales", sales).await;
                        ("sales/one", "vmboxes/sales/messages/one".to_owned())
                    }
                    kind => ("one", format!("{}/one", kind.name())),
                };
                api.scenario.put(kind, id, stored.clone()).await;
                api.get(&path).await.data().clone()
            }
        };
        for (name, value) in &document {
            assert_eq!(shown[name], *value, "{}.{name}", definition.name);
        }
    }
    assert!(fields > 40, "{fields}");
}
