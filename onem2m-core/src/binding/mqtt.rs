//! MQTT (TS-0010): the topics that primitives are published to, and the ones to subscribe to.
//!
//! The payload is a whole primitive: [`read_primitive`](super::read_primitive),
//! [`write_request`](super::write_request). Both are published with quality of service [`QOS`] and
//! are not retained.

use super::error::{BindingError, BindingErrorKind};
use crate::ResourceType;
use crate::enumeration::Operation;
use crate::media::Serialization;
use crate::primitive::Request;
use alloc::collections::VecDeque;
use alloc::string::String;
use core::fmt;

/// Quality of service of all publications and subscriptions: at least once (TS-0010 clause 6.2).
/// A request may come twice; its Request Identifier tells.
pub const QOS: u8 = 1;

/// What a topic carries (TS-0010 clause 6.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TopicKind {
    /// Requests to a registered receiver.
    Request,
    /// Responses to a registered originator.
    Response,
    /// Requests of an AE that has no AE-ID yet: its registration. The originator in the topic is
    /// a credential, or the MQTT client identifier.
    RegistrationRequest,
    /// Responses to these.
    RegistrationResponse,
}

impl TopicKind {
    const ALL: [TopicKind; 4] = [
        TopicKind::Request,
        TopicKind::Response,
        TopicKind::RegistrationRequest,
        TopicKind::RegistrationResponse,
    ];

    const fn name(self) -> &'static str {
        match self {
            TopicKind::Request => "req",
            TopicKind::Response => "resp",
            TopicKind::RegistrationRequest => "reg_req",
            TopicKind::RegistrationResponse => "reg_resp",
        }
    }

    /// Where a request goes: registrations of AEs, which have no AE-ID yet, go to topics of their own.
    #[must_use]
    pub fn of_request(request: &Request) -> TopicKind {
        match request.operation {
            Operation::Create if request.resource_type == Some(ResourceType::Ae) => {
                TopicKind::RegistrationRequest
            }
            _ => TopicKind::Request,
        }
    }

    /// Whether a request may come there: only registrations, of AEs or CSEs, to the topics for them.
    #[must_use]
    pub fn may_carry(self, request: &Request) -> bool {
        let registers = request.operation == Operation::Create
            && matches!(request.resource_type, Some(ResourceType::Ae | ResourceType::RemoteCse));
        match self {
            TopicKind::Request => true,
            TopicKind::RegistrationRequest => registers,
            TopicKind::Response | TopicKind::RegistrationResponse => false,
        }
    }

    /// Whether requests come there.
    #[must_use]
    pub const fn is_request(self) -> bool {
        matches!(self, TopicKind::Request | TopicKind::RegistrationRequest)
    }
}

/// An identifier as a level of a topic: without its leading slashes, and with a colon for each
/// other slash. `/id-in/Cae1` becomes `id-in:Cae1`.
#[must_use]
pub fn level(identifier: &str) -> String {
    let identifier = identifier.trim_start_matches('/');
    identifier.chars().map(|c| if c == '/' { ':' } else { c }).collect()
}

/// A topic that primitives are published to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Topic<'a> {
    /// What it carries.
    pub kind: TopicKind,
    /// The level of the originator of the request, also in the topic of its response.
    pub originator: &'a str,
    /// The level of the receiver of the request, also in the topic of its response.
    pub receiver: &'a str,
    /// How the primitive is serialised.
    pub serialization: Serialization,
}

impl<'a> Topic<'a> {
    /// Reads a topic behind `prefix`, which the broker's users have agreed on and is mostly empty.
    ///
    /// # Errors
    /// [`BindingErrorKind::Malformed`] about `topic`; [`BindingErrorKind::MediaType`] for a
    /// serialisation that there is none of.
    pub fn parse(topic: &'a str, prefix: &str) -> Result<Topic<'a>, BindingError> {
        let malformed = || BindingError::malformed("topic");
        let rest = topic.strip_prefix(prefix).and_then(|t| t.strip_prefix("/oneM2M/"));
        let mut levels = rest.ok_or_else(malformed)?.split('/');
        let mut next = || levels.next().filter(|level| !level.is_empty()).ok_or_else(malformed);
        let (kind, originator, receiver, serialization) = (next()?, next()?, next()?, next()?);
        if levels.next().is_some() {
            return Err(malformed());
        }
        let kind = TopicKind::ALL.into_iter().find(|k| k.name() == kind).ok_or_else(malformed)?;
        let serialization = Serialization::from_name(serialization)
            .ok_or_else(|| BindingError::new(BindingErrorKind::MediaType, "topic"))?;
        Ok(Topic { kind, originator, receiver, serialization })
    }

    /// Where the response to a request goes that came here; `None` for one that carries responses.
    #[must_use]
    pub const fn of_response(self) -> Option<Topic<'a>> {
        let kind = match self.kind {
            TopicKind::Request => TopicKind::Response,
            TopicKind::RegistrationRequest => TopicKind::RegistrationResponse,
            TopicKind::Response | TopicKind::RegistrationResponse => return None,
        };
        Some(Topic { kind, ..self })
    }

