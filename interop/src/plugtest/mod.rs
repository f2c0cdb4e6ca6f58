//! The ETSI plugtest of CoAP (TD_COAP_CORE, LINK, BLOCK, OBS) as tables: what is asked, and what
//! has to come back. The same rows are run with our client against the peers' servers, and with
//! the peers' clients against ours. Each run has a first path segment of its own, so that many
//! can go on at one time.
//!
//! TD_COAP_CORE_24 to 28 go through a reverse proxy, that of aiocoap; 29 asks for one that keeps
//! responses, which no peer at hand does. TD_COAP_CORE_30, OBS_03 and OBS_15 do not exist.

pub mod clients;
pub mod site;

/// Bytes of `/large`.
#[must_use]
pub fn large() -> Vec<u8> {
    b"0123456789abcdef".repeat(100)
}

/// What is sent as a large body.
#[must_use]
pub fn big() -> Vec<u8> {
    crate::app::body(1700, 3)
}

/// What a payload has to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Body {
    /// Not looked at.
    Any,
    /// This text.
    Text(&'static str),
    /// That of [`large`].
    Large,
    /// That of [`big`], or its reverse.
    Big(bool),
    /// Links to these targets, in any order.
    Links(&'static [&'static str]),
}

/// One request and its answer.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// `get`, `put`, `post`, `delete`.
    pub method: &'static str,
    /// Non-confirmable.
    pub non: bool,
    /// Below the run's own segment; from the root if it begins with a slash.
    pub path: &'static str,
    /// Number and value.
    pub options: &'static [(u16, &'static [u8])],
    /// What is sent.
    pub payload: Body,
    /// Size exponent of blocks to begin with.
    pub block: Option<u8>,
    /// With a token of no bytes.
    pub empty_token: bool,
    /// The response code.
    pub code: &'static str,
    /// The response's payload.
    pub body: Body,
    /// Options that the response has.
    pub has: &'static [(u16, &'static [u8])],
    /// What goes over the wire on our side when nothing is lost: type and code of each message.
    pub wire: &'static str,
}

impl Step {
    const fn new(method: &'static str, path: &'static str, code: &'static str) -> Step {
        Step {
            method,
            non: false,
            path,
            options: &[],
            payload: Body::Any,
            block: None,
            empty_token: false,
            code,
            body: Body::Any,
            has: &[],
            wire: "",
        }
    }

    const fn non(self) -> Step {
        Step { non: true, ..self }
    }

    const fn with(self, options: &'static [(u16, &'static [u8])]) -> Step {
        Step { options, ..self }
    }

    const fn without_token(self) -> Step {
        Step { empty_token: true, ..self }
    }

    const fn sends(self, payload: Body) -> Step {
        Step { payload, ..self }
    }

    const fn block(self, szx: u8) -> Step {
        Step { block: Some(szx), ..self }
    }

    const fn gives(self, body: Body) -> Step {
        Step { body, ..self }
    }

    const fn has(self, has: &'static [(u16, &'static [u8])]) -> Step {
        Step { has, ..self }
    }

    const fn wire(self, wire: &'static str) -> Step {
        Step { wire, ..self }
    }
}

/// A test description: its steps, one after the other.
pub type Case = (&'static str, &'static [Step]);

const IF_MATCH: u16 = 1;
const ETAG: u16 = 4;
const IF_NONE_MATCH: u16 = 5;
const LOCATION_PATH: u16 = 8;
const CONTENT_FORMAT: u16 = 12;
const ACCEPT: u16 = 17;
const LOCATION_QUERY: u16 = 20;
const TEXT: (u16, &[u8]) = (CONTENT_FORMAT, &[]);

const fn get(path: &'static str) -> Step {
    Step::new("get", path, "2.05")
}

const fn put(path: &'static str, text: &'static str, code: &'static str) -> Step {
    Step::new("put", path, code).with(&[TEXT]).sends(Body::Text(text))
}

const fn post(path: &'static str, code: &'static str) -> Step {
    Step::new("post", path, code).with(&[TEXT]).sends(Body::Text("posted"))
}

const CON: &str = "CON ACK";
const NON: &str = "NON NON";
const TEST: Body = Body::Text("test");

