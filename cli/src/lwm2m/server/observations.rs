//! Observations, and the events that tell what they bring.

use super::core::Core;
use super::operations::{attributes, format_of};
use super::site::{Asking, Site, path_of, unusable};
use crate::web::{Answer, Call, Problem};
use lwm2m_core::Path;
use lwm2m_core::server::{ObservationId, Operation, RegistrationId};
use serde_json::json;
use std::rc::Rc;

/// `GET /api/clients/{endpoint}/observations`
pub(super) async fn list(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let endpoint = call.parameter("endpoint").to_owned();
    site.attempt(move |core| {
        let id = core.find(&endpoint)?;
        let all = core.server().observations(id).map(|observation| {
            let paths = core.server().observed_paths(observation.id);
            json!({
                "observation": observation.id.to_bits().to_string(),
                "paths": paths.map(|path| path.to_string()).collect::<Vec<_>>(),
                "attributes": core.server().observation_attributes(observation.id),
                "established": observation.established
            })
        });
        Ok(Answer::json(200, &json!({"observations": all.collect::<Vec<_>>()})))
    })
    .await
}

/// `PUT /api/clients/{endpoint}/{path}/observation`
pub(super) async fn observe(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let (path, format) = (path_of(&call)?, format_of(&call)?);
    let json = if call.body.is_empty() { json!({}) } else { call.json()? };
    let attributes = json.get("attributes").map_or_else(|| Ok(String::new()), attributes)?;
    let done = site.operate(&call, Asking::values(path), move |core, id, timeout| {
        let now = core.now();
        let operation = Operation::Observe { path, format, attributes: &attributes };
        core.engine().request(now, id, &operation, timeout).map_err(unusable)
    });
    Ok(done.await?.observed(&call, path))
}

/// The observation of a path.
fn found(core: &Core, id: RegistrationId, path: Path) -> Result<ObservationId, Problem> {
    let found = core.server().find_observation(id, path);
    found.ok_or_else(|| Problem::missing(format!("{path} is not observed")))
}

/// Names an observation: by its path, or by its number.
#[derive(Clone, Copy)]
enum Named {
    Path(Path),
    Number(u64),
}

impl Named {
    fn find(self, core: &Core, id: RegistrationId) -> Result<ObservationId, Problem> {
        match self {
            Named::Path(path) => found(core, id, path),
            Named::Number(number) => {
                let observation = ObservationId::from_bits(number);
                let known = core.server().observation(observation);
                let known = known.filter(|known| known.registration == id);
                let missing = || Problem::missing(format!("there is no observation {number}"));
                known.map(|known| known.id).ok_or_else(missing)
            }
        }
    }
}

/// `DELETE /api/clients/{endpoint}/{path}/observation`
pub(super) async fn cancel(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let path = path_of(&call)?;
    end(site, call, path, Named::Path(path)).await
}

/// `DELETE /api/clients/{endpoint}/observations/{observation}`
pub(super) async fn cancel_number(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let text = call.parameter("observation");
    let missing = || Problem::missing(format!("there is no observation {text:?}"));
    let number = text.parse().map_err(|_| missing())?;
    end(site, call, Path::ROOT, Named::Number(number)).await
}

async fn end(site: Rc<Site>, call: Call, path: Path, named: Named) -> Result<Answer, Problem> {
    if call.query_as::<bool>("passive")?.unwrap_or(false) {
        let endpoint = call.parameter("endpoint").to_owned();
        return site
            .attempt(move |core| {
                let observation = named.find(core, core.find(&endpoint)?)?;
                let now = core.now();
                core.engine().forget_observation(now, observation).map_err(unusable)?;
                Ok(Answer::nothing())
            })
            .await;
    }
    let done = site.operate(&call, Asking::values(path), move |core, id, timeout| {
        let observation = named.find(core, id)?;
        let now = core.now();
        let operation = Operation::CancelObservation { observation };
        core.engine().request(now, id, &operation, timeout).map_err(unusable)
    });
    Ok(done.await?.answer(&call, path))
}

/// `GET /api/events`
pub(super) async fn events(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let seen = call.header("last-event-id").or(call.query("since")).map(str::to_owned);
    site.with(move |core| core.listen(seen.as_deref())).await
}
