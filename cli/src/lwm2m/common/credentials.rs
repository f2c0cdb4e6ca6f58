//! Credentials by the API: who may come, and as which endpoint. Secrets go in and never out.

use super::credential::{Credential, without_values};
use super::kept::Unfit;
use super::running::{Shared, Site};
use crate::web::{Answer, Call, Content, Problem};
use m2m_base::{Engine as _, PeerId};
use serde_json::{Value as Json, json};
use std::rc::Rc;

/// What is answered to a credential that was taken.
pub(crate) const TAKEN: &[(u16, Content)] =
    &[(200, Content::Json("Credential")), (201, Content::Json("Credential"))];

/// `GET /api/credentials`: never the secrets.
pub(crate) async fn list<C: Shared>(site: Rc<Site<C>>, _: Call) -> Result<Answer, Problem> {
    site.with(|core| {
        let all: Vec<Json> = core.engine().credentials().collect();
        Answer::json(200, &json!({"credentials": all}))
    })
    .await
}

/// `GET /api/credentials/{identity}`: never the secret.
pub(crate) async fn get<C: Shared>(site: Rc<Site<C>>, call: Call) -> Result<Answer, Problem> {
    let identity = call.parameter("identity").to_owned();
    site.attempt(move |core| match core.engine().credential(&identity) {
        Some(shown) => Ok(Answer::json(200, &shown)),
        None => Err(unknown(&identity)),
    })
    .await
}

fn unknown(identity: &str) -> Problem {
    Problem::missing(format!("there is no credential {identity:?}"))
}

/// `PUT /api/credentials/{identity}`
pub(crate) async fn put<C: Shared>(site: Rc<Site<C>>, call: Call) -> Result<Answer, Problem> {
    let identity = call.parameter("identity").to_owned();
    let credential: Credential = serde_json::from_value(call.json()?).map_err(|error| {
        let words = without_values(&error.to_string());
        Problem::bad(format!("the body is no credential: {words}"))
    })?;
    site.attempt(move |core| {
        let fresh = core.engine().credential(&identity).is_none();
        let_in(core, &identity, &credential)?;
        core.engine().keep_credential(&identity, Some(&credential));
        let shown = core.engine().credential(&identity).unwrap_or(Json::Null);
        Ok(Answer::json(if fresh { 201 } else { 200 }, &shown))
    })
    .await
}

/// `DELETE /api/credentials/{identity}`
pub(crate) async fn remove<C: Shared>(site: Rc<Site<C>>, call: Call) -> Result<Answer, Problem> {
    let identity = call.parameter("identity").to_owned();
    site.attempt(move |core| {
        let now = core.driver().now();
        let before = core.engine().shut_out(now, &identity).ok_or_else(|| unknown(&identity))?;
        end_sessions(core, before);
        core.engine().keep_credential(&identity, None);
        Ok(Answer::nothing())
    })
    .await
}

/// Takes a credential for an identity; the sessions that began with the one before end.
fn let_in<C: Shared>(core: &mut C, identity: &str, credential: &Credential) -> Result<(), Problem> {
    let (endpoint, proof) = credential.read(identity).map_err(Problem::bad)?;
    let now = core.driver().now();
    let before = core.engine().let_in(now, identity, endpoint, proof);
    let before = before.map_err(|unfit| match unfit {
        Unfit::Full => Problem::new(503, unfit.to_string()),
        Unfit::Taken(_) | Unfit::Spent => Problem::new(409, unfit.to_string()),
    })?;
    end_sessions(core, before);
    Ok(())
}

/// Ends sessions that were begun with a credential that is no more.
fn end_sessions<C: Shared>(core: &mut C, sessions: Vec<PeerId>) {
    let now = core.driver().now();
    for peer in sessions {
        // A socket that does not work shows at the next turn.
        let _ = core.driver().close(peer);
        core.engine().forget_peer(now, peer);
    }
}

/// The schemas of an API, with those of credentials.
pub(crate) fn with_schemas(mut all: Json) -> Json {
    if let Json::Object(all) = &mut all {
        all.extend(schemas().map(|(name, schema)| (name.to_owned(), schema)));
    }
    all
}

/// Those of credentials, by name.
fn schemas() -> [(&'static str, Json); 3] {
    let text = || json!({"type": "string"});
    let hex = || json!({"type": "string", "pattern": "^([0-9a-fA-F]{2})*$"});
    let certificate = json!({"type": "string", "description": "\"sha256:\" and the SHA-256 of the \
        certificate in hexadecimal digits, its subject (RFC 4514, such as \"CN=sensor-1,O=Acme\"), \
        its common name, or one of its alternative names"});
    let shown = json!({"type": "object", "required": ["identity", "endpoint", "kind"],
        "properties": {
            "identity": text(), "endpoint": text(), "certificate": certificate,
            "kind": {"type": "string", "enum": ["psk", "oscore", "certificate"]}
        }
    });
    let new = json!({"type": "object",
        "description": "One of key, oscore and certificate. Secrets are never given back.",
        "properties": {
            "endpoint": {"type": "string",
                "description": "The endpoint that this is [default: the one of the same name]"},
            "key": {"type": "string", "writeOnly": true, "pattern": "^[0-9a-fA-F]{16,128}$",
                "description": "For DTLS: a pre-shared key in hexadecimal digits"},
            "oscore": {"type": "object", "writeOnly": true,
                "description": "A security context of RFC 8613; ids as this server sees them",
                "required": ["master_secret", "sender_id", "recipient_id"],
                "properties": {
                    "master_secret": hex(), "master_salt": hex(), "sender_id": hex(),
                    "recipient_id": hex(), "id_context": hex(),
                    "algorithm": {"type": ["string", "integer"], "default": "AES-CCM-16-64-128"},
                    "hkdf": {"type": "string", "default": "SHA-256"},
                    "renew": {"type": "boolean", "default": false,
                        "description": "Keys are made anew at each start (RFC 8613 appendix B.2)"}
                }
            },
            "certificate": certificate
        }
    });
    let list = json!({"type": "object", "required": ["credentials"], "properties": {"credentials":
        {"type": "array", "items": {"$ref": "#/components/schemas/Credential"}}}});
    [("Credential", shown), ("NewCredential", new), ("Credentials", list)]
}
