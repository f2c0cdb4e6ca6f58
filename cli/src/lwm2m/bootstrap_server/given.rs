//! What clients are to be given, as people write it: in a file in TOML, or in JSON.

use crate::lwm2m::common::Credential;
use crate::lwm2m::common::certified::Certified;
use crate::lwm2m::common::credential::{Context, Key};
use crate::lwm2m::server::values::{Values, read_values, to_json};
use crate::names::is_secret;
use coap_core::oscore::SecurityParameters;
use lwm2m_core::bootstrap_server::{
    Account, Configuration, Operation, Security, Step, bootstrap_account,
};
use lwm2m_core::format::Item;
use lwm2m_core::{DataType, Level, ObjectLink, Path, Registry, Value};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::fmt;

/// A pre-shared key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Psk {
    pub(crate) identity: String,
    pub(crate) key: Key,
}

/// An account at a server.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Server {
    uri: String,
    /// The Short Server ID.
    id: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    psk: Option<Psk>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x509: Option<Certified>,
    /// A security context of OSCORE, ids as the device sees them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    oscore: Option<Context>,
    #[serde(default = "day")]
    lifetime: u32,
    #[serde(default = "udp")]
    binding: String,
    #[serde(default = "yes")]
    storing: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min_period: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_period: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disable_timeout: Option<u32>,
}

/// An account at a bootstrap server.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bootstrap {
    uri: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    psk: Option<Psk>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x509: Option<Certified>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    oscore: Option<Context>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hold_off: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeout: Option<u32>,
}

const fn day() -> u32 {
    86_400
}

fn udp() -> String {
    "U".to_owned()
}

const fn yes() -> bool {
    true
}

/// What a client is to be given.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    /// For this endpoint; only in a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) endpoint: Option<String>,
    /// For endpoints of this form; only in a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pattern: Option<String>,
    #[serde(default)]
    servers: Vec<Server>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bootstrap: Option<Bootstrap>,
    #[serde(default = "accounts")]
    delete: Vec<String>,
    /// Values by their paths.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    write: Map<String, Json>,
    /// What is read at the end, to be shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    read: Vec<String>,
    /// Accounts are written beside that of the bootstrap server.
    #[serde(default = "yes")]
    place_accounts: bool,
    /// Bootstrap-Pack is answered.
    #[serde(default = "yes")]
    pack: bool,
    /// Only for clients that showed who they are: by DTLS, OSCORE or a certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secure: Option<bool>,
}

impl fmt::Debug for Given {
    /// Without keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.public())
    }
}

fn accounts() -> Vec<String> {
    vec!["/0".to_owned(), "/1".to_owned()]
}

/// Sets a member of a JSON object; anything else is left as it is.
pub(super) fn set(json: &mut Json, name: &str, value: Json) {
    if let Json::Object(members) = json {
        members.insert(name.to_owned(), value);
    }
}

fn type_of(path: Path) -> Option<DataType> {
    let object = Registry::standard().object(path.object_id()?)?;
    Some(object.resource(path.resource_id()?)?.data_type)
}

impl Given {
    fn values(&self) -> Result<Values, String> {
        read_values(&json!({"values": self.write}), Path::ROOT, &type_of)
    }

    fn contexts(&self) -> impl Iterator<Item = &Context> {
        let own = self.bootstrap.iter().filter_map(|own| own.oscore.as_ref());
        own.chain(self.servers.iter().filter_map(|server| server.oscore.as_ref()))
    }

    fn has_secrets(&self, values: &Values) -> bool {
        self.servers.iter().any(|server| server.psk.is_some() || server.x509.is_some())
            || self.bootstrap.iter().any(|own| own.psk.is_some() || own.x509.is_some())
            || self.contexts().next().is_some()
            || values.keys().any(|path| is_secret(*path))
    }

    /// Is it only for clients that showed who they are?
    pub(crate) fn is_secure(&self) -> bool {
        let has_secrets = || self.values().is_ok_and(|values| self.has_secrets(&values));
        self.secure.unwrap_or_else(has_secrets)
    }

    /// The same in JSON for everybody to see: without keys.
    pub(crate) fn public(&self) -> Json {
        let mut shown = serde_json::to_value(self).unwrap_or(Json::Null);
        let without = |account: &mut Json| {
            for kind in ["psk", "x509"] {
                if let Some(Json::Object(shown)) = account.get_mut(kind) {
                    shown.remove("key");
                }
            }
            if let Some(Json::Object(context)) = account.get_mut("oscore") {
                context.remove("master_secret");
                context.remove("master_salt");
            }
        };
        if let Some(Json::Array(servers)) = shown.get_mut("servers") {
            servers.iter_mut().for_each(without);
        }
        if let Some(bootstrap) = shown.get_mut("bootstrap") {
            without(bootstrap);
        }
        if let (Some(write), Ok(values)) = (shown.get_mut("write"), self.values()) {
            let plain = values.iter().filter(|(path, _)| !is_secret(**path));
            *write = plain.map(|(path, v)| (path.to_string(), to_json(&v.value()))).collect();
        }
        set(&mut shown, "secure", json!(self.is_secure()));
        shown
    }