/// All of them but for the observations.
pub const CASES: &[Case] = &[
    ("TD_COAP_CORE_01", &[get("test").gives(TEST).has(&[TEXT]).wire(CON)]),
    ("TD_COAP_CORE_02", &[Step::new("delete", "test", "2.02").wire(CON)]),
    ("TD_COAP_CORE_03", &[put("test", "put", "2.04").wire(CON)]),
    ("TD_COAP_CORE_04", &[post("test", "2.01").wire(CON)]),
    ("TD_COAP_CORE_05", &[get("test").non().gives(TEST).wire(NON)]),
    ("TD_COAP_CORE_06", &[Step::new("delete", "test", "2.02").non().wire(NON)]),
    ("TD_COAP_CORE_07", &[put("test", "put", "2.04").non().wire(NON)]),
    ("TD_COAP_CORE_08", &[post("test", "2.01").non().wire(NON)]),
    // Separate response.
    ("TD_COAP_CORE_09", &[get("separate").gives(Body::Text("separate")).wire("CON ACK CON ACK")]),
    // A token, with a piggybacked and with a separate response.
    ("TD_COAP_CORE_10", &[get("test").gives(TEST).wire(CON)]),
    ("TD_COAP_CORE_11", &[get("separate").gives(Body::Text("separate"))]),
    ("TD_COAP_CORE_12", &[get("test").without_token().gives(TEST).has(&[TEXT]).wire(CON)]),
    ("TD_COAP_CORE_13", &[get("seg1/seg2/seg3").gives(Body::Text("segments")).wire(CON)]),
    (
        "TD_COAP_CORE_14",
        &[get("query?first=1&second=2").gives(Body::Text("first=1&second=2")).wire(CON)],
    ),
    // 15 and 16 are lossy; the runs through a relay are.
    ("TD_COAP_CORE_15", &[get("test").gives(TEST)]),
    ("TD_COAP_CORE_16", &[get("separate").gives(Body::Text("separate"))]),
    ("TD_COAP_CORE_17", &[get("separate").non().gives(Body::Text("separate"))]),
    (
        "TD_COAP_CORE_18",
        &[post("test", "2.01")
            .has(&[(LOCATION_PATH, b"location1"), (LOCATION_PATH, b"location2")])],
    ),
    (
        "TD_COAP_CORE_19",
        &[post("location-query", "2.01")
            .has(&[(LOCATION_QUERY, b"first=1"), (LOCATION_QUERY, b"second=2")])],
    ),
    (
        "TD_COAP_CORE_20",
        &[
            get("multi-format").with(&[(ACCEPT, &[])]).gives(Body::Text("text")).has(&[TEXT]),
            get("multi-format")
                .with(&[(ACCEPT, &[41])])
                .gives(Body::Text("<xml/>"))
                .has(&[(CONTENT_FORMAT, &[41])]),
            Step::new("get", "multi-format", "4.06").with(&[(ACCEPT, &[50])]),
        ],
    ),
    (
        "TD_COAP_CORE_21",
        &[
            get("validate").gives(Body::Text("validate")).has(&[(ETAG, &[1])]),
            Step::new("get", "validate", "2.03").with(&[(ETAG, &[1])]).has(&[(ETAG, &[1])]),
            put("validate", "new", "2.04"),
            get("validate").with(&[(ETAG, &[1])]).gives(Body::Text("new")).has(&[(ETAG, &[2])]),
        ],
    ),
    (
        "TD_COAP_CORE_22",
        &[
            get("validate").has(&[(ETAG, &[1])]),
            put("validate", "a", "2.04").with(&[(IF_MATCH, &[1]), TEXT]),
            get("validate").gives(Body::Text("a")).has(&[(ETAG, &[2])]),
            put("validate", "b", "4.12").with(&[(IF_MATCH, &[1]), TEXT]),
            get("validate").gives(Body::Text("a")),
        ],
    ),
    (
        "TD_COAP_CORE_23",
        &[
            put("create1", "a", "2.01").with(&[(IF_NONE_MATCH, &[]), TEXT]),
            put("create1", "b", "4.12").with(&[(IF_NONE_MATCH, &[]), TEXT]),
        ],
    ),
    ("TD_COAP_LINK_01", &[links("/.well-known/core", &["/link1", "/link2", "/link3", "/path"])]),
    ("TD_COAP_LINK_02", &[links("/.well-known/core?rt=Type1", &["/link1", "/link3"])]),
    ("TD_COAP_LINK_03", &[links("/.well-known/core?rt=*", &["/link1", "/link2", "/link3"])]),
    ("TD_COAP_LINK_04", &[links("/.well-known/core?rt=Type2", &["/link1", "/link2"])]),
    ("TD_COAP_LINK_05", &[links("/.well-known/core?if=If*", &["/link1", "/link2"])]),
    ("TD_COAP_LINK_06", &[links("/.well-known/core?sz=*", &["/link2"])]),
    ("TD_COAP_LINK_07", &[links("/.well-known/core?href=/link1", &["/link1"])]),
    ("TD_COAP_LINK_08", &[links("/.well-known/core?href=/link*", &["/link1", "/link2", "/link3"])]),
    ("TD_COAP_LINK_09", &[links("/.well-known/core?ct=40", &["/path"])]),
    ("TD_COAP_BLOCK_01", &[get("large").block(2).gives(Body::Large)]),
    ("TD_COAP_BLOCK_02", &[get("large").gives(Body::Large)]),
    (
        "TD_COAP_BLOCK_03",
        &[
            put("large-update", "", "2.04").sends(Body::Big(false)),
            get("large-update").gives(Body::Big(false)),
        ],
    ),
    (
        "TD_COAP_BLOCK_04",
        &[
            post("large-create", "2.01").sends(Body::Big(false)),
            get("large-update").gives(Body::Big(false)),
        ],
    ),
    (
        "TD_COAP_BLOCK_05",
        &[post("large-post", "2.04").sends(Body::Big(false)).gives(Body::Big(true))],
    ),
    ("TD_COAP_BLOCK_06", &[get("large").block(0).gives(Body::Large)]),
];

