//! Observations, and the events that tell what they bring.

use super::core::Core;
use super::operations::format_of;
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
            json!({
                "path": observation.path.to_string(), "established": observation.established
            })
        });
        Ok(Answer::json(200, &json!({"observations": all.collect::<Vec<_>>()})))
    })
    .await
}

/// `PUT /api/clients/{endpoint}/{path}/observation`
pub(super) async fn observe(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let (path, format) = (path_of(&call)?, format_of(&call)?);
    let done = site.operate(&call, Asking::values(path), move |core, id, timeout| {
        let now = core.now();
        let operation = Operation::Observe { path, format };
        core.engine().request(now, id, &operation, timeout).map_err(unusable)
    });
    Ok(done.await?.answer(&call, path))
}

/// The observation of a path.
fn found(core: &Core, id: RegistrationId, path: Path) -> Result<ObservationId, Problem> {
    let found = core.server().find_observation(id, path);
    found.ok_or_else(|| Problem::missing(format!("{path} is not observed")))
}

/// `DELETE /api/clients/{endpoint}/{path}/observation`
pub(super) async fn cancel(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let path = path_of(&call)?;
    if call.query_as::<bool>("passive")?.unwrap_or(false) {
        let endpoint = call.parameter("endpoint").to_owned();
        return site
            .attempt(move |core| {
                let observation = found(core, core.find(&endpoint)?, path)?;
                let now = core.now();
                core.engine().forget_observation(now, observation).map_err(unusable)?;
                Ok(Answer::nothing())
            })
            .await;
    }
    let done = site.operate(&call, Asking::values(path), move |core, id, timeout| {
        let observation = found(core, id, path)?;
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