    /// Puts the steps together and hands them to `take`. The error is in words.
    pub(crate) fn configuration<R>(
        &self,
        take: impl FnOnce(&Configuration<'_>) -> R,
    ) -> Result<R, String> {
        let values = self.values()?;
        let mut written: BTreeMap<Path, Vec<Item<'_>>> = BTreeMap::new();
        let mut security = 0..;
        let mut next = || security.next().unwrap_or(u16::MAX);
        if let Some(own) = &self.bootstrap {
            let at = next();
            let (hold_off, timeout) = (own.hold_off, own.timeout);
            let keys = keys(own.psk.as_ref(), own.x509.as_ref())?;
            let mut items = bootstrap_account(&own.uri, &keys, at, hold_off, timeout);
            items.extend(usage(own.x509.as_ref(), at));
            protect(&mut written, &mut items, at, own.oscore.as_ref());
            written.insert(Path::instance(0, at), items);
        }
        for (at, server) in (0u16..).zip(&self.servers) {
            if !(1..u16::MAX).contains(&server.id) {
                return Err("the id of a server is 1 to 65534".to_owned());
            }
            let keys = keys(server.psk.as_ref(), server.x509.as_ref())?;
            let account = Account {
                lifetime: server.lifetime,
                binding: &server.binding,
                storing: server.storing,
                min_period: server.min_period,
                max_period: server.max_period,
                disable_timeout: server.disable_timeout,
                ..Account::new(&server.uri, keys, server.id)
            };
            let id = next();
            let mut items = account.security(id);
            items.extend(usage(server.x509.as_ref(), id));
            protect(&mut written, &mut items, id, server.oscore.as_ref());
            written.insert(Path::instance(0, id), items);
            written.insert(Path::instance(1, at), account.server(at));
        }
        for (path, value) in &values {
            let instance = path.truncate(Level::Instance);
            let item = Item::value(*path, value.value());
            // An instance is written whole where it is ours, else only what is named.
            match written.get_mut(&instance) {
                Some(items) => {
                    items.retain(|known| known.path != *path);
                    items.push(item);
                }
                None => written.entry(path.truncate(Level::Resource)).or_default().push(item),
            }
        }
        let path = |text: &String| {
            Path::parse(text).map_err(|_| format!("{text:?} is no path such as \"/1\""))
        };
        let mut steps = Vec::new();
        for text in &self.delete {
            steps.push(Step::delete(path(text)?));
        }
        for (at, items) in &written {
            steps.push(Step::write(*at, items));
        }
        for text in &self.read {
            let read = Operation::Read { path: path(text)?, format: None };
            steps.push(Step::optional(read));
        }
        Ok(take(&Configuration {
            place_accounts: self.place_accounts,
            pack: self.pack,
            identified: self.secure.unwrap_or_else(|| self.has_secrets(&values)),
            ..Configuration::new(&steps)
        }))
    }
}

/// Has an account use a security context: an instance of object 21 with the same number, and the
/// link to it (Core 1.2 appendix E.1 and E.4).
fn protect<'a>(
    written: &mut BTreeMap<Path, Vec<Item<'a>>>,
    account: &mut Vec<Item<'a>>,
    instance: u16,
    context: Option<&'a Context>,
) {
    let Some(context) = context else { return };
    let items = context_items(&context.shared.parameters(), instance);
    written.insert(Path::instance(21, instance), items);
    let link = Value::ObjectLink(ObjectLink::new(21, instance));
    // Behind the rest: a device may read them in this order.
    account.push(Item::value(Path::resource(0, instance, 17), link));
}

/// An instance of object 21 with a security context.
pub(in crate::lwm2m) fn context_items<'a>(
    p: &SecurityParameters<'a>,
    instance: u16,
) -> Vec<Item<'a>> {
    /// HKDF with SHA-256 in the registry of COSE.
    const HKDF_SHA_256: i64 = -10;
    let at = |id, value| Item::value(Path::resource(21, instance, id), value);
    let mut items = vec![
        at(0, Value::opaque(p.master_secret)),
        at(1, Value::opaque(p.sender_id)),
        at(2, Value::opaque(p.recipient_id)),
        at(3, Value::Integer(p.aead.number().into())),
        at(4, Value::Integer(HKDF_SHA_256)),
    ];
    if !p.master_salt.is_empty() {
        items.push(at(5, Value::opaque(p.master_salt)));
    }
    items.extend(p.id_context.map(|id| at(6, Value::opaque(id))));
    items
}

/// What an account is secured with. The error is in words.
fn keys<'a>(
    psk: Option<&'a Psk>,
    certified: Option<&'a Certified>,
) -> Result<Security<'a>, String> {
    match (psk, certified) {
        (Some(_), Some(_)) => Err("an account takes one of psk and x509".to_owned()),
        (Some(psk), None) => Ok(Security::psk(psk.identity.as_bytes(), &psk.key.0)),
        (None, Some(certified)) => Ok(certified.security()),
        (None, None) => Ok(Security::NONE),
    }
}