    /// The topic's name, behind `prefix`.
    #[must_use]
    pub const fn name(self, prefix: &'a str) -> TopicName<'a> {
        TopicName { prefix, topic: self }
    }
}

/// Shows the name of a topic.
#[derive(Clone, Copy, Debug)]
pub struct TopicName<'a> {
    prefix: &'a str,
    topic: Topic<'a>,
}

impl fmt::Display for TopicName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Topic { kind, originator, receiver, serialization } = self.topic;
        let (prefix, kind, serialization) = (self.prefix, kind.name(), serialization.name());
        write!(f, "{prefix}/oneM2M/{kind}/{originator}/{receiver}/{serialization}")
    }
}

/// The requests that came last, by which those are found that a broker delivers twice (with the
/// flag DUP of MQTT).
#[derive(Clone, Default, Debug)]
pub struct Recent {
    names: VecDeque<String>,
}

impl Recent {
    /// How many are remembered.
    pub const MOST: usize = 256;

    /// Notes a request that came to a topic. True if it is one of those remembered.
    pub fn note(&mut self, topic: &Topic<'_>, request: &Request) -> bool {
        let name = alloc::format!("{}/{}", topic.originator, request.request_identifier);
        if self.names.contains(&name) {
            return true;
        }
        if self.names.len() >= Recent::MOST {
            self.names.pop_front();
        }
        self.names.push_back(name);
        false
    }
}

