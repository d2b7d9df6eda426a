//! The JSON Schema of all plans, made from the same tables that the reader goes by.

use serde_json::{Map, Value, json};

use super::words::{
    AGREEMENT, CHANNEL, CONTROL, FILE, HOOKS, Key, Kind, NOTICE, ORIGIN, PLAN, SETTINGS, SOURCE,
    Section, TABLE, TARGET, WINDOW,
};

/// Gives the JSON Schema (draft 2020-12) of `crossfoot.toml`, for editors that complete and
/// check what is typed. It knows keys and kinds of values; what they mean together, [`super::read`]
/// knows.
pub fn json_schema() -> Value {
    let parts = [
        &SOURCE, &TARGET, &TABLE, &FILE, &AGREEMENT, &ORIGIN, &CONTROL, &WINDOW, &HOOKS, &NOTICE,
        &CHANNEL, &SETTINGS,
    ];
    let definitions: Map<String, Value> = parts
        .iter()
        .map(|section| (section.id.to_owned(), object(section)))
        .collect();
    let mut schema = Map::new();
    schema.insert(
        "$schema".to_owned(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    schema.insert("$id".to_owned(), json!("crossfoot.schema.json"));
    schema.insert("title".to_owned(), json!("crossfoot.toml"));
    if let Value::Object(plan) = object(&PLAN) {
        schema.extend(plan);
    }
    let is_filled =
        |list: &str| json!({ "properties": { list: { "minItems": 1 } }, "required": [list] });
    let compares = json!([is_filled("agreement"), is_filled("control")]);
    schema.insert("anyOf".to_owned(), compares);
    schema.insert("$defs".to_owned(), Value::Object(definitions));
    Value::Object(schema)
}

/// Describes a table of TOML.
fn object(section: &Section) -> Value {
    let properties: Map<String, Value> = section
        .keys
        .iter()
        .map(|key| (key.name.to_owned(), property(key)))
        .collect();
    let required: Vec<&str> = section
        .keys
        .iter()
        .filter(|key| key.required)
        .map(|key| key.name)
        .collect();
    let mut object = json!({
        "description": sentence(section.about),
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    if section.id == CONTROL.id {
        object["oneOf"] = json!([
            { "required": ["sql"] },
            { "required": ["expected", "actual"] },
        ]);
    }
    object
}

/// Describes a key.
fn property(key: &Key) -> Value {
    let mut property = Map::new();
    property.insert("description".to_owned(), json!(sentence(key.about)));
    if let Value::Object(kind) = kind(key.kind) {
        property.extend(kind);
    }
    if let Some(example) = example(key) {
        property.insert("examples".to_owned(), json!([example]));
    }
    Value::Object(property)
}

/// Describes a kind of value.
fn kind(kind: Kind) -> Value {
    let text = || json!({ "type": "string" });
    let texts = || json!({ "type": "array", "items": text(), "uniqueItems": true });
    match kind {
        Kind::Text => text(),
        Kind::Choice(words) => json!({ "type": "string", "enum": words }),
        Kind::List => texts(),
        Kind::TextOrList => json!({ "anyOf": [text(), texts()] }),
        Kind::TextOrCount => json!({ "anyOf": [text(), count()] }),
        Kind::Switch => json!({ "type": "boolean" }),
        Kind::Count => count(),
        Kind::Moment => json!({ "type": "string", "format": "date-time" }),
        Kind::Pairs => json!({
            "type": "object", "additionalProperties": text(), "minProperties": 1,
        }),
        Kind::Lists => json!({
            "type": "object", "additionalProperties": { "anyOf": [text(), texts()] },
        }),
        Kind::Part(section) => reference(section),
        Kind::Parts(section) => json!({ "type": "array", "items": reference(section) }),
        Kind::Named(section) => json!({
            "type": "object", "additionalProperties": reference(section),
        }),
    }
}

fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn reference(section: &Section) -> Value {
    json!({ "$ref": format!("#/$defs/{}", section.id) })
}

/// Reads the value out of a key's example, where that is a value of its own.
fn example(key: &Key) -> Option<Value> {
    if matches!(key.kind, Kind::Part(_) | Kind::Parts(_) | Kind::Named(_)) {
        return None;
    }
    let table: toml::Table = key.example.parse().ok()?;
    Some(match table.get(key.name)? {
        toml::Value::Datetime(moment) => json!(moment.to_string()),
        value => serde_json::to_value(value).ok()?,
    })
}

/// Makes a sentence of a fragment.
fn sentence(fragment: &str) -> String {
    let mut letters = fragment.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}
