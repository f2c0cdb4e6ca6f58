//! The API: its table, and the schemas of its bodies.

use super::site::Site;
use super::{clients, composite, metrics, models, observations, operations, profiles, queue};
use crate::lwm2m::common::credentials;
use crate::web::{Content, Query, Route};
use serde_json::{Value as Json, json};

/// What it is called.
pub(super) const TITLE: &str = "m2m LwM2M server";

const TIMEOUT: Query = Query {
    name: "timeout",
    ty: "number",
    text: "Seconds until the request fails if there is no outcome [default: 30]",
};
const WAIT: Query = Query {
    name: "wait",
    ty: "boolean",
    text: "false: answer 202 at once; the outcome is an event `operation` [default: true]",
};
const FORMAT: Query = Query {
    name: "format",
    ty: "string",
    text: "Content format: text, opaque, cbor, tlv, json, senml-json, senml-cbor, lwm2m-cbor, \
           a media type or a number [default: what the client has]",
};
const PASSIVE: Query = Query {
    name: "passive",
    ty: "boolean",
    text: "true: do not tell the client, which learns of it by the answer to its next notification",
};

const OPERATION: &[Query] = &[TIMEOUT, WAIT];
const WITH_FORMAT: &[Query] = &[TIMEOUT, WAIT, FORMAT];

const ANSWERED: &[(u16, Content)] =
    &[(200, Content::Json("Answer")), (202, Content::Json("Queued"))];

macro_rules! routes {
    ($($method:literal $path:literal $numbers:expr, $name:literal, $text:literal,
        $query:expr, $takes:expr, $gives:expr => $handler:path;)*) => {
        &[$(Route {
            method: $method,
            path: $path,
            numbers: $numbers,
            name: $name,
            text: $text,
            query: $query,
            takes: $takes,
            gives: $gives,
            handler: |site, call| Box::pin($handler(site, call)),
        }),*]
    };
}

const NONE: (usize, usize) = (0, 0);

