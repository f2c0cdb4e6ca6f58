//! Profiles (LwM2M 1.2): lists of objects that clients name instead of sending them.

use super::site::{Site, unusable};
use crate::web::{Answer, Call, Problem};
use serde_json::{Value as Json, json};
use std::rc::Rc;

/// `GET /api/profiles`
pub(super) async fn list(site: Rc<Site>, _: Call) -> Result<Answer, Problem> {
    site.with(|core| {
        let all = core.server().profiles().map(|profile| {
            let objects = profile.links().map(|link| link.path.to_string());
            json!({"profile": profile.id(), "objects": objects.collect::<Vec<_>>()})
        });
        Answer::json(200, &json!({"profiles": all.collect::<Vec<_>>()}))
    })
    .await
}

/// `PUT /api/profiles/{profile}`
pub(super) async fn put(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let profile = call.parameter("profile").to_owned();
    let json = call.json()?;
    let wrong =
        || Problem::bad("it takes {\"links\": \"</1/0>,</3/0>,</3303>;ver=1.1,</3303/0>\"}");
    let links = json.get("links").and_then(Json::as_str).ok_or_else(wrong)?.to_owned();
    site.attempt(move |core| {
        core.engine().set_profile(&profile, &links).map_err(unusable)?;
        Ok(Answer::nothing())
    })
    .await
}

/// `DELETE /api/profiles/{profile}`
pub(super) async fn remove(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let profile = call.parameter("profile").to_owned();
    site.attempt(move |core| {
        core.engine().remove_profile(&profile).map_err(unusable)?;
        Ok(Answer::nothing())
    })
    .await
}
