//! Operations on several places of a client at once (LwM2M 1.1).

use super::operations::{Content, attributes, format_of};
use super::site::{Asking, Site, unusable};
use crate::web::{Answer, Call, Problem};
use lwm2m_core::Path;
use lwm2m_core::server::Operation;
use serde_json::Value as Json;
use std::rc::Rc;

const ASKING: Asking = Asking::values(Path::ROOT);

/// The paths in `{"paths": ["/3/0", "/1/0/1"]}`.
fn paths(json: &Json) -> Result<Vec<Path>, Problem> {
    let wrong = || Problem::bad("it takes {\"paths\": [\"/3/0\", \"/1/0/1\"]}");
    let list = json.get("paths").and_then(Json::as_array).filter(|list| !list.is_empty());
    let one = |path: &Json| path.as_str().and_then(|text| Path::parse(text).ok());
    list.ok_or_else(wrong)?.iter().map(|path| one(path).ok_or_else(wrong)).collect()
}

/// `POST /api/clients/{endpoint}/composite/read`
pub(super) async fn read(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let (paths, format) = (paths(&call.json()?)?, format_of(&call)?);
    let done = site.operate(&call, ASKING, move |core, id, timeout| {
        let now = core.now();
        let operation = Operation::ReadComposite { paths: &paths, format };
        core.engine().request(now, id, &operation, timeout).map_err(unusable)
    });
    Ok(done.await?.answer(&call, Path::ROOT))
}

/// `POST /api/clients/{endpoint}/composite/write`
pub(super) async fn write(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let (content, format) = (Content::of(&call)?, format_of(&call)?);
    let done = site.operate(&call, ASKING, move |core, id, timeout| {
        let now = core.now();
        content.with_body(core, id, Path::ROOT, format, |core, body| {
            let operation = Operation::WriteComposite { body };
            core.engine().request(now, id, &operation, timeout).map_err(unusable)
        })?
    });
    Ok(done.await?.answer(&call, Path::ROOT))
}

/// `POST /api/clients/{endpoint}/composite/observation`
pub(super) async fn observe(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let json = call.json()?;
    let (paths, format) = (paths(&json)?, format_of(&call)?);
    let attributes = json.get("attributes").map_or_else(|| Ok(String::new()), attributes)?;
    let done = site.operate(&call, ASKING, move |core, id, timeout| {
        let now = core.now();
        let attributes = &attributes;
        let operation = Operation::ObserveComposite { paths: &paths, format, attributes };
        core.engine().request(now, id, &operation, timeout).map_err(unusable)
    });
    Ok(done.await?.observed(&call, Path::ROOT))
}
