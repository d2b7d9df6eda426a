//! An API as one list of endpoints, from which the router and the OpenAPI 3.1 document are made.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::MethodRouter;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::gate::{Gate, admit, bound};
use crate::keys::Role;
use crate::language::Words;
use crate::problem::{
    self, BODY_LATE, FORBIDDEN, INTERNAL, INVALID_CURSOR, INVALID_REQUEST, KEY_MISSING, KEY_REUSED,
    Kind, MEDIA_TYPE, NOT_FOUND, OUTCOME_UNKNOWN, OVERLOADED, RATE_LIMITED, STORE_UNREACHABLE,
    TOO_LARGE, UNAUTHENTICATED,
};

/// Makes the schema of a type.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// Is a name of a query, and what it takes.
pub type Named = (&'static str, SchemaOf);

/// Gives the schema of a type, by reference.
pub fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// Is a text in both languages.
pub const fn words(en: &'static str, zh: &'static str) -> Words {
    Words { en, zh }
}

/// Is one thing that can be asked for, of a service whose handlers share a state `S`.
#[derive(Debug)]
pub struct Endpoint<S> {
    /// `get` or `post`.
    pub method: &'static str,
    /// The path, with names in braces.
    pub path: &'static str,
    /// The operation's id.
    pub id: &'static str,
    /// What it does.
    pub summary: Words,
    /// Nobody needs a key where there is none.
    pub role: Option<Role>,
    /// Whether it changes the books: then it has an `Idempotency-Key`, and is closed in the window.
    pub moves: bool,
    /// Whether it is a list, by pages.
    pub is_paged: bool,
    /// What of the query must be given.
    pub asks: &'static [Named],
    /// What of the query may be given.
    pub may_ask: &'static [Named],
    /// The body, where there is one.
    pub request: Option<SchemaOf>,
    /// Whether the body may be left out, as a hook leaves it out.
    pub may_be_empty: bool,
    /// The answer; nothing for one that is no type of ours.
    pub response: Option<SchemaOf>,
    /// What the answer is.
    pub media: &'static str,
    /// The status of the answer.
    pub status: u16,
    /// Its own problems, beside those that all have.
    pub problems: &'static [&'static Kind],
    /// Makes its handler.
    pub handler: fn() -> MethodRouter<S>,
}

/// Is an API.
#[derive(Debug)]
pub struct Api<S: 'static> {
    /// Its name.
    pub title: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What must be known of all of it.
    pub description: &'static str,
    /// Everything there is.
    pub endpoints: &'static [Endpoint<S>],
    /// Its problems, beside those that any service has.
    pub kinds: &'static [&'static Kind],
    /// What a command answers while the service is closed.
    pub closed: &'static Kind,
}

