//! Keys for DTLS: identity, key, and the endpoint that whoever has the key may register.

use super::core::Core;
use super::engine::Kept;
use super::site::Site;
use crate::transport::Psk;
use crate::web::{Answer, Call, Problem};
use serde_json::{Value as Json, json};
use std::rc::Rc;

/// What the names of these settings begin with.
pub(super) const SETTING: &str = "psk/";
/// Shortest and longest key, in bytes.
const KEY: std::ops::RangeInclusive<usize> = 8..=64;

/// Bytes of hexadecimal digits.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    pairs.map(byte).collect()
}

/// Reads what was kept.
pub(super) fn restore(kept: &mut Kept, name: &str, value: &[u8]) -> Option<()> {
    let identity = name.strip_prefix(SETTING)?;
    let json: Json = serde_json::from_slice(value).ok()?;
    let endpoint = json.get("endpoint")?.as_str()?.to_owned();
    let key = from_hex(json.get("key")?.as_str()?)?;
    kept.let_in(Psk { identity: identity.as_bytes().to_vec(), key }, endpoint);
    Some(())
}

fn public(identity: &[u8], endpoint: &str) -> Json {
    json!({"identity": String::from_utf8_lossy(identity), "endpoint": endpoint})
}

/// `GET /api/credentials`: never the keys.
pub(super) async fn list(site: Rc<Site>, _: Call) -> Result<Answer, Problem> {
    site.with(|core| {
        let all = core.engine().credentials.iter();
        let all: Vec<Json> = all.map(|(identity, c)| public(identity, &c.endpoint)).collect();
        Answer::json(200, &json!({"credentials": all}))
    })
    .await
}

/// `GET /api/credentials/{identity}`: never the key.
pub(super) async fn get(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let identity = call.parameter("identity").to_owned();
    site.attempt(move |core| {
        let found = core.engine().credentials.get(identity.as_bytes());
        let found = found.ok_or_else(|| unknown(&identity))?;
        Ok(Answer::json(200, &public(identity.as_bytes(), &found.endpoint)))
    })
    .await
}

fn unknown(identity: &str) -> Problem {
    Problem::missing(format!("there is no key for {identity:?}"))
}

/// `PUT /api/credentials/{identity}`
pub(super) async fn put(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let identity = call.parameter("identity").to_owned();
    let json = call.json()?;
    let words = "it takes {\"key\": \"16 to 128 hexadecimal digits\", \"endpoint\": \"NAME\"}";
    let key = json.get("key").and_then(Json::as_str).and_then(from_hex);
    let key = key.filter(|key| KEY.contains(&key.len())).ok_or_else(|| Problem::bad(words))?;
    let endpoint = match json.get("endpoint") {
        Some(Json::String(name)) => name.clone(),
        None => identity.clone(),
        Some(_) => return Err(Problem::bad(words)),
    };
    if identity.len() > 128 || endpoint.is_empty() || endpoint.len() > 255 {
        let words = "an identity is at most 128 bytes, the name of an endpoint at most 255";
        return Err(Problem::bad(words));
    }
    site.with(move |core| {
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let kept = json!({"endpoint": endpoint, "key": hex}).to_string();
        let fresh = !end_sessions(core, &identity);
        let engine = core.engine();
        engine.set(format!("{SETTING}{identity}"), Some(kept.into_bytes()));
        let shown = public(identity.as_bytes(), &endpoint);
        engine.let_in(Psk { identity: identity.into_bytes(), key }, endpoint);
        Answer::json(if fresh { 201 } else { 200 }, &shown)
    })
    .await
}

/// `DELETE /api/credentials/{identity}`
pub(super) async fn remove(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let identity = call.parameter("identity").to_owned();
    site.attempt(move |core| {
        if !end_sessions(core, &identity) {
            return Err(unknown(&identity));
        }
        core.engine().set(format!("{SETTING}{identity}"), None);
        Ok(Answer::nothing())
    })
    .await
}

/// Takes a key away and ends the sessions that were begun with it. False if there is none.
fn end_sessions(core: &mut Core, identity: &str) -> bool {
    let Some(sessions) = core.engine().shut_out(identity.as_bytes()) else { return false };
    for peer in sessions {
        // A socket that does not work shows at the next turn.
        let _ = core.driver().close(peer);
        let now = core.now();
        m2m_base::Engine::forget_peer(core.engine(), now, peer);
    }
    true
}