/// Who subscribes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subscriber<'a> {
    /// A CSE, by its CSE-ID: requests and registrations to it, responses to its own requests.
    Cse(&'a str),
    /// A registered AE, by its AE-ID: requests to it, responses to its own.
    Ae(&'a str),
    /// An AE that registers, by its credential or MQTT client identifier: the responses to that.
    Unregistered(&'a str),
}

impl Subscriber<'_> {
    /// The topic filters to subscribe to (TS-0010 clause 6.4), behind `prefix`.
    pub fn filters(&self, prefix: &str) -> impl Iterator<Item = String> {
        let (id, kinds): (&str, &'static [TopicKind]) = match self {
            Subscriber::Cse(id) => {
                let kinds =
                    &[TopicKind::Request, TopicKind::RegistrationRequest, TopicKind::Response];
                (id, kinds)
            }
            Subscriber::Ae(id) => (id, &[TopicKind::Request, TopicKind::Response]),
            Subscriber::Unregistered(id) => (id, &[TopicKind::RegistrationResponse]),
        };
        let id = level(id);
        kinds.iter().map(move |kind| {
            let name = kind.name();
            if kind.is_request() {
                alloc::format!("{prefix}/oneM2M/{name}/+/{id}/+")
            } else {
                alloc::format!("{prefix}/oneM2M/{name}/{id}/+/+")
            }
        })
    }

    /// The MQTT client identifier (TS-0010 clause 6.3).
    #[must_use]
    pub fn client_id(&self) -> String {
        match self {
            Subscriber::Cse(id) => alloc::format!("C::{}", level(id)),
            Subscriber::Ae(id) => alloc::format!("A::{}", level(id)),
            Subscriber::Unregistered(id) => String::from(*id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    #[test]
    fn ts_0010_6_4_identifiers_as_levels() {
        for (identifier, expected) in [
            ("/id-in", "id-in"),
            ("/id-in/Cae1", "id-in:Cae1"),
            ("Cae1", "Cae1"),
            ("/Sae2", "Sae2"),
            ("//m2m.example/id-in/Cae1", "m2m.example:id-in:Cae1"),
        ] {
            assert_eq!(level(identifier), expected);
        }
    }

    #[test]
    fn ts_0010_6_4_topics_both_ways() {
        for (prefix, text) in [
            ("", "/oneM2M/req/Cae1/id-in/json"),
            ("", "/oneM2M/reg_req/client-7/id-in/cbor"),
            ("city/west", "city/west/oneM2M/resp/id-mn/id-in/xml"),
        ] {
            let topic = Topic::parse(text, prefix).unwrap();
            assert_eq!(topic.name(prefix).to_string(), text);
        }
        let topic = Topic::parse("/oneM2M/req/Cae1/id-in/json", "").unwrap();
        let answer = topic.of_response().unwrap();
        assert_eq!(answer.name("").to_string(), "/oneM2M/resp/Cae1/id-in/json");
        assert_eq!(answer.of_response(), None);
        let topic = Topic::parse("/oneM2M/reg_req/x/id-in/json", "").unwrap();
        let answer = topic.of_response().unwrap();
        assert_eq!(answer.name("").to_string(), "/oneM2M/reg_resp/x/id-in/json");
    }

    #[test]
    fn what_is_no_topic() {
        for text in [
            "",
            "/oneM2M/req",
            "oneM2M/req/a/b/json",
            "/oneM2M/req/a/b",
            "/oneM2M/req/a/b/",
            "/oneM2M/req//b/json",
            "/oneM2M/req/a/b/json/more",
            "/oneM2M/ask/a/b/json",
            "/onem2m/req/a/b/json",
            "p/oneM2M/req/a/b/json",
        ] {
            let error = Topic::parse(text, "").unwrap_err();
            assert_eq!(error.kind, BindingErrorKind::Malformed, "{text}");
        }
        let error = Topic::parse("/oneM2M/req/a/b/yaml", "").unwrap_err();
        assert_eq!(error.kind, BindingErrorKind::MediaType);
        assert!(Topic::parse("/oneM2M/req/a/b/json", "p").is_err());
    }

    /// MQTT 3.1.1 section 4.7, for the filters that there are.
    fn matches(filter: &str, topic: &str) -> bool {
        let (filter, topic): (Vec<_>, Vec<_>) =
            (filter.split('/').collect(), topic.split('/').collect());
        filter.len() == topic.len() && filter.iter().zip(&topic).all(|(f, t)| *f == "+" || f == t)
    }

    #[test]
    fn ts_0010_6_4_each_gets_what_is_for_it() {
        let topics = [
            "/oneM2M/req/Cae1/id-in/json",
            "/oneM2M/resp/Cae1/id-in/json",
            "/oneM2M/reg_req/client-7/id-in/json",
            "/oneM2M/reg_resp/client-7/id-in/json",
            "/oneM2M/req/id-in/Cae1/json",
            "/oneM2M/resp/id-in/Cae1/cbor",
            "/oneM2M/req/id-mn:Cae1/id-asn/json",
        ];
        for (subscriber, expected) in [
            (Subscriber::Cse("/id-in"), &[0usize, 2, 5][..]),
            (Subscriber::Ae("Cae1"), &[1, 4]),
            (Subscriber::Unregistered("client-7"), &[3]),
            (Subscriber::Cse("/id-asn"), &[6]),
        ] {
            let filters: Vec<_> = subscriber.filters("").collect();
            let found: Vec<_> = (0..topics.len())
                .filter(|at| filters.iter().any(|filter| matches(filter, topics[*at])))
                .collect();
            assert_eq!(found, expected, "{subscriber:?}");
        }
        assert_eq!(Subscriber::Cse("/id-in").client_id(), "C::id-in");
        assert_eq!(Subscriber::Ae("/id-in/Cae1").client_id(), "A::id-in:Cae1");
    }

    proptest! {
        #[test]
        fn any_topic_is_read_or_refused(text in "[/a-zA-Z2_+#:]{0,30}", prefix in "[a-z/]{0,3}") {
            if let Ok(topic) = Topic::parse(&text, &prefix) {
                prop_assert_eq!(topic.name(&prefix).to_string(), text);
            }
        }
    }

    #[test]
    fn ts_0010_6_4_registrations_have_topics_of_their_own() {
        use TopicKind::{RegistrationRequest, Request as Plain, Response};
        for (operation, ty, topic, may) in [
            (Operation::Create, Some(ResourceType::Ae), RegistrationRequest, true),
            (Operation::Create, Some(ResourceType::RemoteCse), Plain, true),
            (Operation::Create, Some(ResourceType::Container), Plain, false),
            (Operation::Retrieve, Some(ResourceType::Ae), Plain, false),
            (Operation::Delete, None, Plain, false),
        ] {
            let request =
                Request { resource_type: ty, ..Request::new(operation, "b".into(), "r".into()) };
            assert_eq!(TopicKind::of_request(&request), topic);
            assert_eq!(RegistrationRequest.may_carry(&request), may);
            assert!(Plain.may_carry(&request) && !Response.may_carry(&request));
        }
    }

    #[test]
    fn what_came_lately_is_known() {
        let mut recent = Recent::default();
        let (one, other) = ("/oneM2M/req/C1/id-in/json", "/oneM2M/req/C2/id-in/json");
        let (one, other) = (Topic::parse(one, "").unwrap(), Topic::parse(other, "").unwrap());
        let request = |n: usize| Request::new(Operation::Delete, "b".into(), n.to_string());
        assert!(!recent.note(&one, &request(0)));
        assert!(recent.note(&one, &request(0)));
        assert!(!recent.note(&other, &request(0)));
        for n in 1..Recent::MOST {
            assert!(!recent.note(&one, &request(n)));
        }
        // The first had to make room.
        assert!(recent.note(&other, &request(0)));
        assert!(!recent.note(&one, &request(0)));
    }
}
