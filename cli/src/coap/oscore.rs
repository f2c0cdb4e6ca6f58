//! Security contexts of OSCORE (RFC 8613): a file with what both ends share, and beside it what
//! has to survive.

use super::names::hex;
use super::sequence::Sequence;
use crate::failure::Failure;
use coap_core::oscore::{Aead, ContextError, SecurityContext, SecurityParameters};
use coap_core::{Endpoint, History, SecurityId, UsageError};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// The members that a file may have.
const MEMBERS: [&str; 8] = [
    "master_secret",
    "master_salt",
    "sender_id",
    "recipient_id",
    "id_context",
    "algorithm",
    "hkdf",
    "renew",
];
/// Names of the one function that keys are derived with.
const HKDF: [&str; 3] = ["sha-256", "sha256", "hkdf sha-256"];
/// Files are much shorter.
const LONGEST: u64 = 64 * 1024;

/// What a file says. It has secrets, so there is no way to print it.
#[derive(Clone)]
pub(crate) struct Shared {
    master_secret: Vec<u8>,
    master_salt: Vec<u8>,
    sender_id: Vec<u8>,
    recipient_id: Vec<u8>,
    id_context: Option<Vec<u8>>,
    aead: Aead,
    /// Its keys are made anew at each start (appendix B.2).
    pub(crate) renew: bool,
}

impl Shared {
    /// Reads a file. What is wrong with it is told without any of its values.
    fn load(file: &Path) -> Result<Shared, Failure> {
        let shown = file.display();
        let fail = |error| Failure::io(format_args!("cannot read {shown}"), &error);
        if std::fs::metadata(file).map_err(fail)?.len() > LONGEST {
            return Err(Failure::new(format!("{shown} is too long for a security context")));
        }
        let text = std::fs::read_to_string(file).map_err(fail)?;
        Shared::parse(&text).map_err(|why| Failure::new(format!("{shown}: {why}")))
    }

    fn parse(text: &str) -> Result<Shared, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| {
            format!("no JSON, at line {} column {}", error.line(), error.column())
        })?;
        Shared::read(&value)
    }

    /// The same of JSON that was read already.
    pub(crate) fn read(value: &Value) -> Result<Shared, String> {
        let Value::Object(members) = value else { return Err("no JSON object".to_owned()) };
        if let Some(name) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            let name = crate::output::printable(name);
            return Err(format!("{name} is no member of a security context"));
        }
        if let Some(hkdf) = members.get("hkdf") {
            let name = hkdf.as_str().map(str::to_ascii_lowercase).unwrap_or_default();
            if !HKDF.contains(&name.as_str()) {
                return Err("the only hkdf is SHA-256".to_owned());
            }
        }
        let renew = match members.get("renew") {
            None => false,
            Some(Value::Bool(renew)) => *renew,
            Some(_) => return Err("renew is true or false".to_owned()),
        };
        if renew && members.contains_key("id_context") {
            return Err("with renew there is no id_context: both ends make one".to_owned());
        }
        let must = |name: &str| bytes(members, name)?.ok_or_else(|| format!("{name} is missing"));
        Ok(Shared {
            master_secret: must("master_secret")?,
            master_salt: bytes(members, "master_salt")?.unwrap_or_default(),
            sender_id: must("sender_id")?,
            recipient_id: must("recipient_id")?,
            id_context: bytes(members, "id_context")?,
            aead: members.get("algorithm").map_or(Ok(Aead::AesCcm16_64_128), algorithm)?,
            renew,
        })
    }

    /// Checks that keys can be made of it.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        SecurityContext::new(&self.parameters()).map(drop).map_err(|error| match error {
            ContextError::IdTooLong => "an id is too long for the algorithm",
            _ => "it takes a secret, and two ids that differ",
        })
    }

    pub(crate) fn parameters(&self) -> SecurityParameters<'_> {
        SecurityParameters {
            master_secret: &self.master_secret,
            master_salt: &self.master_salt,
            sender_id: &self.sender_id,
            recipient_id: &self.recipient_id,
            id_context: self.id_context.as_deref(),
            aead: self.aead,
        }
    }
}

/// A member in hexadecimal digits.
fn bytes(members: &Map<String, Value>, name: &str) -> Result<Option<Vec<u8>>, String> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let bytes = value.as_str().and_then(|text| hex(text).ok());
    bytes.map(Some).ok_or_else(|| format!("{name} is a string of pairs of hexadecimal digits"))
}

/// An algorithm by its name or number in the COSE registry.
fn algorithm(value: &Value) -> Result<Aead, String> {
    let all = || (0..=255).filter_map(Aead::from_number);
    let found = match value {
        Value::Number(number) => all().find(|aead| number.as_u64() == Some(aead.number().into())),
        Value::String(name) => all().find(|aead| aead.name().eq_ignore_ascii_case(name)),
        _ => None,
    };
    found.ok_or_else(|| {
        let names: Vec<&str> = all().map(Aead::name).collect();
        format!("algorithm is one of {}", names.join(", "))
    })
}

