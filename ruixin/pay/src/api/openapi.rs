//! The OpenAPI 3.1 document, made from the endpoints and their types.

use std::collections::BTreeSet;

use ruixin_service::problem::{
    self, FORBIDDEN, INTERNAL, INVALID_CURSOR, INVALID_REQUEST, KEY_MISSING, KEY_REUSED, Kind,
    MEDIA_TYPE, NOT_FOUND, OUTCOME_UNKNOWN, OVERLOADED, RATE_LIMITED, STORE_UNREACHABLE, TOO_LARGE,
    UNAUTHENTICATED,
};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::endpoints::{ENDPOINTS, Endpoint};
use crate::refusal::{KINDS, SERVICE_WINDOW};

/// Makes the document.
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in ENDPOINTS {
        let request = endpoint
            .request
            .map(|schema| schema(&mut generator).to_value());
        let response = endpoint
            .response
            .map(|schema| schema(&mut generator).to_value());
        let operation = operation(endpoint, request, response);
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(endpoint.method.to_owned(), operation);
        }
    }
    let mut schemas = generator.take_definitions(true);
    schemas.insert("Problem".to_owned(), problem_schema());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Ruixin Pay (瑞信支付)",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A mobile wallet. Money is yuan as decimal text. Whatever moves money takes an Idempotency-Key: the same key and body give the same answer, and are done once.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "key": { "type": "http", "scheme": "bearer" } },
        },
    })
}

fn operation(endpoint: &Endpoint, request: Option<Value>, response: Option<Value>) -> Value {
    let mut responses = Map::new();
    let mut answer = json!({ "description": endpoint.summary.en });
    if let Some(answer) = answer.as_object_mut() {
        let schema = response.unwrap_or_else(|| json!({ "type": "object" }));
        answer.insert(
            "content".to_owned(),
            json!({ "application/json": { "schema": schema } }),
        );
    }
    responses.insert(endpoint.status.to_string(), answer);
    let kinds = problems(endpoint);
    let statuses: BTreeSet<u16> = kinds.iter().map(|kind| kind.status).collect();
    for status in statuses {
        let of_status = kinds.iter().filter(|kind| kind.status == status);
        let codes: Vec<&str> = of_status.map(|kind| kind.code).collect();
        let schema = json!({
            "allOf": [{ "$ref": "#/components/schemas/Problem" }, { "properties": { "code": { "enum": codes } } }],
        });
        let content = json!({ "application/problem+json": { "schema": schema } });
        let description = codes.join(", ");
        responses.insert(
            status.to_string(),
            json!({ "description": description, "content": content }),
        );
    }
    let mut operation = json!({
        "operationId": endpoint.id,
        "summary": endpoint.summary.en,
        "description": endpoint.summary.zh,
        "parameters": parameters(endpoint),
        "responses": responses,
    });
    if let Some(operation) = operation.as_object_mut() {
        if let Some(schema) = request {
            // A hook may call without a body.
            let is_required = endpoint.moves || endpoint.id == "tell";
            let content = json!({ "application/json": { "schema": schema } });
            let body = json!({ "required": is_required, "content": content });
            operation.insert("requestBody".to_owned(), body);
        }
        if let Some(role) = endpoint.role {
            operation.insert("security".to_owned(), json!([{ "key": [] }]));
            operation.insert("x-role".to_owned(), role.word().into());
        }
    }
    operation
}

fn parameters(endpoint: &Endpoint) -> Vec<Value> {
    let mut parameters = Vec::new();
    for part in endpoint.path.split('/') {
        if let Some(name) = part
            .strip_prefix('{')
            .and_then(|part| part.strip_suffix('}'))
        {
            let digits = match name {
                "account" => 16,
                "order" => 21,
                _ => 22,
            };
            let pattern = format!("^[0-9]{{{digits}}}$");
            let schema = json!({ "type": "string", "pattern": pattern });
            parameters
                .push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
        }
    }
    if endpoint.moves {
        let schema =
            json!({ "type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$" });
        parameters.push(json!({ "name": "Idempotency-Key", "in": "header", "required": true, "schema": schema }));
    }
    if endpoint.is_paged {
        let limit =
            json!({ "type": "integer", "minimum": 1, "maximum": ruixin_service::paging::MOST });
        parameters.push(json!({ "name": "limit", "in": "query", "schema": limit }));
        let cursor = json!({ "type": "string", "pattern": r"^[0-9]{22}\.[0-9a-f]{8}$" });
        parameters.push(json!({ "name": "cursor", "in": "query", "schema": cursor }));
    }
    let language = json!({ "type": "string", "examples": ["zh-CN"] });
    parameters.push(json!({ "name": "Accept-Language", "in": "header", "schema": language }));
    parameters
}

/// All problems that an endpoint can tell.
fn problems(endpoint: &Endpoint) -> Vec<&'static Kind> {
    let mut kinds: Vec<&Kind> = endpoint.problems.to_vec();
    if endpoint.role.is_none() {
        return vec![OVERLOADED];
    }
    kinds.extend([
        UNAUTHENTICATED,
        FORBIDDEN,
        RATE_LIMITED,
        INTERNAL,
        OVERLOADED,
        STORE_UNREACHABLE,
        OUTCOME_UNKNOWN,
    ]);
    if endpoint.path.contains('{') {
        kinds.push(NOT_FOUND);
    }
    if endpoint.request.is_some() {
        kinds.extend([INVALID_REQUEST, TOO_LARGE]);
    }
    if endpoint.moves {
        kinds.extend([MEDIA_TYPE, KEY_MISSING, KEY_REUSED, SERVICE_WINDOW]);
    }
    if endpoint.id == "tell" {
        kinds.push(MEDIA_TYPE);
    }
    if endpoint.is_paged {
        kinds.extend([INVALID_REQUEST, INVALID_CURSOR]);
    }
    kinds
}

fn problem_schema() -> Value {
    let all = problem::KINDS.iter().chain(KINDS);
    let codes: Vec<&str> = all.map(|kind| kind.code).collect();
    json!({
        "type": "object",
        "description": "Problem details (RFC 9457). Decide by `code`: it is stable.",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "code": { "type": "string", "enum": codes },
            "detail": { "type": "string" },
        },
    })
}