/// All that can be asked.
pub(super) static ROUTES: &[Route<Site>] = routes! {
    "GET" "/api/clients" NONE, "listClients",
        "Who is registered, page by page: `next` is the `after` of the page behind",
        &[
            Query { name: "after", ty: "integer", text: "Go on behind this place" },
            Query { name: "limit", ty: "integer", text: "Clients on a page [default: 100, at most 1000]" },
            Query { name: "endpoint", ty: "string", text: "Only names of this form; * is anything" },
            Query { name: "object", ty: "integer", text: "Only clients with this object" },
        ],
        Content::Nothing, &[(200, Content::Json("Clients"))] => clients::list;
    "GET" "/api/clients/{endpoint}" NONE, "getClient", "A registration",
        &[], Content::Nothing, &[(200, Content::Json("Client"))] => clients::get;
    "DELETE" "/api/clients/{endpoint}" NONE, "removeClient",
        "End a registration; the client learns of it at its next Update",
        &[], Content::Nothing, &[(204, Content::Nothing)] => clients::remove;
    "GET" "/api/clients/{endpoint}/observations" NONE, "listObservations", "What is observed",
        &[], Content::Nothing, &[(200, Content::Json("Observations"))] => observations::list;
    "GET" "/api/clients/{endpoint}/{path}" (1, 4), "read", "Read",
        WITH_FORMAT, Content::Nothing, ANSWERED => operations::read;
    "PUT" "/api/clients/{endpoint}/{path}" (2, 4), "write",
        "Write; what is not written is removed",
        WITH_FORMAT, Content::JsonOrBytes("Write"), ANSWERED => operations::replace;
    "POST" "/api/clients/{endpoint}/{path}" (1, 3), "post",
        "Create an instance of an object; write some resources of an instance, keeping the others; \
         execute a resource, or write some of its instances",
        WITH_FORMAT, Content::JsonOrBytes("Post"),
        &[(200, Content::Json("Answer")), (201, Content::Json("Answer")),
          (202, Content::Json("Queued"))] => operations::post;
    "DELETE" "/api/clients/{endpoint}/{path}" (4, 4), "deleteResourceInstance",
        "Delete an instance of a resource (LwM2M 1.2)",
        OPERATION, Content::Nothing, ANSWERED => operations::delete;
    "DELETE" "/api/clients/{endpoint}/{path}" (2, 2), "delete", "Delete an instance",
        OPERATION, Content::Nothing, ANSWERED => operations::delete;
    "GET" "/api/clients/{endpoint}/{path}/discover" (1, 3), "discover",
        "What there is, with its attributes",
        &[TIMEOUT, WAIT, Query { name: "depth", ty: "integer", text: "Levels, 0 to 3 (LwM2M 1.2)" }],
        Content::Nothing, &[(200, Content::Json("Links")), (202, Content::Json("Queued"))]
        => operations::discover;
    "PUT" "/api/clients/{endpoint}/{path}/attributes" (1, 4), "writeAttributes",
        "Set notification attributes (pmin, pmax, gt, lt, st, ...); null takes one away",
        OPERATION, Content::Json("Attributes"), ANSWERED => operations::write_attributes;
    "PUT" "/api/clients/{endpoint}/{path}/observation" (1, 4), "observe",
        "Observe: the present value is the answer, changes are events. Attributes go with the request \
         itself (LwM2M 1.2)",
        WITH_FORMAT, Content::Optional("Observe"), ANSWERED => observations::observe;
    "DELETE" "/api/clients/{endpoint}/{path}/observation" (1, 4), "cancelObservation",
        "Observe no more",
        &[TIMEOUT, WAIT, PASSIVE], Content::Nothing,
        &[(200, Content::Json("Answer")), (202, Content::Json("Queued")), (204, Content::Nothing)]
        => observations::cancel;
    "DELETE" "/api/clients/{endpoint}/observations/{observation}" NONE, "cancelObservationByNumber",
        "Observe no more: also for composite observations",
        &[TIMEOUT, WAIT, PASSIVE], Content::Nothing,
        &[(200, Content::Json("Answer")), (202, Content::Json("Queued")), (204, Content::Nothing)]
        => observations::cancel_number;
    "POST" "/api/clients/{endpoint}/composite/read" NONE, "readComposite",
        "Read several places at once (LwM2M 1.1)",
        WITH_FORMAT, Content::Json("Paths"), ANSWERED => composite::read;
    "POST" "/api/clients/{endpoint}/composite/write" NONE, "writeComposite",
        "Write in several places at once, all or none (LwM2M 1.1)",
        WITH_FORMAT, Content::JsonOrBytes("Write"), ANSWERED => composite::write;
    "POST" "/api/clients/{endpoint}/composite/observation" NONE, "observeComposite",
        "Observe several places at once (LwM2M 1.1)",
        WITH_FORMAT, Content::Json("Paths"), ANSWERED => composite::observe;
    "GET" "/api/clients/{endpoint}/queue" NONE, "listQueue",
        "What waits for a client, in the order in which it will be sent",
        &[], Content::Nothing, &[(200, Content::Json("Queue"))] => queue::list;
    "DELETE" "/api/clients/{endpoint}/queue/{number}" NONE, "cancelQueued",
        "Take something out of the queue; what was sent may be carried out all the same",
        &[], Content::Nothing, &[(204, Content::Nothing)] => queue::cancel;
    "GET" "/api/profiles" NONE, "listProfiles",
        "Profiles: lists of objects that clients name instead of sending them (LwM2M 1.2)",
        &[], Content::Nothing, &[(200, Content::Json("Profiles"))] => profiles::list;
    "PUT" "/api/profiles/{profile}" NONE, "putProfile", "Say what the clients of a profile have",
        &[], Content::Json("Profile"), &[(204, Content::Nothing)] => profiles::put;
    "DELETE" "/api/profiles/{profile}" NONE, "removeProfile",
        "Forget a profile; the next client that names it has to send its list",
        &[], Content::Nothing, &[(204, Content::Nothing)] => profiles::remove;
    "GET" "/api/credentials" NONE, "listCredentials",
        "Who may come, and as which endpoint; never the secrets",
        &[], Content::Nothing, &[(200, Content::Json("Credentials"))] => credentials::list;
    "GET" "/api/credentials/{identity}" NONE, "getCredential", "Whose it is; never the secret",
        &[], Content::Nothing, &[(200, Content::Json("Credential"))] => credentials::get;
    "PUT" "/api/credentials/{identity}" NONE, "putCredential",
        "Say how an endpoint shows that it is the one: by a pre-shared key for DTLS, a security \
         context of OSCORE, or a certificate for TLS",
        &[], Content::Json("NewCredential"), credentials::TAKEN => credentials::put;
    "DELETE" "/api/credentials/{identity}" NONE, "removeCredential",
        "Take a credential away; the sessions that it began end",
        &[], Content::Nothing, &[(204, Content::Nothing)] => credentials::remove;
    "GET" "/api/models" NONE, "listModels", "Objects that are known",
        &[], Content::Nothing, &[(200, Content::Json("Models"))] => models::list;
    "POST" "/api/models" NONE, "addModel", "Define an object, or a version of it",
        &[], Content::Json("Model"), &[(201, Content::Json("ModelId"))] => models::add;
    "GET" "/api/models/{path}" (1, 1), "getModel", "The definition of an object",
        &[Query { name: "version", ty: "string", text: "Its version [default: the newest]" }],
        Content::Nothing, &[(200, Content::Json("Model"))] => models::get;
    "GET" "/api/events" NONE, "events",
        "What happens, as server-sent events: registered, updated, deregistered, expired, \
         notification, send, observation_ended, operation; `missed` when some are no longer kept",
        &[Query { name: "since", ty: "string", text: "Begin behind this event, as the header \
                                                      Last-Event-ID does" }],
        Content::Nothing, &[(200, Content::Other("text/event-stream"))] => observations::events;
    "GET" "/metrics" NONE, "metrics", "Counters for Prometheus",
        &[], Content::Nothing, &[(200, Content::Other("text/plain"))] => metrics::get;
};