/// A file in use, and the record of the sequence numbers that its context may use.
pub(crate) struct Opened {
    pub(crate) shared: Shared,
    pub(crate) file: PathBuf,
    /// None if the keys are new at each start.
    sequence: Option<Sequence>,
    /// Numbers below were used; none if none ever was.
    pub(crate) next: Option<u64>,
}

impl std::fmt::Debug for Opened {
    /// Without the keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Opened {
    /// Takes a file into use; nobody else can until it is dropped.
    pub(crate) fn open(file: &Path) -> Result<Opened, Failure> {
        let shared = Shared::load(file)?;
        let (sequence, next) = if shared.renew {
            (None, None)
        } else {
            let mut state = file.as_os_str().to_owned();
            state.push(".state");
            let (sequence, next) = Sequence::open(Path::new(&state))?;
            (Some(sequence), next)
        };
        Ok(Opened { shared, file: file.to_owned(), sequence, next })
    }

    /// Records that the sequence numbers below `up_to` may be used.
    pub(crate) fn reserve(&mut self, up_to: u64) -> Result<(), Failure> {
        let Some(sequence) = &mut self.sequence else { return Ok(()) };
        sequence.store(up_to).map_err(|error| {
            let file = self.file.display();
            Failure::io(format_args!("cannot record the sequence numbers of {file}"), &error)
        })?;
        self.next = Some(up_to);
        Ok(())
    }
}

/// A security context of an endpoint.
pub(super) struct Context {
    pub(super) id: SecurityId,
    opened: Opened,
}

impl Context {
    /// Takes a context into use.
    pub(super) fn open(file: &Path, endpoint: &mut Endpoint) -> Result<Context, Failure> {
        let opened = Opened::open(file)?;
        let Opened { shared, next, .. } = &opened;
        let next = *next;
        let history = match next {
            _ if shared.renew => History::Renewed,
            Some(next) => History::Stored { next },
            None => History::New,
        };
        let id = endpoint.add_security_context(&shared.parameters(), history).map_err(|error| {
            let why = match error {
                UsageError::TooLong => "an id is too long for the algorithm",
                UsageError::Invalid if next.is_some_and(|next| next >= 1 << 40) => {
                    "all sequence numbers are used: it takes new keys"
                }
                UsageError::Invalid => "it takes a secret, and two ids that differ",
                _ => "there is no room for another security context",
            };
            Failure::new(format!("{}: {why}", file.display()))
        })?;
        Ok(Context { id, opened })
    }

    /// Records that the sequence numbers below `up_to` may be used.
    pub(super) fn reserve(&mut self, up_to: u64) -> Result<(), Failure> {
        self.opened.reserve(up_to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0102030405060708090a0b0c0d0e0f10";

    fn with(member: &str) -> String {
        format!(
            r#"{{"master_secret":"{SECRET}","sender_id":"","recipient_id":"01"{}{member}}}"#,
            if member.is_empty() { "" } else { "," }
        )
    }

    #[test]
    fn what_a_file_says() {
        let shared = Shared::parse(&with("")).ok().unwrap();
        assert_eq!((shared.sender_id.len(), shared.recipient_id), (0, vec![1]));
        assert_eq!((shared.id_context, shared.aead.number()), (None, 10));
        for (member, number) in [
            (r#""algorithm":"A128GCM""#, 1),
            (r#""algorithm":"ChaCha20/Poly1305","hkdf":"SHA-256""#, 24),
            (r#""algorithm":30,"id_context":"""#, 30),
            (r#""algorithm":"aes-ccm-64-64-128""#, 12),
        ] {
            assert_eq!(Shared::parse(&with(member)).ok().unwrap().aead.number(), number);
        }
    }

    #[test]
    fn what_is_wrong_with_a_file_is_told_without_its_values() {
        for (text, words) in [
            ("[]".to_owned(), "no JSON object"),
            (format!(r#"{{"master_secret":"{SECRET}","sender_id":""#), "line 1 column"),
            (with(r#""salt":"00""#), "salt is no member"),
            (with(r#""master_salt":"0""#), "master_salt is a string of pairs"),
            (with(r#""master_salt":7"#), "master_salt is a string of pairs"),
            (with(r#""algorithm":"AES""#), "AES-CCM-16-64-128, "),
            (with(r#""renew":1"#), "renew is true or false"),
            (with(r#""renew":true,"id_context":"00""#), "there is no id_context"),
            (with(r#""hkdf":"SHA-512""#), "the only hkdf is SHA-256"),
            (format!(r#"{{"master_secret":"{SECRET}x","sender_id":""}}"#), "master_secret is"),
            (
                format!(r#"{{"master_secret":"{SECRET}","sender_id":""}}"#),
                "recipient_id is missing",
            ),
        ] {
            let why = Shared::parse(&text).err().unwrap();
            assert!(why.contains(words) && !why.contains(SECRET), "{text}: {why}");
        }
    }
}
