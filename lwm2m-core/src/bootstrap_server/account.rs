//! A server account as a table of values: what a configuration mostly is.

use crate::format::Item;
use crate::path::Path;
use crate::value::Value;
use alloc::vec::Vec;

/// How a client secures the way to a server (Security object, resource 2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SecurityMode {
    /// Pre-shared key.
    PreSharedKey,
    /// Raw public key.
    RawPublicKey,
    /// X.509 certificate.
    Certificate,
    /// None.
    NoSec,
    /// A certificate that the client gets by EST.
    CertificateByEst,
}

/// The keys of an account. `Debug` does not show them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Security<'a> {
    /// How.
    pub mode: SecurityMode,
    /// Resource 3: the PSK identity, the client's public key or its certificate.
    pub identity: &'a [u8],
    /// Resource 4: the public key or certificate of the server.
    pub server_key: &'a [u8],
    /// Resource 5: the pre-shared key, or the client's private key.
    pub secret: &'a [u8],
}

impl<'a> Security<'a> {
    /// No security.
    pub const NONE: Security<'a> =
        Security { mode: SecurityMode::NoSec, identity: &[], server_key: &[], secret: &[] };

    /// A pre-shared key.
    #[must_use]
    pub const fn psk(identity: &'a [u8], key: &'a [u8]) -> Security<'a> {
        Security { mode: SecurityMode::PreSharedKey, identity, server_key: &[], secret: key }
    }

    /// The client's certificate and its key, and the server's certificate (or an authority's, as
    /// resource 15 says), each in DER. Without a certificate of the server it is left to the client
    /// whom it trusts.
    #[must_use]
    pub const fn certificate(
        certificate: &'a [u8],
        key: &'a [u8],
        server: &'a [u8],
    ) -> Security<'a> {
        let mode = SecurityMode::Certificate;
        Security { mode, identity: certificate, server_key: server, secret: key }
    }
}

impl core::fmt::Debug for Security<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Security").field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// An account of a client at a server: an instance of the Security object (0), and one of the
/// Server object (1) unless it is that of a bootstrap server.
///
/// [`Account::security`] and [`Account::server`] give the values of each, for a
/// [`super::Operation::Write`]; what is not here (retry parameters, ciphersuites, OSCORE) is added
/// to what they give.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Account<'a> {
    /// `coaps://host:port`
    pub uri: &'a str,
    /// The keys.
    pub security: Security<'a>,
    /// The server's number, 1 to 65534; the same in both objects.
    pub short_server_id: u16,
    /// Lifetime of the registration, in seconds.
    pub lifetime: u32,
    /// The transports: `U`, `UQ`, `T`.
    pub binding: &'a str,
    /// Notifications are kept while the server cannot be reached.
    pub storing: bool,
    /// Shortest time between notifications where no attribute says it, in seconds.
    pub min_period: Option<u32>,
    /// Longest time between notifications where no attribute says it, in seconds.
    pub max_period: Option<u32>,
    /// How long Disable switches the server off, in seconds.
    pub disable_timeout: Option<u32>,
}

impl<'a> Account<'a> {
    /// An account with the usual values: a day, UDP, notifications are kept.
    #[must_use]
    pub const fn new(uri: &'a str, security: Security<'a>, short_server_id: u16) -> Account<'a> {
        Account {
            uri,
            security,
            short_server_id,
            lifetime: 86_400,
            binding: "U",
            storing: true,
            min_period: None,
            max_period: None,
            disable_timeout: None,
        }
    }

    /// The values of `/0/instance` (Core 1.2 appendix E.1).
    #[must_use]
    pub fn security(&self, instance: u16) -> Vec<Item<'a>> {
        let mut items = access(self.uri, false, &self.security, instance);
        items.push(item(0, instance, 10, Value::Integer(self.short_server_id.into())));
        items
    }

    /// The values of `/1/instance` (Core 1.2 appendix E.2).
    #[must_use]
    pub fn server(&self, instance: u16) -> Vec<Item<'a>> {
        let number = |n: u32| Value::Integer(n.into());
        let mut items = Vec::from([
            item(1, instance, 0, number(self.short_server_id.into())),
            item(1, instance, 1, number(self.lifetime)),
        ]);
        for (id, value) in [(2, self.min_period), (3, self.max_period), (5, self.disable_timeout)] {
            items.extend(value.map(|v| item(1, instance, id, number(v))));
        }
        items.push(item(1, instance, 6, Value::Boolean(self.storing)));
        items.push(item(1, instance, 7, Value::string(self.binding)));
        items
    }
}

/// The values of `/0/instance` for the account of a bootstrap server. With `hold_off`, the client
/// waits so many seconds before it asks for a bootstrap; with `timeout` it forgets the account so
/// many seconds after one.
#[must_use]
pub fn bootstrap_account<'a>(
    uri: &'a str,
    security: &Security<'a>,
    instance: u16,
    hold_off: Option<u32>,
    timeout: Option<u32>,
) -> Vec<Item<'a>> {
    let mut items = access(uri, true, security, instance);
    for (id, seconds) in [(11, hold_off), (12, timeout)] {
        items.extend(seconds.map(|s| item(0, instance, id, Value::Integer(s.into()))));
    }
    items
}

const fn item(object: u16, instance: u16, resource: u16, value: Value<'_>) -> Item<'_> {
    Item::value(Path::resource(object, instance, resource), value)
}

/// Resources 0 to 5 of the Security object, all of which are mandatory.
fn access<'a>(
    uri: &'a str,
    bootstrap: bool,
    security: &Security<'a>,
    instance: u16,
) -> Vec<Item<'a>> {
    let mode = match security.mode {
        SecurityMode::PreSharedKey => 0,
        SecurityMode::RawPublicKey => 1,
        SecurityMode::Certificate => 2,
        SecurityMode::NoSec => 3,
        SecurityMode::CertificateByEst => 4,
    };
    let at = |id, value| item(0, instance, id, value);
    Vec::from([
        at(0, Value::string(uri)),
        at(1, Value::Boolean(bootstrap)),
        at(2, Value::Integer(mode)),
        at(3, Value::opaque(security.identity)),
        at(4, Value::opaque(security.server_key)),
        at(5, Value::opaque(security.secret)),
    ])
}