/// The schemas of bodies.
pub(super) fn schemas() -> Json {
    let text = || json!({"type": "string"});
    let list = |of: Json| json!({"type": "array", "items": of});
    let object = |properties: Json, required: &[&str]| json!({"type": "object", "properties": properties, "required": required});
    let of = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let answer = object(
        json!({
            "endpoint": text(), "path": text(),
            "code": {"type": "string", "description": "The CoAP code, such as 2.05"},
            "format": {"type": "string", "description": "Media type of what the client sent"},
            "created": {"type": "string", "description": "The instance that was created"},
            "values": list(of("Item")),
            "observed": {"type": "boolean", "description": "The client grants the observation"},
            "observation": {"type": "string", "description": "The number of the observation"},
            "payload": {"type": "string", "description": "base64 of what could not be read"},
            "unreadable": {"type": "string", "description": "Why it could not be read"}
        }),
        &["endpoint", "path", "code"],
    );
    let client = object(
        json!({
            "endpoint": text(), "location": text(), "version": text(),
            "lifetime": {"type": "integer"}, "binding": text(),
            "queue_mode": {"type": "boolean"}, "alternate_path": text(),
            "objects": list(object(json!({"path": text(), "version": text()}), &["path"])),
            "formats": list(text()), "parameters": {"type": "object"},
            "address": {"type": ["string", "null"]}, "secure": {"type": "boolean"},
            "registered": text(), "updated": text(), "heard": text(),
            "expires": {"type": ["string", "null"]},
            "gateway": {"type": "string", "description": "The endpoint that it is behind"},
            "devices": list(text())
        }),
        &["endpoint", "location", "version", "lifetime", "binding", "objects"],
    );
    let resource = object(
        json!({
            "id": {"type": "integer"}, "name": text(),
            "operations": {"type": "string", "enum": ["R", "W", "RW", "E", ""]},
            "multiple": {"type": "boolean"}, "mandatory": {"type": "boolean"},
            "type": {"type": "string", "enum": ["string", "integer", "unsigned", "float", "boolean",
                "opaque", "time", "objlnk", "corelnk", "none"]}
        }),
        &["id", "operations"],
    );
    let model = object(
        json!({
            "id": {"type": "integer"}, "version": text(), "name": text(),
            "multiple": {"type": "boolean"}, "mandatory": {"type": "boolean"},
            "resources": list(resource)
        }),
        &["id", "resources"],
    );
    let row = object(
        json!({
            "id": {"type": "integer"}, "version": text(), "name": {"type": ["string", "null"]},
            "given": {"type": "boolean", "description": "It is not one of the standard's"}
        }),
        &["id", "version"],
    );
    credentials::with_schemas(json!({
        "Value": {"description": "string and corelnk: a string. integer and unsigned: a number, \
            exact. float: a number, \"NaN\", \"Infinity\" or \"-Infinity\". boolean: true or false. \
            opaque: a string in base64. time: a string of RFC 3339 in UTC; written, also seconds \
            since 1970. objlnk: a string such as \"66:0\"."},
        "Item": object(json!({
            "path": text(), "name": text(), "type": text(), "value": of("Value"),
            "time": {"type": "number", "description": "When it was so, in seconds since 1970"},
            "relative_time": {"type": "number", "description": "The same, in seconds from now"}
        }), &["path"]),
        "Answer": answer,
        "Queued": object(json!({
            "endpoint": text(), "path": text(),
            "number": {"type": ["string", "null"], "description": "Its number in the queue"}
        }), &["endpoint", "path"]),
        "Queue": object(json!({
            "queue": list(object(json!({
                "number": text(), "operation": text(), "paths": list(text()),
                "state": {"type": "string", "enum": ["waiting", "sent"]},
                "deadline": {"type": ["string", "null"]}
            }), &["number", "operation", "paths", "state"])),
            "awake_until": {"type": ["string", "null"],
                "description": "A client in queue mode listens until then"}
        }), &["queue"]),
        "Profile": object(json!({"links": text()}), &["links"]),
        "Profiles": object(json!({
            "profiles": list(object(json!({"profile": text(), "objects": list(text())}),
                &["profile", "objects"]))
        }), &["profiles"]),
        "Links": object(json!({
            "endpoint": text(), "path": text(), "code": text(),
            "links": list(object(json!({"path": text(), "attributes": {"type": "object"}}),
                &["path"]))
        }), &["code", "links"]),
        "Write": object(json!({
            "value": of("Value"),
            "values": {"type": "object", "description": "Values by their paths below that of the \
                request (\"5700\", \"7/0\"), or by whole paths (\"/3303/0/5700\")"}
        }), &[]),
        "Post": object(json!({
            "value": of("Value"), "values": {"type": "object"},
            "instance": {"type": "integer", "description": "The number of the instance to create"},
            "arguments": {"type": "string", "description": "For Execute, such as 0='text',1"}
        }), &[]),
        "Paths": object(json!({"paths": list(text()), "attributes": of("Attributes")}), &["paths"]),
        "Observe": object(json!({"attributes": of("Attributes")}), &[]),
        "Attributes": {"type": "object",
            "additionalProperties": {"type": ["number", "string", "boolean", "null"]}},
        "Client": client,
        "Clients": object(json!({
            "clients": list(of("Client")),
            "registered": {"type": "integer", "description": "All that are registered"},
            "next": {"type": "integer", "description": "`after` of the next page, if there is one"}
        }), &["clients", "registered"]),
        "Observations": object(json!({
            "observations": list(object(json!({
                "observation": text(), "paths": list(text()), "attributes": text(),
                "established": {"type": "boolean", "description": "The client has granted it"}
            }), &["observation", "paths", "established"]))
        }), &["observations"]),
        "Model": model,
        "ModelId": object(json!({"id": {"type": "integer"}, "version": text()}),
            &["id", "version"]),
        "Models": object(json!({"models": list(row)}), &["models"]),
    }))
}
