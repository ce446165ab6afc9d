//! Lists: filtered, ordered, then cut into pages.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::ask::Ask;
use super::crud;
use super::filters::Filters;
use super::refusal::Refusal;
use super::reply::{Data, Reply};
use super::resource::Resource;
use crate::objects::Fault;
use crate::store::Document;

/// Items of a page, unless it is asked otherwise.
const PAGE: usize = 50;

/// By `name`, without regard to case.
pub(super) fn by_name(document: &Document) -> String {
    let name = document.body.get("name").and_then(Value::as_str);
    name.unwrap_or_default().to_lowercase()
}

/// All of the endpoint's kind.
pub(super) async fn list(ask: &Ask) -> Result<Reply, Refusal> {
    let resource = ask.resource()?;
    crud::owner(ask, resource).await?;
    let catalog = &ask.v2.services.catalog;
    let documents = match resource.owner() {
        Some(_) => {
            let listing = catalog.list_under(&ask.account, resource.kind, ask.id(0));
            listing.await?
        }
        None => catalog.list(&ask.account, resource.kind).await?,
    };
    page(ask, resource, documents).await
}

/// Those of the documents that are wanted, as far as they fit on the page.
pub(super) async fn page(
    ask: &Ask,
    resource: &Resource,
    documents: Vec<Document>,
) -> Result<Reply, Refusal> {
    let filters = Filters::of(ask)?;
    let mut wanted: Vec<(Place, Document)> = documents
        .into_iter()
        .filter(|document| filters.take(&resource.shown_id(&document.id), document))
        .map(|document| (Place::of(resource, &document), document))
        .collect();
    let backwards = is_backwards(ask, resource);
    wanted.sort_by(|(a, _), (b, _)| if backwards { b.cmp(a) } else { a.cmp(b) });
    let Cut { start, size } = Cut::of(ask)?;
    if let Some(start) = start {
        wanted.retain(|(place, _)| {
            if backwards {
                *place <= start
            } else {
                *place >= start
            }
        });
    }
    let first = wanted.first().map(|(place, _)| place.written());
    let next = wanted.get(size).map(|(place, _)| place.written());
    wanted.truncate(size);
    let mut items: Vec<Value> = wanted
        .into_iter()
        .map(|(_, document)| item(resource, document))
        .collect();
    if let Some(complete) = resource.complete_list {
        complete(ask, &mut items).await?;
    }
    let mut beside = Map::new();
    beside.insert("page_size".into(), items.len().into());
    if let Some(first) = first {
        beside.insert("start_key".into(), first.into());
    }
    if let Some(next) = next {
        beside.insert("next_start_key".into(), next.into());
    }
    Ok(Reply::Data(Data {
        data: items.into(),
        beside,
        ..Data::default()
    }))
}

fn item(resource: &Resource, document: Document) -> Value {
    if resource.listed.is_empty() {
        return crud::whole(resource, document);
    }
    let mut item = Map::new();
    item.insert("id".into(), resource.shown_id(&document.id).into());
    for name in resource.listed {
        if let Some(value) = document.body.get(*name) {
            item.insert((*name).into(), value.clone());
        }
    }
    (resource.summary)(&document, &mut item);
    item.into()
}

fn is_backwards(ask: &Ask, resource: &Resource) -> bool {
    let descending = ask
        .asked_flag("descending")
        .or(ask.asked_flag("ascending").map(|ascending| !ascending));
    descending.unwrap_or(resource.newest_first)
}

/// Where a document stands in its list. Another one that comes or goes does not
/// move it, so pages neither repeat nor leave out what is there all the time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    order: String,
    id: String,
}

impl Place {
    fn of(resource: &Resource, document: &Document) -> Self {
        Self {
            order: (resource.order)(document),
            id: document.id.clone(),
        }
    }

    /// As `start_key`.
    fn written(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}\0{}", self.id, self.order))
    }

    fn read(key: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(key).ok()?).ok()?;
        let (id, order) = text.split_once('\0')?;
        Some(Self {
            order: order.to_owned(),
            id: id.to_owned(),
        })
    }
}

/// Which part of the list is wanted.
struct Cut {
    start: Option<Place>,
    size: usize,
}

impl Cut {
    fn of(ask: &Ask) -> Result<Self, Refusal> {
        if ask.asked_flag("paginate") == Some(false) {
            return Ok(Self {
                start: None,
                size: usize::MAX,
            });
        }
        let size = match ask.asked_number("page_size")? {
            None => PAGE,
            Some(size) => usize::try_from(size)
                .ok()
                .filter(|size| *size > 0)
                .ok_or_else(|| {
                    let fault = Fault::new("must be at least 1").target(1);
                    Refusal::fault("page_size", "minimum", fault.value(&size.into()))
                })?,
        };
        let start = ask.asked("start_key").filter(|key| !key.is_empty());
        let start = start
            .map(|key| {
                Place::read(key).ok_or_else(|| {
                    let fault = Fault::new("is none of the next_start_keys that pivot gives");
                    Refusal::fault("start_key", "invalid", fault)
                })
            })
            .transpose()?;
        Ok(Self { start, size })
    }
}
