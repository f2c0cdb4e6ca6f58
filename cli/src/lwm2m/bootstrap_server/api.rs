//! The API: its table, its handlers, the schemas of its bodies.

use super::core::{Core, For, unusable};
use super::given::{Given, set};
use crate::lwm2m::common::credential::without_values;
use crate::lwm2m::common::{Numbers, Shared as _, credentials};
use crate::web::feed::Told;
use crate::web::{Answer, Call, Content, Problem, Query, Route};
use serde_json::{Value as Json, json};
use std::net::SocketAddr;
use std::rc::Rc;

/// What it is called.
pub(super) const TITLE: &str = "m2m LwM2M bootstrap server";

/// How the handlers hand in what is to be done.
pub(super) type Site = crate::lwm2m::common::Site<Core>;

macro_rules! routes {
    ($($method:literal $path:literal, $name:literal, $text:literal,
        $query:expr, $takes:expr, $gives:expr => $handler:path;)*) => {
        &[$(Route {
            method: $method,
            path: $path,
            numbers: (0, 0),
            name: $name,
            text: $text,
            query: $query,
            takes: $takes,
            gives: $gives,
            handler: |site, call| Box::pin($handler(site, call)),
        }),*]
    };
}

const DONE: &[(u16, Content)] = &[(204, Content::Nothing)];
const CONFIGURATION: &[(u16, Content)] = &[(200, Content::Json("Configuration"))];
const SET: &[(u16, Content)] =
    &[(200, Content::Json("Configuration")), (201, Content::Json("Configuration"))];

/// All that can be asked.
pub(super) static ROUTES: &[Route<Site>] = routes! {
    "GET" "/api/configurations", "listConfigurations",
        "What clients are given, by endpoint and by pattern; never the keys",
        &[], Content::Nothing, &[(200, Content::Json("Configurations"))] => list;
    "GET" "/api/configurations/{endpoint}", "getConfiguration",
        "What an endpoint is given, and how its last bootstrap ended; never the keys",
        &[], Content::Nothing, CONFIGURATION => get_endpoint;
    "PUT" "/api/configurations/{endpoint}", "putConfiguration", "Say what an endpoint is given",
        &[], Content::Json("NewConfiguration"), SET => put_endpoint;
    "DELETE" "/api/configurations/{endpoint}", "removeConfiguration",
        "Give an endpoint nothing of its own", &[], Content::Nothing, DONE => remove_endpoint;
    "GET" "/api/patterns/{pattern}", "getPattern",
        "What endpoints of this form are given; * is anything",
        &[], Content::Nothing, CONFIGURATION => get_pattern;
    "PUT" "/api/patterns/{pattern}", "putPattern", "Say what endpoints of this form are given",
        &[], Content::Json("NewConfiguration"), SET => put_pattern;
    "DELETE" "/api/patterns/{pattern}", "removePattern", "Have no rule for this form",
        &[], Content::Nothing, DONE => remove_pattern;
    "GET" "/api/credentials", "listCredentials",
        "Who may come, and as which endpoint; never the secrets",
        &[], Content::Nothing, &[(200, Content::Json("Credentials"))] => credentials::list;
    "GET" "/api/credentials/{identity}", "getCredential", "Whose it is; never the secret",
        &[], Content::Nothing, &[(200, Content::Json("Credential"))] => credentials::get;
    "PUT" "/api/credentials/{identity}", "putCredential",
        "Say how an endpoint shows that it is the one: by a pre-shared key for DTLS, a security \
         context of OSCORE, or a certificate for TLS",
        &[], Content::Json("NewCredential"), credentials::TAKEN => credentials::put;
    "DELETE" "/api/credentials/{identity}", "removeCredential",
        "Take a credential away; the sessions that it began end",
        &[], Content::Nothing, DONE => credentials::remove;
    "GET" "/api/sessions", "listSessions", "Whose bootstrap is under way",
        &[], Content::Nothing, &[(200, Content::Json("Sessions"))] => sessions;
    "POST" "/api/sessions", "startSession",
        "Bootstrap a client that did not ask, at its address, by what its name is given",
        &[], Content::Json("NewSession"), &[(202, Content::Json("Session"))] => start;
    "DELETE" "/api/sessions/{endpoint}", "abortSession", "Give a bootstrap up",
        &[], Content::Nothing, DONE => abort;
    "GET" "/api/events", "events",
        "What happens, as server-sent events: started, answered, ended, refused; `missed` when \
         some are no longer kept",
        &[Query { name: "since", ty: "string", text: "Begin behind this event, as the header \
                                                      Last-Event-ID does" }],
        Content::Nothing, &[(200, Content::Other("text/event-stream"))] => events;
    "GET" "/metrics", "metrics", "Counters for Prometheus",
        &[], Content::Nothing, &[(200, Content::Other("text/plain"))] => metrics;
};