/// What the certificate of the server in an account is.
fn usage(certified: Option<&Certified>, instance: u16) -> Option<Item<'static>> {
    let number = certified?.usage()?;
    Some(Item::value(Path::resource(0, instance, 15), Value::Unsigned(number)))
}

/// What is in a file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    #[serde(default)]
    pub(crate) credentials: Vec<Credential>,
    #[serde(default)]
    pub(crate) configurations: Vec<Given>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use lwm2m_core::bootstrap_server::Body;

    const TEXT: &str = r#"
        [[credentials]]
        identity = "sensor-1"
        key = "000102030405060708090a0b0c0d0e0f"

        [[configurations]]
        endpoint = "sensor-1"
        bootstrap = { uri = "coaps://bs", psk = { identity = "b", key = "1111111111111111" } }
        [[configurations.servers]]
        uri = "coaps://a"
        id = 101
        psk = { identity = "i", key = "2222222222222222" }
        [configurations.write]
        "/3/0/14" = "+01:00"
        "/1/0/1" = 77
        "/0/1/5" = "MzMzMzMzMzM="

        [[configurations]]
        pattern = "*"
        servers = [{ uri = "coap://b", id = 1 }]
        delete = []
    "#;

    #[test]
    fn a_file_becomes_steps() {
        let file: File = toml::from_str(TEXT).unwrap();
        assert_eq!(file.credentials.len(), 1);
        let [one, all] = &file.configurations[..] else { panic!() };
        assert!(one.is_secure() && !all.is_secure());
        let shown = |given: &Given| {
            given
                .configuration(|c| {
                    let step = |s: &Step<'_>| match s.operation {
                        Operation::Delete { path } => format!("delete {path}"),
                        Operation::Write { path, .. } => format!("write {path}"),
                        _ => "other".to_owned(),
                    };
                    (c.steps.iter().map(step).collect::<Vec<_>>(), c.identified)
                })
                .unwrap()
        };
        let expected =
            ["delete /0", "delete /1", "write /0/0", "write /0/1", "write /1/0", "write /3/0/14"];
        assert_eq!(shown(one), (expected.map(str::to_owned).to_vec(), true));
        assert_eq!(shown(all), (["write /0/0", "write /1/0"].map(str::to_owned).to_vec(), false));
    }

    #[test]
    fn keys_are_not_shown() {
        let file: File = toml::from_str(TEXT).unwrap();
        let public = file.configurations[0].public();
        assert_eq!(public["servers"][0]["psk"]["identity"], "i");
        assert_eq!(public["write"]["/1/0/1"], 77);
        let shown = format!("{public} {file:?}");
        for key in ["0001020304", "1111111111", "2222222222", "MzMz"] {
            assert!(!shown.contains(key), "{key} in {shown}");
        }
        // What is kept has them.
        let kept = serde_json::to_string(&file.configurations[0]).unwrap();
        assert!(kept.contains("2222222222222222") && kept.contains("MzMz"));
        let again: Given = serde_json::from_str(&kept).unwrap();
        assert_eq!(again.public(), public);
    }

    #[test]
    fn an_account_behind_oscore_is_an_instance_of_object_21_and_a_link() {
        let text = r#"
            servers = [{ uri = "coap://a", id = 1, oscore = { master_secret = "4444444444",
                sender_id = "01", recipient_id = "02", algorithm = "A128GCM" } }]
            delete = ["/0", "/1", "/21"]
        "#;
        let given: Given = toml::from_str(text).unwrap();
        assert!(given.is_secure());
        assert!(!given.public().to_string().contains("4444"), "{}", given.public());
        given
            .configuration(|c| {
                let of = |at: Path| {
                    let found = c.steps.iter().find_map(|step| match &step.operation {
                        Operation::Write { path, body: Body::Items { items, .. } }
                            if *path == at =>
                        {
                            Some(items.to_vec())
                        }
                        _ => None,
                    });
                    found.unwrap()
                };
                let link = Value::ObjectLink(ObjectLink::new(21, 0));
                let security = of(Path::instance(0, 0));
                assert_eq!(security.last(), Some(&Item::value(Path::resource(0, 0, 17), link)));
                let oscore = of(Path::instance(21, 0));
                let algorithm = Item::value(Path::resource(21, 0, 3), Value::Integer(1));
                assert!(oscore.len() == 5 && oscore.contains(&algorithm), "{oscore:?}");
            })
            .unwrap();
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, words) in [
            ("[[configurations]]\nserver = []", "unknown field `server`"),
            ("[[configurations]]\nservers = [{ uri = \"a\" }]", "missing field `id`"),
            ("[[credentials]]\nidentity = \"a\"\nkey = \"xyz\"", "hexadecimal"),
        ] {
            let error = toml::from_str::<File>(text).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        for (text, words) in [
            ("servers = [{ uri = \"a\", id = 0 }]", "1 to 65534"),
            ("delete = [\"3\"]", "no path"),
            ("[write]\n\"/3/0/14\" = 7", "/3/0/14: it takes a value of type string"),
            ("[write]\n\"x\" = 7", "no path"),
        ] {
            let given: Given = toml::from_str(text).unwrap();
            let error = given.configuration(|_| ()).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
