//! `m2m onem2m demo`: a CSE and two applications in one process, over sockets of this machine.
//!
//! A thermometer speaks CoAP, a panel HTTP. The panel is notified of what the thermometer measures,
//! the thermometer of what the panel sets.

use super::args::{Common, Demo};
use super::client::{self, Listener, Target, Way, status_in_words};
use super::cse::{Options, Running};
use super::link::{Host, coap, http_server};
use super::uri::Uri;
use crate::clock::Clock;
use crate::failure::Failure;
use crate::output::{Output, Report, count};
use crate::seeds::Seeds;
use crate::signals::Signals;
use crate::web::listen;
use onem2m_core::cse::Session;
use onem2m_core::enumeration::{FilterUsage, ResultContent};
use onem2m_core::media::Serialization;
use onem2m_core::primitive::{Content, FilterCriteria, Request, Response};
use onem2m_core::{Operation, ReleaseVersion, ResourceType, ResponseStatusCode};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::spawn_local;

/// How long a notification may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two steps, so that eyes can follow.
const PACE: Duration = Duration::from_millis(250);
/// What the thermometer measures, in degrees Celsius.
const READINGS: [f64; 4] = [20.5, 21.0, 21.8, 22.4];
/// How many of these the CSE keeps.
const KEPT: usize = 3;

pub(super) async fn run(options: &Demo) -> Result<(), Failure> {
    let clock = Clock::start();
    let mut signals = Signals::new()?;
    let out = Rc::new(Output::new(options.show.json, clock));
    let mut seeds = Seeds::new(options.show.seed)?;
    tokio::select! {
        done = play(&out, clock, &mut seeds) => done?,
        () = signals.wait() => out.tell(&Report::new("stopped", "").says("demo", "stops", "early")),
    }
    out.finish()
}

/// An application with a way to the CSE and an ear for notifications.
struct Application {
    name: &'static str,
    way: Way,
    common: Common,
    /// Where it is notified.
    point_of_access: String,
    notifications: UnboundedReceiver<Request>,
    out: Rc<Output>,
    asked: u64,
}

impl Application {
    async fn new(
        name: &'static str,
        originator: &str,
        server: &str,
        ear: (Rc<dyn Host>, String, UnboundedReceiver<Request>),
        out: &Rc<Output>,
    ) -> Result<Application, Failure> {
        let common = Common {
            cse: Uri::parse(server).map_err(Failure::new)?,
            from: originator.to_owned(),
            cse_id: "/id-in".to_owned(),
            rvi: Some(ReleaseVersion::R4),
            rcn: None,
            format: if name == "thermo" { Serialization::Cbor } else { Serialization::Json },
            timeout: PATIENCE,
            json: false,
            ca: None,
            cert: None,
            key: None,
            psk: None,
        };
        let (listener, point_of_access, notifications) = ear;
        let target = Target::new(&common, "cse-in")?;
        let way = Way::open(&common, &target, listener).await?;
        let out = out.clone();
        Ok(Application { name, way, common, point_of_access, notifications, out, asked: 0 })
    }

    /// Tells something that this application does.
    fn tell(&self, event: &'static str, verb: &'static str, text: impl Into<String>, to: &str) {
        let report = Report::new(event, self.name).says(self.name, verb, text);
        let report = report.with("binding", self.common.cse.scheme.name());
        self.out.tell(&report.with("to", to));
    }

    async fn ask(&mut self, request: &Request) -> Result<Response, Failure> {
        self.asked += 1;
        self.way.ask(request).await
    }

    /// Asks for what has to succeed; gives the content of the response.
    async fn must(&mut self, request: &Request, wanted: u32) -> Result<Value, Failure> {
        let response = self.ask(request).await?;
        if response.status.number() != wanted {
            let status = status_in_words(response.status);
            let words = format!("{}: {} was answered with {status}", self.name, request.to);
            return Err(Failure::new(words));
        }
        Ok(response.content.map_or(Value::Null, |content| content.to_value()))
    }

    fn request(&self, operation: Operation, to: &str) -> Result<Request, Failure> {
        client::request(operation, to, &self.common)
    }

    async fn create(
        &mut self,
        to: &str,
        ty: ResourceType,
        attributes: Value,
    ) -> Result<Value, Failure> {
        let member = ty.member_name().unwrap_or_default();
        let mut request = self.request(Operation::Create, to)?;
        request.resource_type = Some(ty);
        request.content = Content::from_value(&json!({ member: attributes }));
        let mut content = self.must(&request, 2001).await?;
        Ok(content.get_mut(member).map(Value::take).unwrap_or_default())
    }

    /// Waits for a notification of a new instance; gives its content.
    async fn notified(&mut self) -> Result<Value, Failure> {
        loop {
            let waiting = tokio::time::timeout(PATIENCE, self.notifications.recv());
            let Ok(Some(request)) = waiting.await else {
                return Err(Failure::new(format!("{}: no notification came", self.name)));
            };
            let content = request.content.map_or(Value::Null, |content| content.to_value());
            let instance = content.pointer("/m2m:sgn/nev/rep/m2m:cin/con");
            if let Some(con) = instance {
                return Ok(con.clone());
            }
        }
    }
}