fn shown(core: &Core, whom: &For, given: &Given) -> Json {
    let mut shown = given.public();
    match whom {
        For::Endpoint(name) => {
            set(&mut shown, "endpoint", json!(name));
            set(&mut shown, "last", core.outcomes.get(name).cloned().unwrap_or(Json::Null));
        }
        For::Pattern(text) => set(&mut shown, "pattern", json!(text)),
    }
    shown
}

async fn list(site: Rc<Site>, _: Call) -> Result<Answer, Problem> {
    site.attempt(|core| {
        let all: Vec<Json> = core.given.iter().map(|(w, given)| shown(core, w, given)).collect();
        Ok(Answer::json(200, &json!({"configurations": all})))
    })
    .await
}

async fn get(site: Rc<Site>, whom: For) -> Result<Answer, Problem> {
    site.attempt(move |core| match core.given.get(&whom) {
        Some(given) => Ok(Answer::json(200, &shown(core, &whom, given))),
        None => Err(Problem::missing("there is no such configuration")),
    })
    .await
}

async fn put(site: Rc<Site>, call: Call, whom: For) -> Result<Answer, Problem> {
    let given: Given = serde_json::from_value(call.json()?).map_err(|error| {
        let words = without_values(&error.to_string());
        Problem::bad(format!("the body is no configuration: {words}"))
    })?;
    if given.endpoint.is_some() || given.pattern.is_some() {
        return Err(Problem::bad("whom it is for the path says"));
    }
    site.attempt(move |core| {
        let fresh = core.configure(whom.clone(), given)?;
        let body = core.given.get(&whom).map_or(Json::Null, |given| shown(core, &whom, given));
        Ok(Answer::json(if fresh { 201 } else { 200 }, &body))
    })
    .await
}

async fn remove(site: Rc<Site>, whom: For) -> Result<Answer, Problem> {
    site.attempt(move |core| match core.forget(&whom) {
        true => Ok(Answer::nothing()),
        false => Err(Problem::missing("there is no such configuration")),
    })
    .await
}

fn endpoint(call: &Call) -> For {
    For::Endpoint(call.parameter("endpoint").to_owned())
}

fn pattern(call: &Call) -> For {
    For::Pattern(call.parameter("pattern").to_owned())
}

async fn get_endpoint(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    get(site, endpoint(&call)).await
}

async fn put_endpoint(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let whom = endpoint(&call);
    put(site, call, whom).await
}

async fn remove_endpoint(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    remove(site, endpoint(&call)).await
}

async fn get_pattern(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    get(site, pattern(&call)).await
}

async fn put_pattern(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let whom = pattern(&call);
    put(site, call, whom).await
}

async fn remove_pattern(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    remove(site, pattern(&call)).await
}

async fn sessions(site: Rc<Site>, _: Call) -> Result<Answer, Problem> {
    site.attempt(|core| {
        let all = core.driver.engine.sessions();
        let all: Vec<Json> = all.map(|session| core.session_json(&session)).collect();
        Ok(Answer::json(200, &json!({"sessions": all})))
    })
    .await
}

async fn start(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let json = call.json()?;
    let text = |name: &str| json.get(name).and_then(Json::as_str).map(str::to_owned);
    let address = text("address").and_then(|a| a.parse::<SocketAddr>().ok());
    let (Some(name), Some(address)) = (text("endpoint"), address) else {
        return Err(Problem::bad("it takes {\"endpoint\": \"NAME\", \"address\": \"IP:PORT\"}"));
    };
    site.attempt(move |core| {
        let Core { driver, given, .. } = core;
        let given = given.get(&For::Endpoint(name.clone())).ok_or_else(|| {
            Problem::missing(format!("there is no configuration for {name:?} itself"))
        })?;
        if given.is_secure() {
            return Err(Problem::new(
                409,
                "its configuration is for clients that show who they are: the client has to ask",
            ));
        }
        let peer = driver.peer_at(address).ok_or_else(|| {
            Problem::bad("the socket of --coap does not reach that address, or there is none")
        })?;
        let now = driver.now();
        let server = &mut *driver.engine;
        let started = given.configuration(|c| server.start(now, peer, &name, c));
        let id = started.map_err(Problem::bad)?.map_err(unusable)?;
        let session = core.driver.engine.session(id);
        let body = session.map_or(Json::Null, |session| core.session_json(&session));
        Ok(Answer::json(202, &body))
    })
    .await
}

