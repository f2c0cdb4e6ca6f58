//! The OpenAPI 3.1 document of an API, made from its table.

use super::route::NUMBERS;
use super::{Content, Route, Service};
use serde_json::{Map, Value, json};

/// The document.
pub(crate) fn document<S>(service: &Service<S>) -> Value {
    let mut paths = Map::new();
    for route in service.routes {
        let templates = route.templates();
        for template in &templates {
            let mut operation = operation(route, template);
            if templates.len() > 1 {
                let depth = template.matches('{').count();
                operation["operationId"] = json!(format!("{}{depth}", route.name));
            }
            let item = paths.entry(template.clone()).or_insert_with(|| json!({}));
            item[route.method.to_ascii_lowercase()] = operation;
        }
    }
    let mut schemas = (service.schemas)();
    schemas["Problem"] = json!({
        "type": "object",
        "description": "What went wrong (RFC 9457).",
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "code": {"type": "string", "description": "The CoAP code of the client's answer"},
            "failure": {"type": "string", "description": "Why the client gave no answer"}
        },
        "required": ["type", "title", "status", "detail"]
    });
    json!({
        "openapi": "3.1.0",
        "info": {"title": service.title, "version": env!("CARGO_PKG_VERSION")},
        "servers": [{"url": "/"}],
        "security": [{}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}
        }
    })
}

fn operation<S>(route: &Route<S>, template: &str) -> Value {
    let mut parameters = Vec::new();
    for name in template.split('/').filter_map(|s| s.strip_prefix('{')?.strip_suffix('}')) {
        let schema = match NUMBERS.contains(&name) {
            true => json!({"type": "integer", "minimum": 0, "maximum": 65535}),
            false => json!({"type": "string"}),
        };
        parameters.push(json!({"name": name, "in": "path", "required": true, "schema": schema}));
    }
    for query in route.query {
        parameters.push(json!({
            "name": query.name, "in": "query", "description": query.text,
            "schema": {"type": query.ty}
        }));
    }
    let mut responses = Map::new();
    for (status, content) in route.gives {
        let words = hyper::StatusCode::from_u16(*status).ok();
        let words = words.and_then(|status| status.canonical_reason()).unwrap_or("OK");
        let mut response = json!({"description": words});
        if let Some(content) = media(*content) {
            response["content"] = content;
        }
        responses.insert(status.to_string(), response);
    }
    let problem = json!({"$ref": "#/components/schemas/Problem"});
    responses.insert(
        "default".into(),
        json!({
            "description": "It could not be done.",
            "content": {"application/problem+json": {"schema": problem}}
        }),
    );
    let mut operation = json!({
        "operationId": route.name, "summary": route.text, "parameters": parameters,
        "responses": responses
    });
    if let Some(content) = media(route.takes) {
        let required = !matches!(route.takes, Content::JsonOrBytes(_) | Content::Optional(_));
        operation["requestBody"] = json!({"required": required, "content": content});
    }
    operation
}

fn media(content: Content) -> Option<Value> {
    let schema = |name: &str| json!({"schema": {"$ref": format!("#/components/schemas/{name}")}});
    match content {
        Content::Nothing => None,
        Content::Json(name) | Content::Optional(name) => {
            Some(json!({"application/json": schema(name)}))
        }
        Content::JsonOrBytes(name) => Some(json!({"application/json": schema(name), "*/*": {}})),
        Content::Other(name) => Some(json!({name: {}})),
    }
}