impl<S: Clone + Send + Sync + 'static> Endpoint<S> {
    /// Is one that reads.
    pub const fn reading(
        path: &'static str,
        id: &'static str,
        summary: Words,
        handler: fn() -> MethodRouter<S>,
    ) -> Endpoint<S> {
        Endpoint {
            method: "get",
            path,
            id,
            summary,
            role: Some(Role::Reader),
            moves: false,
            is_paged: false,
            asks: &[],
            may_ask: &[],
            request: None,
            may_be_empty: false,
            response: None,
            media: "application/json",
            status: 200,
            problems: &[],
            handler,
        }
    }

    /// Is one that changes the books.
    pub const fn moving(
        path: &'static str,
        id: &'static str,
        summary: Words,
        handler: fn() -> MethodRouter<S>,
    ) -> Endpoint<S> {
        Endpoint {
            method: "post",
            role: Some(Role::Writer),
            moves: true,
            status: 201,
            ..Endpoint::reading(path, id, summary, handler)
        }
    }

    /// Is one that only an admin may ask for.
    pub const fn admin(
        path: &'static str,
        id: &'static str,
        summary: Words,
        handler: fn() -> MethodRouter<S>,
    ) -> Endpoint<S> {
        Endpoint {
            method: "post",
            role: Some(Role::Admin),
            ..Endpoint::reading(path, id, summary, handler)
        }
    }

    /// Whether it goes on whatever else is under way: the window closes and opens in any case.
    fn is_free(&self) -> bool {
        self.role == Some(Role::Admin) && !self.moves
    }

    fn operation(&self, closed: &'static Kind, of: &mut dyn FnMut(SchemaOf) -> Value) -> Value {
        let request = self.request.map(&mut *of);
        let response = self.response.map(&mut *of);
        let mut responses = Map::new();
        let plain = match self.media {
            "application/json" => json!({ "type": "object" }),
            _ => json!({ "type": "string" }),
        };
        let content = json!({ self.media: { "schema": response.unwrap_or(plain) } });
        let headers = self.headers(self.status);
        let answer =
            json!({ "description": self.summary.en, "headers": headers, "content": content });
        responses.insert(self.status.to_string(), answer);
        let kinds = self.all_problems(closed);
        let statuses: BTreeSet<u16> = kinds.iter().map(|kind| kind.status).collect();
        for status in statuses {
            let of_status = kinds.iter().filter(|kind| kind.status == status);
            let codes: BTreeSet<&str> = of_status.map(|kind| kind.code).collect();
            let codes: Vec<&str> = codes.into_iter().collect();
            let schema = json!({
                "allOf": [{ "$ref": "#/components/schemas/Problem" }, { "properties": { "code": { "enum": codes } } }],
            });
            let content = json!({ "application/problem+json": { "schema": schema } });
            let description = codes.join(", ");
            let headers = self.headers(status);
            let response =
                json!({ "description": description, "headers": headers, "content": content });
            responses.insert(status.to_string(), response);
        }
        let mut operation = json!({
            "operationId": self.id,
            "summary": self.summary.en,
            "description": self.summary.zh,
            "parameters": self.parameters(of),
            "responses": responses,
        });
        if let Some(operation) = operation.as_object_mut() {
            if let Some(schema) = request {
                let content = json!({ "application/json": { "schema": schema } });
                let body = json!({ "required": !self.may_be_empty, "content": content });
                operation.insert("requestBody".to_owned(), body);
            }
            if let Some(role) = self.role {
                operation.insert("security".to_owned(), json!([{ "key": [] }]));
                operation.insert("x-role".to_owned(), role.word().into());
            }
        }
        operation
    }

    /// The headers that an answer with a status may have, beside those of HTTP itself.
    fn headers(&self, status: u16) -> Value {
        let mut headers = Map::new();
        // What is kept is told again: what was done, and a refusal; not what never began.
        if self.moves && matches!(status, 200..=299 | 404 | 409 | 422) {
            let header = json!({
                "description": "`true` where this was answered before, and nothing was done now.",
                "schema": { "type": "string", "enum": ["true"] },
            });
            headers.insert("Idempotency-Replayed".to_owned(), header);
        }
        if matches!(status, 429 | 503 | 504) {
            let header = json!({
                "description": "In how many seconds it is worth trying again.",
                "schema": { "type": "integer", "minimum": 1 },
            });
            headers.insert("Retry-After".to_owned(), header);
        }
        headers.into()
    }

    fn parameters(&self, of: &mut dyn FnMut(SchemaOf) -> Value) -> Vec<Value> {
        let mut parameters = Vec::new();
        let text = || json!({ "type": "string" });
        for part in self.path.split('/') {
            let name = part.strip_prefix('{');
            if let Some(name) = name.and_then(|part| part.strip_suffix('}')) {
                parameters.push(
                    json!({ "name": name, "in": "path", "required": true, "schema": text() }),
                );
            }
        }
        for (names, required) in [(self.asks, true), (self.may_ask, false)] {
            for (name, schema) in names {
                let schema = of(*schema);
                parameters.push(
                    json!({ "name": name, "in": "query", "required": required, "schema": schema }),
                );
            }
        }
        if self.moves {
            let schema = json!({ "type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$" });
            parameters.push(json!({ "name": "Idempotency-Key", "in": "header", "required": true, "schema": schema }));
        }
        if self.is_paged {
            let limit = json!({ "type": "integer", "minimum": 1, "maximum": crate::paging::MOST });
            parameters.push(json!({ "name": "limit", "in": "query", "schema": limit }));
            parameters.push(json!({ "name": "cursor", "in": "query", "schema": text() }));
        }
        let language = json!({ "type": "string", "examples": ["zh-CN"] });
        parameters.push(json!({ "name": "Accept-Language", "in": "header", "schema": language }));
        parameters
    }

    /// All problems that it can tell.
    fn all_problems(&self, closed: &'static Kind) -> Vec<&'static Kind> {
        let mut kinds: Vec<&Kind> = self.problems.to_vec();
        if self.role.is_none() {
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
        if self.path.contains('{') {
            kinds.push(NOT_FOUND);
        }
        if self.request.is_some() {
            kinds.extend([INVALID_REQUEST, TOO_LARGE]);
        }
        if self.request.is_some() && !self.is_free() {
            kinds.push(BODY_LATE);
        }
        if self.request.is_some() && !self.may_be_empty {
            kinds.push(MEDIA_TYPE);
        }
        if self.moves {
            kinds.extend([KEY_MISSING, KEY_REUSED, closed]);
        }
        if self.is_paged {
            kinds.extend([INVALID_REQUEST, INVALID_CURSOR]);
        }
        if !self.asks.is_empty() || !self.may_ask.is_empty() {
            kinds.push(INVALID_REQUEST);
        }
        kinds
    }
}

impl<S: Clone + Send + Sync + 'static> Api<S> {
    /// Makes the router of all endpoints, each behind its key and the limits.
    pub fn router(&self, gate: &Arc<Gate>) -> Router<S> {
        let (mut inner, mut free) = (Router::new(), Router::new());
        for endpoint in self.endpoints {
            let mut route = (endpoint.handler)();
            if let Some(role) = endpoint.role {
                route = route.layer(from_fn_with_state((gate.clone(), role), admit));
            }
            let to = if endpoint.is_free() {
                &mut free
            } else {
                &mut inner
            };
            *to = std::mem::take(to).route(endpoint.path, route);
        }
        inner
            .layer(from_fn_with_state(gate.clone(), bound))
            .merge(free)
    }

    /// Makes the OpenAPI document.
    pub fn document(&self) -> Value {
        let settings = SchemaSettings::draft2020_12()
            .with(|settings| settings.definitions_path = "/components/schemas".into());
        let mut generator = settings.into_generator();
        let mut paths: Map<String, Value> = Map::new();
        for endpoint in self.endpoints {
            let mut of = |schema: SchemaOf| schema(&mut generator).to_value();
            let operation = endpoint.operation(self.closed, &mut of);
            let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
            if let Some(path) = path.as_object_mut() {
                path.insert(endpoint.method.to_owned(), operation);
            }
        }
        let mut schemas = generator.take_definitions(true);
        schemas.insert("Problem".to_owned(), problem_schema(self.kinds));
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": self.title,
                "version": self.version,
                "description": self.description,
            },
            "paths": paths,
            "components": {
                "schemas": schemas,
                "securitySchemes": { "key": { "type": "http", "scheme": "bearer" } },
            },
        })
    }
}

fn problem_schema(kinds: &[&'static Kind]) -> Value {
    let all = problem::KINDS.iter().chain(kinds);
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
