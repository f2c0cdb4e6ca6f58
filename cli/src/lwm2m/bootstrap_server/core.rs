//! What the tasks of the command share: the engine and its sockets, what is configured, what
//! happened.

use super::given::{Given, set};
use crate::clock::utc_now;
use crate::driver::Driver;
use crate::lwm2m::common::{Kept, Shared};
use crate::lwm2m::server::fits;
use crate::names::{is_secret, path_name, value_json, value_text};
use crate::output::{Output, Report};
use crate::web::feed::Told;
use crate::web::{Feed, Problem};
use coap_core::Code;
use lwm2m_core::bootstrap_server::{
    BootstrapServer, Event, Failure, OperationKind, Outcome, Rule, Session, SessionId, UsageError,
};
use lwm2m_core::format::ItemContent;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Events that are kept for listeners who come back, and their bytes.
const KEPT_EVENTS: (usize, usize) = (4096, 4 << 20);
/// Refusals that are told within a second. Those beyond are only counted: anybody can cause them.
const TOLD: u32 = 20;
/// Outcomes that are remembered.
const OUTCOMES: usize = 10_000;

/// Whom a configuration is for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum For {
    Endpoint(String),
    Pattern(String),
}

impl For {
    fn rule(&self) -> Rule<'_> {
        match self {
            For::Endpoint(name) => Rule::Endpoint(name),
            For::Pattern(text) => Rule::Pattern(text),
        }
    }

    /// Its name in the store.
    fn setting(&self) -> String {
        match self {
            For::Endpoint(name) => format!("endpoint/{name}"),
            For::Pattern(text) => format!("pattern/{text}"),
        }
    }

    /// Whom a setting of the store is for.
    pub(super) fn of_setting(name: &str) -> Option<For> {
        match name.split_once('/')? {
            ("endpoint", name) => Some(For::Endpoint(name.to_owned())),
            ("pattern", text) => Some(For::Pattern(text.to_owned())),
            _ => None,
        }
    }
}

/// What the tasks share.
pub(super) struct Core {
    pub(super) driver: Driver<Kept<BootstrapServer>>,
    out: Rc<Output>,
    pub(super) feed: Feed<Told>,
    pub(super) given: BTreeMap<For, Given>,
    /// How the last session of an endpoint ended.
    pub(super) outcomes: BTreeMap<String, Json>,
    /// Clients that nothing is configured for.
    pub(super) turned_away: u64,
    /// The second of the last refusal, and how many there were within it.
    lately: (u64, u32),
    pub(super) begun: std::time::Instant,
}

impl Shared for Core {
    type Server = BootstrapServer;

    fn driver(&mut self) -> &mut Driver<Kept<BootstrapServer>> {
        &mut self.driver
    }

    fn happened(&mut self, event: Event) {
        self.handle(event);
    }

    fn beat(&mut self) {
        self.feed.beat();
    }
}

/// What is wrong with a command, as an answer to who asked.
pub(super) fn unusable(error: UsageError) -> Problem {
    let status = match error {
        UsageError::UnknownId => 404,
        UsageError::Full => 503,
        _ => 400,
    };
    Problem::new(status, error.to_string())
}

impl Core {
    pub(super) fn new(driver: Driver<Kept<BootstrapServer>>, out: Rc<Output>, run: u64) -> Core {
        Core {
            driver,
            out,
            feed: Feed::new(run, KEPT_EVENTS),
            given: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            turned_away: 0,
            lately: (0, 0),
            begun: std::time::Instant::now(),
        }
    }

    fn keep(&mut self, whom: &For, value: Option<&Given>) {
        let value = value.and_then(|value| serde_json::to_vec(value).ok());
        self.engine().set(whom.setting(), value);
    }

    // ---- configurations -----------------------------------------------------------------------

    /// Sets what somebody is given.
    pub(super) fn configure(&mut self, whom: For, given: Given) -> Result<bool, Problem> {
        let server = &mut *self.driver.engine;
        let set = given.configuration(|c| server.set_configuration(whom.rule(), c));
        set.map_err(Problem::bad)?.map_err(unusable)?;
        self.keep(&whom, Some(&given));
        Ok(self.given.insert(whom, given).is_none())
    }

    /// The same, of the file or the store.
    pub(super) fn recall(&mut self, whom: For, given: Given) -> Result<(), String> {
        let server = &mut *self.driver.engine;
        let set = given.configuration(|c| server.set_configuration(whom.rule(), c))?;
        set.map_err(|error| error.to_string())?;
        self.given.insert(whom, given);
        Ok(())
    }

    /// Takes a configuration away. False if there is none.
    pub(super) fn forget(&mut self, whom: &For) -> bool {
        self.driver.engine.remove_configuration(whom.rule());
        let known = self.given.remove(whom).is_some();
        if known {
            self.keep(whom, None);
        }
        known
    }

    // ---- what happens ---------------------------------------------------------------------------

    fn handle(&mut self, event: Event) {
        match event {
            Event::Requested { id } => self.refuse(id),
            Event::Started { id } => {
                let server = &*self.driver.engine;
                let Some(session) = server.session(id) else { return };
                let address = self.driver.address(session.peer()).map(|a| a.to_string());
                let how = if session.is_identified() { ", which showed who it is" } else { "" };
                let from = address.as_deref().unwrap_or("its address");
                let text = format!("to bootstrap {} from {from}{how}", session.endpoint());
                let report = Report::new("started", session.endpoint())
                    .says("server", "begins", text)
                    .with_some("address", address)
                    .with("secure", session.is_identified())
                    .with_some("format", session.format().and_then(|f| f.media_type()));
                self.tell(&report);
            }
            Event::Answered { id, step, operation, path, code } => {
                self.answered(id, step, operation, path, code);
            }
            Event::Ended { id, outcome } => self.ended(id, outcome),
            Event::Close { peer, .. } => {
                // A socket that does not work shows at the next turn.
                let _ = self.driver.close(peer);
            }
            _ => {}
        }
    }

