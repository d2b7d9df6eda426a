//! The published JSON Schema: it is the one in `docs`, and it agrees with the reader.

use std::fs;
use std::path::PathBuf;

use rules::plan::{self, Mistake, PlanError};
use serde_json::{Value, json};

#[test]
fn the_schema_in_the_docs_is_the_one_in_use() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/crossfoot.schema.json");
    let mut schema = serde_json::to_string_pretty(&plan::json_schema()).expect("it is JSON");
    schema.push('\n');
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(path, &schema).expect("the docs can be written");
    }
    let published = fs::read_to_string(path).unwrap_or_default();
    assert!(published == schema, "UPDATE_EXPECT=1 writes {path} anew");
}

#[test]
fn every_part_of_the_schema_says_what_it_is_for() {
    fn look(schema: &Value, at: &str) {
        let properties = schema["properties"].as_object();
        for (name, property) in properties.into_iter().flatten() {
            let said = property["description"].as_str().unwrap_or_default();
            assert!(
                said.ends_with('.') && said.len() > 10,
                "{at}.{name}: {said}"
            );
        }
    }
    let schema = plan::json_schema();
    look(&schema, "plan");
    for (name, definition) in schema["$defs"].as_object().expect("it has parts") {
        assert!(definition["description"].is_string(), "{name}");
        look(definition, name);
    }
}

#[test]
fn every_example_in_the_schema_is_of_the_kind_that_it_explains() {
    let schema = plan::json_schema();
    let definitions = schema["$defs"].as_object().expect("it has parts");
    for (name, part) in definitions.iter().chain([(&"plan".to_owned(), &schema)]) {
        for (key, property) in part["properties"].as_object().expect("it has keys") {
            let is_part = property.get("$ref").is_some()
                || property["items"].get("$ref").is_some()
                || property["additionalProperties"].get("$ref").is_some();
            let example = property.get("examples").map(|examples| &examples[0]);
            assert!(example.is_some() || is_part, "{name}.{key} has no example");
            if let Some(example) = example {
                assert_eq!(refuse(&schema, property, example), None, "{name}.{key}");
            }
        }
    }
}

#[test]
fn tables_have_the_keys_that_books_know() {
    let schema = plan::json_schema();
    let check = |part: &str, theirs: schemars::Schema| {
        let theirs = theirs.to_value();
        let names = |schema: &Value| -> Vec<String> {
            let properties = schema["properties"].as_object().expect("it has keys");
            let mut names: Vec<String> = properties.keys().cloned().collect();
            names.sort();
            names
        };
        assert_eq!(names(&schema["$defs"][part]), names(&theirs), "{part}");
    };
    check("table", schemars::schema_for!(books::TableSpec));
    check("file", schemars::schema_for!(books::FileOverride));
}

#[test]
fn a_good_plan_fits_the_schema_and_a_misspelt_one_does_not() {
    let schema = plan::json_schema();
    let mut refused = 0;
    for (path, text, mistakes) in corpus() {
        let Ok(table) = text.parse::<toml::Table>() else {
            continue;
        };
        let refusal = refuse(&schema, &schema, &as_json(&toml::Value::Table(table)));
        if mistakes.is_empty() {
            assert_eq!(refusal, None, "{}", path.display());
        }
        if mistakes.iter().any(shows_in_schema) {
            assert_ne!(refusal, None, "{}", path.display());
            refused += 1;
        }
    }
    assert!(refused > 15, "only {refused} plans tried the schema");
}

#[test]
fn every_example_plan_is_without_mistakes() {
    let is_example = |path: &PathBuf| path.starts_with("../examples");
    let examples: Vec<_> = corpus()
        .into_iter()
        .filter(|(path, ..)| is_example(path))
        .collect();
    assert!(!examples.is_empty(), "there are examples");
    for (path, _, mistakes) in examples {
        assert!(mistakes.is_empty(), "{}: {mistakes:?}", path.display());
    }
}

/// Whether a mistake is one of keys and kinds, which the schema knows. JSON has no dates: there
/// it cannot tell one from a text.
fn shows_in_schema(error: &PlanError) -> bool {
    match error.mistake() {
        Mistake::WrongKind { key, .. } => !matches!(key.as_str(), "freeze" | "release"),
        Mistake::UnknownKey { .. }
        | Mistake::WrongItem { .. }
        | Mistake::Missing { .. }
        | Mistake::UnknownChoice { .. }
        | Mistake::NothingToVerify
        | Mistake::ControlEmpty
        | Mistake::ControlHalf { .. } => true,
        _ => false,
    }
}

