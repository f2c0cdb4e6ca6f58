//! Who is registered.

use super::site::Site;
use crate::clock::rfc3339;
use crate::web::{Answer, Call, Problem};
use coap_core::ContentFormat;
use lwm2m_core::server::Registration;
use serde_json::{Map, Value as Json, json};
use std::rc::Rc;

/// Clients on a page if the request does not say, and at most.
const PAGE: (usize, usize) = (100, 1000);

/// Content formats that a client may be able to use, as far as they matter here.
const FORMATS: [ContentFormat; 8] = [
    ContentFormat::TEXT,
    ContentFormat::OCTET_STREAM,
    ContentFormat::CBOR,
    ContentFormat::LWM2M_TLV,
    ContentFormat::LWM2M_JSON,
    ContentFormat::SENML_JSON,
    ContentFormat::SENML_CBOR,
    ContentFormat::LWM2M_CBOR,
];

/// What a registration says, without what goes by the time.
pub(super) fn client_json(registration: &Registration<'_>) -> Json {
    let objects: Vec<Json> = registration
        .links()
        .map(|link| {
            let mut one = json!({"path": link.path.to_string()});
            if let Some(version) = link.version {
                one["version"] = json!(version.to_string());
            }
            one
        })
        .collect();
    let formats = FORMATS.iter().filter(|format| registration.accepts(**format));
    let parameters: Map<String, Json> =
        registration.parameters().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    json!({
        "endpoint": registration.endpoint(),
        "location": registration.location().as_str(),
        "version": registration.version().as_str(),
        "lifetime": registration.lifetime(),
        "binding": registration.binding().to_string(),
        "queue_mode": registration.queue_mode(),
        "alternate_path": registration.alternate_path(),
        "objects": objects,
        "formats": formats.filter_map(|format| format.media_type()).collect::<Vec<_>>(),
        "parameters": parameters,
    })
}

/// The same with its times and its address.
fn full_json(core: &super::core::Core, registration: &Registration<'_>) -> Json {
    let mut client = client_json(registration);
    let address = core.console.driver.address(registration.peer());
    let server = core.server();
    let name = |id| server.registration(id).map(|other| other.endpoint().to_owned());
    if let Some(gateway) = registration.gateway() {
        client["gateway"] = json!(name(gateway));
    }
    let devices: Vec<String> = server.children(registration.id()).filter_map(name).collect();
    if !devices.is_empty() {
        client["devices"] = json!(devices);
    }
    client["address"] = json!(address.map(|address| address.to_string()));
    client["secure"] =
        json!(registration.is_protected() || core.console.driver.is_secure(registration.peer()));
    let time = |time: Option<m2m_base::UnixTime>| {
        let ms = time.and_then(|time| u64::try_from(time.as_millis()).ok());
        ms.map(|ms| rfc3339(ms / 1000, u32::try_from(ms % 1000).unwrap_or(0)))
    };
    client["registered"] = json!(time(registration.registered_time()));
    client["updated"] = json!(time(registration.last_update_time()));
    client["heard"] = json!(core.time_of(registration.last_heard()));
    client["expires"] = json!(registration.expires_at().map(|at| core.time_of(at)));
    client
}

/// `GET /api/clients`
pub(super) async fn list(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let limit = call.query_as::<usize>("limit")?.unwrap_or(PAGE.0).min(PAGE.1);
    if limit == 0 {
        return Err(Problem::bad("limit is at least 1"));
    }
    let after = call.query_as::<u64>("after")?;
    let object = call.query_as::<u16>("object")?;
    let filter = call.query("endpoint").map(str::to_owned);
    site.with(move |core| {
        let server = core.server();
        let total = server.registration_count();
        // Registrations keep their places, so the place behind the last one is where to go on.
        let place = |registration: &Registration<'_>| registration.id().to_bits() & 0xffff_ffff;
        let mut found = server
            .registrations()
            .filter(|r| after.is_none_or(|after| place(r) > after))
            .filter(|r| filter.as_ref().is_none_or(|pattern| fits(pattern, r.endpoint())))
            .filter(|r| object.is_none_or(|o| r.links().any(|l| l.path.object_id() == Some(o))));
        let mut clients = Vec::new();
        let mut last = None;
        for registration in found.by_ref().take(limit) {
            last = Some(place(&registration));
            clients.push(full_json(core, &registration));
        }
        let mut body = json!({"clients": clients, "registered": total});
        if let Some(last) = last.filter(|_| found.next().is_some()) {
            body["next"] = json!(last);
        }
        Answer::json(200, &body)
    })
    .await
}

/// `GET /api/clients/{endpoint}`
pub(super) async fn get(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let endpoint = call.parameter("endpoint").to_owned();
    site.attempt(move |core| {
        let id = core.find(&endpoint)?;
        let registration = core.server().registration(id);
        let registration = registration.ok_or_else(|| Problem::missing("it is gone"))?;
        Ok(Answer::json(200, &full_json(core, &registration)))
    })
    .await
}

/// `DELETE /api/clients/{endpoint}`
pub(super) async fn remove(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let endpoint = call.parameter("endpoint").to_owned();
    site.attempt(move |core| {
        let (id, now) = (core.find(&endpoint)?, core.now());
        core.engine().remove(now, id).map_err(super::site::unusable)?;
        Ok(Answer::nothing())
    })
    .await
}

/// Does a name fit a pattern in which `*` stands for anything?
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns() {
        for (pattern, name, yes) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "ab", true),
            ("*", "", true),
            ("*b", "ab", true),
            ("*b", "ba", false),
            ("a*b", "ab", true),
            ("a*b", "a", false),
            ("a*a", "a", false),
            ("urn:*:7", "urn:imei:7", true),
            ("*1*2*", "a1b2c", true),
            ("*2*1*", "a1b2c", false),
        ] {
            assert_eq!(fits(pattern, name), yes, "{pattern} {name}");
        }
    }
}