/// Those through a reverse proxy, by the number of the one without that they repeat.
pub const PROXIED: &[(&str, &str)] = &[
    ("TD_COAP_CORE_24", "TD_COAP_CORE_18"),
    ("TD_COAP_CORE_25", "TD_COAP_CORE_19"),
    ("TD_COAP_CORE_26", "TD_COAP_CORE_20"),
    ("TD_COAP_CORE_27", "TD_COAP_CORE_22"),
    ("TD_COAP_CORE_28", "TD_COAP_CORE_23"),
];

const fn links(path: &'static str, targets: &'static [&'static str]) -> Step {
    get(path).gives(Body::Links(targets)).has(&[(CONTENT_FORMAT, &[40])])
}

/// What happens to an observed resource.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Happens {
    /// It is PUT.
    Put(&'static str),
    /// It is PUT with another content format.
    OtherFormat,
    /// It is deleted.
    Deleted,
    /// It is read.
    Read,
    /// A large body is PUT.
    PutBig,
}

/// An observation: where, what happens during it, and the states that show.
#[derive(Clone, Copy, Debug)]
pub struct Watched {
    /// The test description.
    pub id: &'static str,
    /// What is observed.
    pub path: &'static str,
    /// What happens, one after the other.
    pub happens: &'static [Happens],
    /// Codes and payloads of the states, the first included.
    pub states: &'static [(&'static str, Body)],
}

const ZERO: (&str, Body) = ("2.05", Body::Text("0"));
const ONE: (&str, Body) = ("2.05", Body::Text("one"));

/// The observations. Those that are confirmable end by themselves, or with Observe 1 or a RST as
/// the client does it (TD_COAP_OBS_06 and 12).
pub const WATCHED: &[Watched] = &[
    watched("TD_COAP_OBS_01", "obs", &[Happens::Put("one")], &[ZERO, ONE]),
    watched("TD_COAP_OBS_02", "obs-non", &[Happens::Put("one")], &[ZERO, ONE]),
    watched("TD_COAP_OBS_07", "obs", &[Happens::Deleted], &[ZERO, ("4.04", Body::Any)]),
    watched("TD_COAP_OBS_08", "obs", &[Happens::OtherFormat], &[ZERO, ("4.06", Body::Any)]),
    watched(
        "TD_COAP_OBS_09",
        "obs",
        &[Happens::Put("one"), Happens::Put("two")],
        &[ZERO, ONE, ("2.05", Body::Text("two"))],
    ),
    watched("TD_COAP_OBS_10", "obs", &[Happens::Read, Happens::Put("one")], &[ZERO, ONE]),
    watched("TD_COAP_OBS_11", "obs", &[Happens::Put("one")], &[ZERO, ONE]),
    watched("TD_COAP_OBS_12", "obs", &[Happens::Put("one")], &[ZERO, ONE]),
    watched(
        "TD_COAP_OBS_13",
        "obs-large",
        &[Happens::PutBig],
        &[("2.05", Body::Large), ("2.05", Body::Big(false))],
    ),
    watched(
        "TD_COAP_OBS_14",
        "obs-large",
        &[Happens::PutBig, Happens::Put("one")],
        &[("2.05", Body::Large), ("2.05", Body::Big(false)), ONE],
    ),
];

const fn watched(
    id: &'static str,
    path: &'static str,
    happens: &'static [Happens],
    states: &'static [(&'static str, Body)],
) -> Watched {
    Watched { id, path, happens, states }
}

impl Body {
    /// The bytes to send.
    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        match self {
            Body::Text(text) => text.into(),
            Body::Large => large(),
            Body::Big(reversed) => {
                let mut bytes = big();
                if reversed {
                    bytes.reverse();
                }
                bytes
            }
            Body::Any | Body::Links(_) => Vec::new(),
        }
    }

    /// Is this it?
    ///
    /// # Panics
    /// If links cannot be read.
    #[must_use]
    pub fn fits(self, payload: &[u8]) -> bool {
        match self {
            Body::Any => true,
            Body::Links(targets) => {
                let links = coap_core::link::Links::new(payload).map(|l| l.expect("links"));
                let mut found: Vec<&str> = links.map(|l| l.target()).collect();
                // A server lists itself too, if it likes.
                found.retain(|t| !["/.well-known/core", "/"].contains(t));
                found.sort_unstable();
                found == targets
            }
            _ => self.bytes() == payload,
        }
    }
}