/// An ear for HTTP.
async fn ear_http() -> Result<(Rc<dyn Host>, String, UnboundedReceiver<Request>), Failure> {
    let (to, notifications) = unbounded_channel();
    let host: Rc<dyn Host> = Rc::new(Listener(to));
    let (socket, local) = listen::bind(loopback()).await?;
    let own = host.clone();
    spawn_local(listen::accept(socket, move |stream, _| {
        spawn_local(http_server::serve(own.clone(), stream, Session::default(), None));
    }));
    Ok((host, format!("http://{local}"), notifications))
}

/// An ear for CoAP.
async fn ear_coap() -> Result<(Rc<dyn Host>, String, UnboundedReceiver<Request>), Failure> {
    let (to, notifications) = unbounded_channel();
    let host: Rc<dyn Host> = Rc::new(Listener(to));
    let bound = coap::Bound::new(loopback()).await?;
    let local = bound.local();
    client::serve_coap(bound, host.clone())?;
    Ok((host, format!("coap://{local}"), notifications))
}

fn loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

async fn pause() {
    tokio::time::sleep(PACE).await;
}

/// The whole of it. Each step that does not happen is a failure.
async fn play(out: &Rc<Output>, clock: Clock, seeds: &mut Seeds) -> Result<(), Failure> {
    out.remark(
        "A oneM2M CSE and two applications on this machine: a thermometer that speaks CoAP and CBOR,",
    );
    out.remark("and a panel that speaks HTTP and JSON. It takes some seconds.");
    out.remark("");
    let cse = Running::start(&Options::for_demo(), clock, seeds, out).await?;
    let server = |scheme: &str| {
        let uri = cse.points_of_access.iter().find(|uri| uri.starts_with(scheme));
        uri.cloned().ok_or_else(|| Failure::new("the CSE does not listen"))
    };
    let mut thermo =
        Application::new("thermo", "CThermo", &server("coap")?, ear_coap().await?, out).await?;
    let mut panel =
        Application::new("panel", "CPanel", &server("http")?, ear_http().await?, out).await?;
    register(&mut thermo, &mut panel).await?;
    subscribe(&mut thermo, &mut panel).await?;
    measure(&mut thermo, &mut panel).await?;
    look(&mut thermo, &mut panel).await?;
    command(&mut thermo, &mut panel).await?;
    leave(&mut thermo, &mut panel).await?;
    let asked = thermo.asked + panel.asked;
    let left = cse.resources();
    if left != 1 {
        return Err(Failure::new(format!(
            "{left} resources are left instead of the CSEBase alone"
        )));
    }
    out.remark("");
    let text = format!("{}, nothing is left but the CSEBase", count(asked, "request"));
    let report = Report::new("summary", "").says("demo", "ends", text);
    out.tell(&report.with("requests", asked).with("resources", left));
    Ok(())
}

async fn register(thermo: &mut Application, panel: &mut Application) -> Result<(), Failure> {
    for (application, rn, api) in [(&mut *thermo, "thermo", "Nthermo"), (panel, "panel", "Npanel")]
    {
        let poa = [application.point_of_access.clone()];
        let attributes = json!({"rn": rn, "api": api, "rr": true, "srv": ["4"], "poa": poa});
        let made = application.create("cse-in", ResourceType::Ae, attributes).await?;
        let aei = made.get("aei").and_then(Value::as_str).unwrap_or_default().to_owned();
        let text = format!("over {} as {aei}", application.common.cse.scheme.name());
        application.tell("registered", "registers", text, "cse-in");
        pause().await;
    }
    let rule = json!({"acr": [
        {"acor": ["CThermo"], "acop": 63},
        {"acor": ["CPanel"], "acop": 1 | 2 | 32},
    ]});
    let own = json!({"acr": [{"acor": ["CThermo"], "acop": 63}]});
    let attributes = json!({"rn": "rights", "pv": rule, "pvs": own});
    let policy =
        thermo.create("cse-in/thermo", ResourceType::AccessControlPolicy, attributes).await?;
    let text = "that panel may read and subscribe, and nothing more";
    thermo.tell("created", "rules", text, "cse-in/thermo/rights");
    let acpi = [policy.get("ri").cloned().unwrap_or_default()];
    let lbl = ["room:kitchen", "unit:Cel"];
    let attributes = json!({"rn": "readings", "mni": KEPT, "lbl": lbl, "acpi": acpi});
    thermo.create("cse-in/thermo", ResourceType::Container, attributes).await?;
    let text = format!("a container for the last {KEPT} readings");
    thermo.tell("created", "makes", text, "cse-in/thermo/readings");
    let attributes = json!({"rn": "target", "mni": 1, "acpi": acpi});
    thermo.create("cse-in/thermo", ResourceType::Container, attributes).await?;
    thermo.tell("created", "makes", "a container for settings", "cse-in/thermo/target");
    pause().await;
    Ok(())
}