async fn abort(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let name = call.parameter("endpoint").to_owned();
    site.attempt(move |core| {
        let now = core.driver.now();
        let server = &mut **core.engine();
        let found = server.find(&name);
        let id = found.ok_or_else(|| Problem::missing(format!("{name:?} has no session")))?;
        server.abort(now, id).map_err(unusable)?;
        Ok(Answer::nothing())
    })
    .await
}

async fn events(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let seen = call.header("last-event-id").or(call.query("since")).map(str::to_owned);
    site.attempt(move |core| {
        let copy = |told: &Told| Told { name: told.name, data: told.data.clone() };
        Ok(core.feed.listen(seen.as_deref(), copy))
    })
    .await
}

async fn metrics(site: Rc<Site>, _: Call) -> Result<Answer, Problem> {
    let numbers = site.with(|core| numbers(core)).await?;
    let text = numbers.text("m2m_bootstrap", &site.tally);
    Ok(Answer::new(200, "text/plain; version=0.0.4", text.into()))
}

fn numbers(core: &Core) -> Numbers {
    let server = &*core.driver.engine;
    let c = server.counters();
    let mut numbers = Numbers::below(&core.driver, server.coap_counters());
    let (of, size) = (|n: u32| u64::from(n), |n: usize| u64::try_from(n).unwrap_or(u64::MAX));
    numbers.counters.extend([
        ("started_total", "Sessions that began.", of(c.started)),
        ("finished_total", "Sessions that came to their end.", of(c.finished)),
        ("packed_total", "Packs given.", of(c.packed)),
        ("failed_total", "Sessions that failed, or whose client asked anew.", of(c.failed)),
        ("refused_total", "Requests of clients that were refused.", of(c.refused)),
        (
            "not_configured_total",
            "Of clients that nothing is configured for, or that did not show who they are.",
            core.turned_away,
        ),
    ]);
    numbers.gauges.extend([
        ("configurations", "Configurations.", of(server.configuration_count())),
        ("sessions", "Sessions under way.", size(server.sessions().count())),
        ("event_listeners", "Listeners of the events.", size(core.feed.listeners())),
        ("uptime_seconds", "Seconds since the start.", core.begun.elapsed().as_secs()),
    ]);
    numbers
}

/// The schemas of bodies.
pub(super) fn schemas() -> Json {
    let text = || json!({"type": "string"});
    let whole = || json!({"type": "integer", "minimum": 0});
    let yes_no = || json!({"type": "boolean"});
    let list = |of: Json| json!({"type": "array", "items": of});
    let object = |properties: Json, required: &[&str]| json!({"type": "object", "properties": properties, "required": required});
    let psk = |secret: bool| match secret {
        true => object(json!({"identity": text(), "key": text()}), &["identity", "key"]),
        false => object(json!({"identity": text()}), &["identity"]),
    };
    let x509 = |secret: bool| {
        let mut shown = json!({
            "certificate": text(), "server": text(),
            "usage": {"type": "integer", "minimum": 0, "maximum": 3}
        });
        if secret {
            set(&mut shown, "key", text());
        }
        object(shown, &["certificate"])
    };
    let configuration = |secret: bool| {
        let server = json!({
            "uri": text(), "id": {"type": "integer", "minimum": 1, "maximum": 65534},
            "psk": psk(secret), "x509": x509(secret), "lifetime": whole(), "binding": text(), "storing": yes_no(),
            "min_period": whole(), "max_period": whole(), "disable_timeout": whole()
        });
        let own = json!({
            "uri": text(), "psk": psk(secret), "x509": x509(secret), "hold_off": whole(), "timeout": whole()
        });
        json!({
            "servers": list(object(server, &["uri", "id"])),
            "bootstrap": object(own, &["uri"]),
            "delete": list(text()), "read": list(text()),
            "write": {"type": "object", "description": "Values by their paths"},
            "place_accounts": yes_no(), "pack": yes_no(), "secure": yes_no()
        })
    };
    let mut shown = configuration(false);
    for name in ["endpoint", "pattern"] {
        set(&mut shown, name, text());
    }
    set(&mut shown, "last", json!({"type": ["object", "null"]}));
    let of = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    credentials::with_schemas(json!({
        "NewConfiguration": object(configuration(true), &[]),
        "Configuration": object(shown, &[]),
        "Configurations": object(
            json!({"configurations": list(of("Configuration"))}), &["configurations"]),
        "NewSession": object(
            json!({"endpoint": text(), "address": text()}), &["endpoint", "address"]),
        "Session": object(
            json!({"endpoint": text(), "address": text(), "secure": yes_no(), "step": whole(),
                   "version": {"type": ["string", "null"]}}), &["endpoint"]),
        "Sessions": object(json!({"sessions": list(of("Session"))}), &["sessions"])
    }))
}