    fn tell(&mut self, report: &Report) {
        self.out.tell(report);
        let (name, mut data) = report.told();
        set(&mut data, "time", json!(utc_now()));
        let told = Told { name, data: data.to_string() };
        let weight = told.data.len();
        self.feed.push(told, weight, |told| Told { name: told.name, data: told.data.clone() });
    }

    /// Nobody has said what this client is to be given.
    fn refuse(&mut self, id: SessionId) {
        let now = self.driver.now();
        let server = &*self.driver.engine;
        let Some(session) = server.session(id) else { return };
        let name = session.endpoint().to_owned();
        let address = self.driver.address(session.peer()).map(|a| a.to_string());
        // That of the endpoint itself goes before those of its form.
        let given = self.given.keys().any(|whom| match whom {
            For::Endpoint(of) => *of == name,
            For::Pattern(form) => fits(form, &name),
        });
        let reason = if given {
            "its configuration is for clients that show who they are"
        } else {
            "no configuration is for it"
        };
        let report = Report::new("refused", &name)
            .says("server", "refuses", format!("{name}: {reason}"))
            .trouble()
            .with_some("address", address)
            .with("reason", reason);
        self.turned_away += 1;
        let second = now.as_millis() / 1000;
        let before = if self.lately.0 == second { self.lately.1 } else { 0 };
        self.lately = (second, before.saturating_add(1));
        if before < TOLD {
            self.tell(&report);
        }
        // It may have gone in the meantime.
        let _ = self.engine().refuse(now, id, Code::BAD_REQUEST);
    }

    fn answered(
        &mut self,
        id: SessionId,
        step: u16,
        operation: OperationKind,
        path: lwm2m_core::Path,
        code: Code,
    ) {
        let server = &*self.driver.engine;
        let Some(session) = server.session(id) else { return };
        let name = session.endpoint();
        let mut text = match operation {
            OperationKind::Finish => format!("finish: {code}"),
            _ => format!("{} {path}: {code}", operation.name()),
        };
        let mut values = serde_json::Map::new();
        if let Some(answer) = server.answer(id, step)
            && operation == OperationKind::Read
            && let Ok(items) = answer.items()
        {
            for item in items.map_while(Result::ok) {
                if let ItemContent::Value(value) = &item.content
                    && !is_secret(item.path)
                {
                    values.insert(item.path.to_string(), value_json(value));
                    let shown = value_text(value);
                    text.push_str(&format!(", {} = {shown}", path_name(item.path)));
                }
            }
        }
        let values = (!values.is_empty()).then_some(Json::Object(values));
        let report = Report::new("answered", name)
            .says(name, "answers", text)
            .with("step", step)
            .with("operation", operation.name())
            .with("path", path.to_string())
            .with("code", code.to_string())
            .with_some("values", values);
        let report = if code.is_success() { report } else { report.trouble() };
        self.tell(&report);
    }

    fn ended(&mut self, id: SessionId, outcome: Outcome) {
        let server = &*self.driver.engine;
        let Some(session) = server.session(id) else { return };
        let name = session.endpoint().to_owned();
        let report = Report::new("ended", &name);
        let report = match outcome {
            Outcome::Finished => {
                report.says(&name, "is done", "with its bootstrap").with("outcome", "finished")
            }
            Outcome::Packed => {
                report.says(&name, "gets", "all in one pack").with("outcome", "packed")
            }
            // It was told why.
            Outcome::Denied => return,
            Outcome::Replaced => {
                report.says(&name, "asks", "anew: its session ends").with("outcome", "replaced")
            }
            Outcome::Failed { step, operation, path, reason } => {
                let words = reason_words(reason);
                let text = format!("its bootstrap at {} {path}: {words}", operation.name());
                let code = match reason {
                    Failure::Refused(code) => Some(code.to_string()),
                    _ => None,
                };
                report
                    .says(&name, "fails", text)
                    .trouble()
                    .with("outcome", "failed")
                    .with("step", step)
                    .with("operation", operation.name())
                    .with("path", path.to_string())
                    .with("reason", words)
                    .with_some("code", code)
            }
            _ => return,
        };
        let mut last = report.told().1;
        set(&mut last, "time", json!(utc_now()));
        if self.outcomes.len() >= OUTCOMES && !self.outcomes.contains_key(&name) {
            self.outcomes.pop_first();
        }
        self.outcomes.insert(name, last);
        self.tell(&report);
    }

    /// A session in JSON.
    pub(super) fn session_json(&self, session: &Session<'_>) -> Json {
        json!({
            "endpoint": session.endpoint(),
            "address": self.driver.address(session.peer()).map(|a| a.to_string()),
            "secure": session.is_identified(),
            "step": session.step(),
            "version": session.version().map(|v| v.as_str().to_owned()),
        })
    }
}

fn reason_words(reason: Failure) -> &'static str {
    match reason {
        Failure::Refused(_) => "the client refuses it",
        Failure::TimedOut => "no answer",
        Failure::Expired => "the session took too long",
        Failure::Reset => "the client rejects the message",
        Failure::TooLarge => "too large",
        Failure::Format => "no format that the client takes can express it",
        Failure::Broken => "the client breaks the rules of block-wise transfer",
        Failure::PeerDown => "the DTLS session is gone",
        Failure::Unsent => "no room for the answer",
        Failure::Aborted => "it was given up here",
        _ => "it went wrong",
    }
}