/// The corpus and the example plans: path, text and mistakes of each that is UTF-8.
fn corpus() -> Vec<(PathBuf, String, Vec<PlanError>)> {
    let mut plans = Vec::new();
    let mut folders = vec![PathBuf::from("tests/plans"), PathBuf::from("../examples")];
    while let Some(folder) = folders.pop() {
        let path = folder.join("crossfoot.toml");
        if let Ok(text) = fs::read_to_string(&path) {
            let mistakes = plan::read(&path).err().unwrap_or_default();
            plans.push((path, text, mistakes));
        }
        let inside = fs::read_dir(&folder).into_iter().flatten();
        let inside = inside.map(|entry| entry.expect("readable").path());
        folders.extend(inside.filter(|path| path.is_dir()));
    }
    plans.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    plans
}

/// Turns TOML into what an editor checks against the schema.
fn as_json(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => json!(text),
        toml::Value::Integer(number) => json!(number),
        toml::Value::Float(number) => json!(number),
        toml::Value::Boolean(is_on) => json!(is_on),
        toml::Value::Datetime(moment) => json!(moment.to_string()),
        toml::Value::Array(items) => items.iter().map(as_json).collect(),
        toml::Value::Table(table) => {
            let pairs = table
                .iter()
                .map(|(key, value)| (key.clone(), as_json(value)));
            Value::Object(pairs.collect())
        }
    }
}

/// Says why a value does not fit a schema; knows the keywords that ours uses, and no others.
fn refuse(root: &Value, schema: &Value, value: &Value) -> Option<String> {
    let rules = schema.as_object().expect("a schema is an object");
    rules
        .iter()
        .find_map(|(keyword, rule)| refuse_by(root, schema, keyword, rule, value))
}

fn refuse_by(
    root: &Value,
    schema: &Value,
    keyword: &str,
    rule: &Value,
    value: &Value,
) -> Option<String> {
    let fits = |schema: &Value| refuse(root, schema, value).is_none();
    let count_fitting = || {
        rule.as_array()
            .expect("a list")
            .iter()
            .filter(|s| fits(s))
            .count()
    };
    let wrong = |why: String| Some(format!("{why}: {value}"));
    match keyword {
        "$schema" | "$id" | "$defs" | "title" | "description" | "examples" | "properties" => {
            let properties = schema["properties"]
                .as_object()
                .filter(|_| keyword == "properties");
            properties.into_iter().flatten().find_map(|(key, inner)| {
                refuse(root, inner, value.get(key)?).map(|why| format!("{key}: {why}"))
            })
        }
        "$ref" => {
            let path = rule.as_str().expect("a text").trim_start_matches('#');
            refuse(
                root,
                root.pointer(path).expect("it points somewhere"),
                value,
            )
        }
        "type" => {
            let is_so = match rule.as_str().expect("a text") {
                "string" => value.is_string(),
                "boolean" => value.is_boolean(),
                "integer" => value.is_i64() || value.is_u64(),
                "array" => value.is_array(),
                "object" => value.is_object(),
                other => panic!("unknown type {other}"),
            };
            if is_so {
                None
            } else {
                wrong(format!("not of type {rule}"))
            }
        }
        "enum" if rule.as_array().expect("a list").contains(value) => None,
        "enum" => wrong(format!("none of {rule}")),
        "required" => rule.as_array().expect("a list").iter().find_map(|key| {
            let is_there = value.get(key.as_str().expect("a text")).is_some();
            if is_there {
                None
            } else {
                wrong(format!("no {key}"))
            }
        }),
        "additionalProperties" => {
            let known = schema["properties"].as_object();
            let free = value
                .as_object()
                .into_iter()
                .flatten()
                .filter(|(key, _)| known.is_none_or(|known| !known.contains_key(key.as_str())));
            free.into_iter().find_map(|(key, inner)| match rule {
                Value::Bool(false) => wrong(format!("unknown {key}")),
                rule => refuse(root, rule, inner),
            })
        }
        "items" => value
            .as_array()?
            .iter()
            .find_map(|item| refuse(root, rule, item)),
        "uniqueItems" => {
            let items = value.as_array()?;
            let is_new = |(at, item)| !items[..at].contains(item);
            if items.iter().enumerate().all(is_new) {
                None
            } else {
                wrong("twice".to_owned())
            }
        }
        "minProperties" if value.as_object()?.is_empty() => wrong("empty".to_owned()),
        "minItems" if value.as_array()?.is_empty() => wrong("empty".to_owned()),
        "minProperties" | "minItems" => None,
        "minimum" if value.as_i64().is_some_and(|number| number < 0) => wrong("below".to_owned()),
        "minimum" => None,
        "format" => None,
        "anyOf" if count_fitting() == 0 => wrong("none fits".to_owned()),
        "oneOf" if count_fitting() != 1 => wrong("not one fits".to_owned()),
        "anyOf" | "oneOf" => None,
        other => panic!("unknown keyword {other}"),
    }
}
