//! Serving on SQLite, and answers held against the document.

use ruixin_service::gate::Limits;
use ruixin_service::keys::Role;
use serde_json::Value;

use super::http::{Client, Reply};
use super::served::{Served, beside};
use super::{Database, block_on};

/// Serves on SQLite, and gives clients that read, write and close.
pub fn serving(limits: Limits, play: impl FnOnce(&Client, &Client, &Client) + Send + 'static) {
    block_on(async {
        let database = Database::sqlite();
        let served = Served::begin(database.books().await, limits).await;
        let reader = served.client(Role::Reader).await;
        let writer = served.client(Role::Writer).await;
        let admin = served.client(Role::Admin).await;
        beside(move || play(&reader, &writer, &admin)).await;
        served.end().await;
    });
}

/// The operation of the document by its id, with its path and method.
pub fn operation<'a>(document: &'a Value, id: &str) -> (&'a str, &'a str, &'a Value) {
    let paths = document["paths"].as_object().expect("paths");
    let all = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().expect("methods");
        item.iter()
            .map(move |(method, one)| (path.as_str(), method.as_str(), one))
    });
    let mut found = all.filter(|(_, _, one)| one["operationId"] == id);
    found.next().unwrap_or_else(|| panic!("no operation {id}"))
}

/// What came is what the document says: the status, the code, and the members of the body.
pub fn is_as_documented(document: &Value, id: &str, reply: &Reply) {
    let (_, _, operation) = operation(document, id);
    let said = &operation["responses"][reply.status.to_string()];
    assert!(said.is_object(), "{id} does not document {reply:?}");
    for header in ["Retry-After", "Idempotency-Replayed"] {
        if reply.headers.contains_key(&header.to_ascii_lowercase()) {
            let header = &said["headers"][header];
            assert!(header.is_object(), "{id} does not document {reply:?}");
        }
    }
    if reply.status >= 400 {
        let schema = &said["content"]["application/problem+json"]["schema"];
        let codes = schema["allOf"][1]["properties"]["code"]["enum"]
            .as_array()
            .expect("codes");
        assert!(codes.contains(&reply.code().into()), "{id}: {reply:?}");
        assert_eq!(reply.headers["content-type"], "application/problem+json");
        return;
    }
    let mut schema = &said["content"]["application/json"]["schema"];
    if let Some(name) = schema["$ref"].as_str() {
        schema = document
            .pointer(&name[1..])
            .unwrap_or_else(|| panic!("{name} is nowhere"));
    }
    let Some(properties) = schema["properties"].as_object() else {
        return;
    };
    let body = reply.json();
    let body = body.as_object().expect("an object");
    for name in body.keys() {
        assert!(
            properties.contains_key(name),
            "{id} does not document {name}"
        );
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(
            body.contains_key(name.as_str().expect("a name")),
            "{id} lacks {name}"
        );
    }
}
