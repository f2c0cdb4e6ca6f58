//! What the listeners of `/api/events` are told.

use super::clients::client_json;
use super::core::{Done, values_json};
use super::queue::Queued;
use super::site::loss_name;
use crate::clock::{rfc3339, wall};
use crate::web::feed::Told;
use coap_core::{Code, ContentFormat};
use lwm2m_core::Path;
use lwm2m_core::server::{
    Changes, EndReason, ObservationEnd, ObservationId, Registration, RegistrationId, Server,
};
use m2m_base::Instant;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// What happened.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Registered,
    Updated(Changes),
    Deregistered(EndReason),
    Expired,
    Notification {
        /// `None` if the client sent it by itself.
        observation: Option<ObservationId>,
        path: Path,
        code: Code,
        format: Option<ContentFormat>,
        payload: Box<[u8]>,
    },
    ObservationEnded(ObservationEnd),
    /// How an operation ended that nobody waited for.
    Outcome(Box<(Queued, Done)>),
}

/// Something that happened to a client. It becomes text when somebody wants to know, and takes
/// nothing but its place until then: a million registrations are as many of these.
#[derive(Clone, Debug)]
pub(super) struct Happened {
    at: Instant,
    registration: RegistrationId,
    /// Only of one that ended; of others the server knows it.
    endpoint: Option<Box<str>>,
    kind: Kind,
}

/// What it takes to tell something.
pub(super) struct Teller<'a> {
    server: &'a Server,
    /// The present, by the clock of the engine and as milliseconds since 1970.
    now: (Instant, i64),
    /// The names of those who are gone.
    gone: BTreeMap<RegistrationId, Box<str>>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(server: &'a Server, now: Instant) -> Teller<'a> {
        Teller { server, now: (now, wall()), gone: BTreeMap::new() }
    }

    /// For events of the past, whose clients may be gone: `all` of them.
    pub(super) fn of_past<'h>(self, all: impl Iterator<Item = &'h Happened>) -> Teller<'a> {
        let gone = all.filter_map(|h| Some((h.registration, h.endpoint.clone()?))).collect();
        Teller { gone, ..self }
    }

    fn endpoint<'h>(&'h self, happened: &'h Happened) -> &'h str {
        let there = self.server.registration(happened.registration);
        there
            .map(|registration| registration.endpoint())
            .or(happened.endpoint.as_deref())
            .or_else(|| self.gone.get(&happened.registration).map(|name| &**name))
            .unwrap_or_default()
    }

    fn time(&self, at: Instant) -> String {
        let ago = i64::try_from(self.now.0.since(at).as_millis()).unwrap_or(i64::MAX);
        let ms = u64::try_from(self.now.1.saturating_sub(ago)).unwrap_or(0);
        rfc3339(ms / 1000, u32::try_from(ms % 1000).unwrap_or(0))
    }
}

impl Happened {
    pub(super) fn new(at: Instant, registration: &Registration<'_>, kind: Kind) -> Happened {
        let ends = matches!(kind, Kind::Deregistered(_) | Kind::Expired);
        let endpoint = ends.then(|| registration.endpoint().into());
        Happened { at, registration: registration.id(), endpoint, kind }
    }

    /// Bytes that it takes.
    pub(super) fn weight(&self) -> usize {
        let payload = match &self.kind {
            Kind::Notification { payload, .. } => payload.len(),
            // The JSON is some times as long as the payload.
            Kind::Outcome(outcome) => match &outcome.1 {
                Done::Answered { payload, .. } => 8 * payload.len() + size_of::<(Queued, Done)>(),
                Done::Failed(_) => size_of::<(Queued, Done)>(),
            },
            _ => 0,
        };
        let endpoint = self.endpoint.as_ref().map_or(0, |name| name.len());
        size_of::<Happened>() + endpoint + payload
    }

    /// It as text. What has changed about the client since is not told.
    pub(super) fn tell(&self, teller: &Teller<'_>) -> Told {
        let server = teller.server;
        let mut data = json!({
            "time": teller.time(self.at),
            "endpoint": teller.endpoint(self),
        });
        let name = match &self.kind {
            Kind::Registered => "registered",
            Kind::Updated(changes) => {
                data["changes"] = json!(names(*changes));
                "updated"
            }
            Kind::Deregistered(reason) => {
                data["reason"] = json!(match reason {
                    EndReason::Client => "client",
                    EndReason::Replaced => "replaced",
                    EndReason::Gateway => "gateway",
                    _ => "removed",
                });
                "deregistered"
            }
            Kind::Expired => "expired",
            Kind::Notification { observation, path, code, format, payload } => {
                if *path != Path::ROOT {
                    data["path"] = json!(path.to_string());
                }
                if let Some(observation) = observation {
                    data["observation"] = json!(observation.to_bits().to_string());
                }
                if observation.is_some() {
                    data["code"] = json!(code.to_string());
                }
                let read = values_json(server, self.registration, *path, *format, payload);
                merge(&mut data, read);
                if observation.is_some() { "notification" } else { "send" }
            }
            Kind::Outcome(outcome) => {
                let (queued, done) = &**outcome;
                data["number"] = json!(queued.number.to_string());
                data["operation"] = json!(queued.name);
                data["path"] = json!(queued.path.to_string());
                match done {
                    Done::Answered { code, content, .. } => {
                        data["code"] = json!(code.to_string());
                        merge(&mut data, content.clone());
                    }
                    Done::Failed(loss) => data["failure"] = json!(loss_name(*loss)),
                }
                "operation"
            }
            Kind::ObservationEnded(reason) => {
                data["reason"] = json!(match reason {
                    ObservationEnd::Refused(code) => code.to_string(),
                    ObservationEnd::RegistrationEnded => "the registration ended".to_owned(),
                    _ => "lost".to_owned(),
                });
                "observation_ended"
            }
        };
        if let Kind::Registered | Kind::Updated(_) = self.kind
            && let Some(registration) = server.registration(self.registration)
        {
            data["client"] = client_json(&registration);
        }
        Told { name, data: data.to_string() }
    }
}

/// Adds the members of an object to another.
pub(super) fn merge(to: &mut Json, from: Json) {
    if let (Json::Object(to), Json::Object(from)) = (to, from) {
        to.extend(from);
    }
}

fn names(changes: Changes) -> Vec<&'static str> {
    let all = [
        (Changes::ADDRESS, "address"),
        (Changes::LIFETIME, "lifetime"),
        (Changes::BINDING, "binding"),
        (Changes::LINKS, "objects"),
        (Changes::PARAMETERS, "parameters"),
    ];
    all.iter().filter(|(change, _)| changes.contains(*change)).map(|(_, name)| *name).collect()
}
