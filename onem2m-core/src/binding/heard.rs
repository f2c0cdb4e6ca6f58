//! Who is at the other end of the way that a request came by.

use crate::ResourceType;
use crate::enumeration::Operation;
use crate::primitive::{Request, Response};
use alloc::borrow::ToOwned;
use alloc::string::String;

/// What a request tells of its sender. When it succeeds, requests to the sender may go back by the
/// same WebSocket or by the same broker (TS-0020, TS-0010).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heard {
    from: Option<String>,
    registers: bool,
}

impl Heard {
    /// What `request` tells.
    #[must_use]
    pub fn of(request: &Request) -> Heard {
        let registers = request.operation == Operation::Create
            && request.resource_type == Some(ResourceType::Ae);
        Heard { from: request.from.clone(), registers }
    }

    /// The sender, once the request has this response: the originator, or the AE-ID that an AE got
    /// which registers. As the CSE `cse_id` writes it: `Cae` for `/id-in/Cae`, `id-mn` for `/id-mn`.
    /// `None` if the request did not succeed or had no originator.
    #[must_use]
    pub fn entity(self, response: &Response, cse_id: &str) -> Option<String> {
        if !response.status.is_success() {
            return None;
        }
        if self.registers {
            let content = response.content.as_ref()?.raw();
            let given = content.member("m2m:ae")?.member("aei")?.as_text()?;
            return Some(Heard::name(&given, cse_id).to_owned());
        }
        Some(Heard::name(&self.from?, cse_id).to_owned())
    }

    /// An originator as the CSE `cse_id` writes entities.
    #[must_use]
    pub fn name<'a>(originator: &'a str, cse_id: &str) -> &'a str {
        let own = originator.strip_prefix(cse_id).and_then(|rest| rest.strip_prefix('/'));
        own.unwrap_or_else(|| originator.trim_start_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ResponseStatusCode;
    use crate::primitive::Content;

    #[test]
    fn who_was_heard() {
        let request = |operation, ty, from: &str| Request {
            resource_type: ty,
            from: Some(from.into()).filter(|from: &String| !from.is_empty()),
            ..Request::new(operation, "cse-in".into(), "r".into())
        };
        let response = |status, content: &str| Response {
            content: Content::from_json(content.as_bytes()).ok(),
            ..Response::new(status, "r".into())
        };
        let (ok, created) = (ResponseStatusCode::Ok, ResponseStatusCode::Created);
        let given = r#"{"m2m:ae":{"aei":"/id-in/Cgiven"}}"#;
        let (ae, cnt) = (Some(ResourceType::Ae), Some(ResourceType::Container));
        for (operation, ty, from, status, content, expected) in [
            (Operation::Retrieve, None, "Cae", ok, "", Some("Cae")),
            (Operation::Retrieve, None, "/id-in/Cae", ok, "", Some("Cae")),
            (Operation::Retrieve, None, "/id-mn", ok, "", Some("id-mn")),
            (Operation::Retrieve, None, "/id-inner/Cae", ok, "", Some("id-inner/Cae")),
            (Operation::Retrieve, None, "", ok, "", None),
            (Operation::Retrieve, None, "Cae", ResponseStatusCode::NotFound, "", None),
            (Operation::Create, ae, "C", created, given, Some("Cgiven")),
            // With rcn 0 nobody knows which one it got.
            (Operation::Create, ae, "C", created, "", None),
            (Operation::Create, cnt, "Cae", created, given, Some("Cae")),
            (Operation::Retrieve, ae, "Cae", ok, "", Some("Cae")),
        ] {
            let heard = Heard::of(&request(operation, ty, from));
            let entity = heard.entity(&response(status, content), "/id-in");
            assert_eq!(entity.as_deref(), expected, "{from} {content}");
        }
    }
}