async fn subscribe(thermo: &mut Application, panel: &mut Application) -> Result<(), Failure> {
    for (application, to, what) in [
        (panel, "cse-in/thermo/readings", "new readings"),
        (thermo, "cse-in/thermo/target", "new settings"),
    ] {
        let uri = application.point_of_access.clone();
        let attributes = json!({"rn": "watch", "nu": [uri], "nct": 1, "enc": {"net": [3]}});
        application.create(to, ResourceType::Subscription, attributes).await?;
        let text = format!("to {what}, to be told at {uri}");
        application.tell("subscribed", "subscribes", text, to);
        pause().await;
    }
    Ok(())
}

async fn measure(thermo: &mut Application, panel: &mut Application) -> Result<(), Failure> {
    let to = "cse-in/thermo/readings";
    for reading in READINGS {
        let attributes = json!({"con": reading, "cnf": "application/json"});
        thermo.create(to, ResourceType::ContentInstance, attributes).await?;
        thermo.tell("measured", "measures", format!("{reading:.1} Cel"), to);
        let told = panel.notified().await?;
        if told != json!(reading) {
            return Err(Failure::new(format!("panel was told {told} instead of {reading}")));
        }
        panel.tell("notified", "is told", format!("{reading:.1} Cel"), to);
        pause().await;
    }
    Ok(())
}

async fn look(thermo: &mut Application, panel: &mut Application) -> Result<(), Failure> {
    let mut request = panel.request(Operation::Retrieve, "cse-in")?;
    request.filter_criteria = Some(FilterCriteria {
        filter_usage: Some(FilterUsage::DiscoveryCriteria),
        labels: vec!["room:kitchen".to_owned()],
        ..FilterCriteria::new()
    });
    let found = panel.must(&request, 2000).await?;
    if found != json!({"m2m:uril": ["cse-in/thermo/readings"]}) {
        return Err(Failure::new(format!("discovery found {found}")));
    }
    let text = "cse-in/thermo/readings by the label room:kitchen";
    panel.tell("discovered", "finds", text, "cse-in");
    let latest = panel.request(Operation::Retrieve, "cse-in/thermo/readings/la")?;
    let latest = panel.must(&latest, 2000).await?;
    let wanted = READINGS.last().copied().unwrap_or_default();
    if latest.pointer("/m2m:cin/con") != Some(&json!(wanted)) {
        return Err(Failure::new(format!("the latest reading is {latest}")));
    }
    let text = format!("the latest reading: {wanted:.1} Cel");
    panel.tell("retrieved", "reads", text, "cse-in/thermo/readings/la");
    let container = thermo.request(Operation::Retrieve, "cse-in/thermo/readings")?;
    let container = thermo.must(&container, 2000).await?;
    if container.pointer("/m2m:cnt/cni") != Some(&json!(KEPT)) {
        return Err(Failure::new(format!("the container is {container}")));
    }
    let text = format!("that {KEPT} of {} readings are kept", READINGS.len());
    thermo.tell("retrieved", "sees", text, "cse-in/thermo/readings");
    pause().await;
    let request = panel.request(Operation::Delete, "cse-in/thermo/readings")?;
    let refused = panel.ask(&request).await?.status;
    if refused != ResponseStatusCode::OriginatorHasNoPrivilege {
        let words = format!("a deletion was answered with {}", status_in_words(refused));
        return Err(Failure::new(words));
    }
    let text = "to delete the readings, which it has no right to";
    panel.tell("refused", "fails", text, "cse-in/thermo/readings");
    pause().await;
    Ok(())
}

async fn command(thermo: &mut Application, panel: &mut Application) -> Result<(), Failure> {
    let to = "cse-in/thermo/target";
    let setting = json!(19);
    let attributes = json!({"con": setting});
    panel.create(to, ResourceType::ContentInstance, attributes).await?;
    panel.tell("set", "sets", "the target to 19 Cel", to);
    let told = thermo.notified().await?;
    if told != setting {
        return Err(Failure::new(format!("thermo was told {told} instead of {setting}")));
    }
    thermo.tell("notified", "is told", "19 Cel", to);
    let mut request = thermo.request(Operation::Update, "cse-in/thermo/readings")?;
    let lbl = ["room:kitchen", "unit:Cel", "target:19"];
    request.content = Content::from_value(&json!({"m2m:cnt": {"lbl": lbl}}));
    request.result_content = Some(ResultContent::Nothing);
    thermo.must(&request, 2004).await?;
    let text = "the labels of its readings: target:19 is new";
    thermo.tell("updated", "changes", text, "cse-in/thermo/readings");
    pause().await;
    Ok(())
}

async fn leave(thermo: &mut Application, panel: &mut Application) -> Result<(), Failure> {
    for (application, to) in [(panel, "cse-in/panel"), (thermo, "cse-in/thermo")] {
        let request = application.request(Operation::Delete, to)?;
        application.must(&request, 2002).await?;
        application.tell("deregistered", "leaves", "with all that is below it", to);
    }
    // What is below a deleted resource is taken apart in steps.
    pause().await;
    Ok(())
}
